"""What was found, across everything: by rule, with the packages, downloads and people that it reaches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    union,
)

from entrepot.catalog.firewall_tables import decisions, found_rules, glimpsed_files, reports
from entrepot.catalog.tables import blobs, files, packages, repositories, upstream_files
from entrepot.domain.report import Verdict


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may see: repositories with all that is in them, and those of which private packages are hidden."""

    whole: frozenset[int]
    public: frozenset[int]

    @property
    def every(self) -> frozenset[int]:
        """Both."""
        return self.whole | self.public


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings; what is empty does not narrow them down."""

    rule: str = ""
    """A rule's id, or the beginning of several."""
    severity: str = ""
    repository: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """All findings of one rule, and how far they reach."""

    rule: str
    severity: str
    files: int
    packages: int
    downloads: int
    people: int


@dataclass(frozen=True, slots=True)
class Spot:
    """A file with findings of a rule, in one package."""

    repository_id: int
    package: str
    """Its type and id."""
    path: str
    """Where it is, as far as a catalog knows it by digest: else its name in lower case."""
    is_path: bool
    digest: str
    verdict: Verdict
    count: int
    downloads: int
    made_at: datetime


def visible(sight: Sight) -> ColumnElement[bool]:
    """Whether a row of packages may be seen."""
    return or_(
        packages.c.repository_id.in_(sight.whole),
        and_(packages.c.repository_id.in_(sight.public), packages.c.private.is_(False)),
    )


def groups(connection: Connection, sight: Sight, wanted: Wanted) -> list[Group]:
    """The rules with findings, those first that reach the most packages."""
    seen = _once(_seen(sight, wanted).cte("seen"))
    each = select(
        seen.c.rule,
        seen.c.severity,
        func.count(seen.c.report_id.distinct()).label("files"),
        func.count(seen.c.package_id.distinct()).label("packages"),
    ).group_by(seen.c.rule, seen.c.severity)
    downloads = _downloads(connection, seen)
    people = _people(connection, seen, sight)
    found = [
        Group(row.rule, row.severity, int(row.files), int(row.packages), downloads[row.rule], people.get(row.rule, 0))
        for row in connection.execute(each)
    ]
    return sorted(found, key=lambda one: (-one.packages, one.rule))


def _downloads(connection: Connection, seen: CTE) -> Mapping[str, int]:
    each = select(seen.c.rule, seen.c.package_id, seen.c.downloads).distinct().subquery()
    rows = connection.execute(select(each.c.rule, func.sum(each.c.downloads).label("times")).group_by(each.c.rule))
    return {row.rule: int(row.times) for row in rows}


def _people(connection: Connection, seen: CTE, sight: Sight) -> Mapping[str, int]:
    each = select(seen.c.rule, seen.c.digest).where(seen.c.digest != "").distinct().subquery()
    keys = select(repositories.c.key).where(repositories.c.id.in_(sight.every))
    rows = connection.execute(
        select(each.c.rule, func.count(decisions.c.actor.distinct()).label("people"))
        .join(decisions, and_(decisions.c.digest == each.c.digest, decisions.c.gives))
        .where(decisions.c.repository.in_(keys))
        .group_by(each.c.rule)
    )
    return {row.rule: int(row.people) for row in rows}


def spots(connection: Connection, sight: Sight, wanted: Wanted, limit: int, offset: int = 0) -> list[Spot]:
    """The files with findings, by package, the most downloaded first."""
    seen = _once(_seen(sight, wanted).cte("seen"))
    rows = connection.execute(
        select(seen, packages.c.type, packages.c.namespace, packages.c.name, packages.c.repository_id)
        .join(packages, packages.c.id == seen.c.package_id)
        .order_by(seen.c.downloads.desc(), packages.c.id, seen.c.report_id, seen.c.path)
        .limit(limit)
        .offset(offset)
    )
    return [
        Spot(
            row.repository_id,
            f"{row.type}/{row.namespace}/{row.name}" if row.namespace else f"{row.type}/{row.name}",
            row.path or row.subject.split(":", 2)[2],
            bool(row.path),
            row.digest,
            Verdict(row.verdict),
            int(row.times),
            int(row.downloads),
            row.made_at,
        )
        for row in rows
    ]


def _seen(sight: Sight, wanted: Wanted) -> Select[tuple[object, ...]]:
    """A row for each rule, report, package and path that may be seen."""
    found = _once(_found(wanted).cte("found"))
    placed = _once(_placed(found))
    query = (
        select(found, placed.c.package_id, placed.c.path, packages.c.downloads)
        .join(placed, placed.c.report_id == found.c.report_id)
        .join(packages, packages.c.id == placed.c.package_id)
        .where(visible(sight))
    )
    return query.where(packages.c.repository_id == wanted.repository) if wanted.repository else query


def _found(wanted: Wanted) -> Select[tuple[object, ...]]:
    newer = reports.alias("newer")
    is_newest = ~exists().where(newer.c.subject == reports.c.subject, newer.c.id > reports.c.id)
    query = (
        select(
            found_rules.c.rule,
            found_rules.c.severity,
            found_rules.c.count.label("times"),
            reports.c.id.label("report_id"),
            *reports.c["subject", "digest", "verdict", "made_at"],
        )
        .join(reports, reports.c.id == found_rules.c.report_id)
        .where(is_newest)
    )
    if wanted.severity:
        query = query.where(found_rules.c.severity == wanted.severity)
    if wanted.rule.endswith("."):
        query = query.where(found_rules.c.rule.startswith(wanted.rule, autoescape=True))
    elif wanted.rule:
        query = query.where(found_rules.c.rule == wanted.rule)
    return query


def _once(part: CTE) -> CTE:
    """The same, worked out once: databases would rather do it again for each row of what it is joined with."""
    return part.prefix_with("MATERIALIZED")


def _placed(found: CTE) -> CTE:
    """Where the bytes of each report stand: by upload, fetched from upstream, or only glimpsed there."""
    stored = (
        (files, literal("").label("path")),
        (upstream_files, upstream_files.c.path),
    )
    parts = [
        select(found.c.report_id, table.c.package_id, path)
        .join(blobs, blobs.c.digest == found.c.digest)
        .join(table, table.c.blob_id == blobs.c.id)
        for table, path in stored
    ]
    glimpsed = select(found.c.report_id, glimpsed_files.c.package_id, glimpsed_files.c.path).join(
        glimpsed_files, glimpsed_files.c.subject == found.c.subject
    )
    return union(*parts, glimpsed).cte("placed")

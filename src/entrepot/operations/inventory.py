"""Inventory: which packages are in use, under which license, with which verdict, who took them, and who approved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from entrepot import licenses
from entrepot.catalog import dossiers, inventories, reports, repositories, waivers
from entrepot.catalog.database import Transaction
from entrepot.catalog.inventories import Name, Parts, Taken
from entrepot.catalog.repositories import Kind
from entrepot.domain.actor import Actor
from entrepot.domain.content import Package
from entrepot.domain.digest import Digest
from entrepot.domain.errors import Invalid
from entrepot.domain.licensing import Licensing
from entrepot.domain.names import PackageName, PackageType
from entrepot.domain.report import Verdict
from entrepot.domain.waiver import Scope, Waiver
from entrepot.operations import dossier_text
from entrepot.operations.authorize import require_administrator
from entrepot.operations.registry import Registry

MOST_ITEMS = 5000
"""Packages and commits that are listed, those taken last first."""
BATCH = 50
"""Packages that are looked up at once."""
MOST_PARTS = 20_000
"""Files, and people, that are read of so many packages; what is beyond is not told, and nothing is clean then."""
LOCAL = "local"
DOSSIER, CARD = "dossier", "card"


@dataclass(frozen=True, slots=True)
class Item:
    """A package at a commit that somebody took files of, with what is known of it now."""

    taken: Taken
    source: str
    """The upstream that it is from, `local` for what was uploaded here; empty where the repository is gone."""
    licensing: Licensing | None
    """None where neither its files nor its card are known here any more."""
    licensed_by: str
    """What was read of the license: `dossier`, for the files at that commit; `card`, for the newest card alone."""
    base_models: tuple[str, ...]
    verdict: Verdict
    """The worst that is known of a file that was taken; clean only where each of them was read and is."""
    people: tuple[str, ...]
    waivers: tuple[Waiver, ...]
    """Those in force now that cover it, or a file of it that was taken."""

    @property
    def licenses(self) -> tuple[str, ...]:
        """The licenses' ids, else in one word why there are none."""
        if self.licensing is None:
            return (Verdict.UNKNOWN.value,)
        return self.licensing.ids or (self.licensing.standing.value,)

    @property
    def inherited(self) -> tuple[str, ...]:
        """The ids that base models bring along and that it does not name itself."""
        own = self.licensing.ids if self.licensing else ()
        return tuple(one for one in (self.licensing.judged if self.licensing else ()) if one not in own)


@dataclass(frozen=True, slots=True)
class Inventory:
    """What was taken since a moment."""

    since: datetime
    items: tuple[Item, ...]
    is_complete: bool
    """Whether everything is listed, with all people and files."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What one batch is told with."""

    sources: Mapping[str, str]
    numbers: Mapping[str, int]
    waivers: Sequence[Waiver]
    since: datetime


async def inventory(registry: Registry, since: datetime, actor: Actor) -> Inventory:
    """Each package and commit that let bytes out since then, what was taken last first; for administrators."""
    require_administrator(actor)
    await registry.firewall.record.write_down(registry.database)
    found = await registry.database.read(inventories.taken, since, MOST_ITEMS + 1)
    listed = found[:MOST_ITEMS]
    known = await registry.database.read(_known, since)
    names = list(dict.fromkeys(one.place[1] for one in listed))
    groups = [names[start : start + BATCH] for start in range(0, len(names), BATCH)]
    items: dict[tuple[str, str, str], Item] = {}
    is_complete = len(found) == len(listed)
    while groups:
        some = groups.pop()
        batch = [one for one in listed if one.place[1] in some]
        told, is_whole = await registry.database.read(_gather, known, batch)
        if not is_whole and len(some) > 1:
            groups += [[name] for name in some]  # one package with too many files leaves the others as they are
            continue
        items |= {one.taken.place: one for one in told}
        is_complete &= is_whole
    return Inventory(since, tuple(items[one.place] for one in listed), is_complete)


def _known(connection: Transaction, since: datetime) -> _Known:
    rows = repositories.everything(connection)
    sources = {row.key.text: LOCAL if row.kind is Kind.LOCAL else row.upstream for row in rows}
    numbers = {row.key.text: row.id for row in rows}
    return _Known(sources, numbers, waivers.in_force(connection, datetime.now(UTC)), since)


def _gather(connection: Transaction, known: _Known, batch: Sequence[Taken]) -> tuple[list[Item], bool]:
    """What there is to say of these, and whether all of their people and files were read."""
    parts = inventories.parts_of(connection, {one.place[1] for one in batch}, known.since, MOST_PARTS)
    names = {one.place: name for one in batch if (name := _name(known, one)) is not None}
    packages = inventories.packages_at(connection, set(names.values()))
    written = dossiers.newest_of_many(
        connection, {(packages[name].id, place[2]) for place, name in names.items() if name in packages}
    )
    subjects = {_subject(path, digest) for one in batch for path, digest in parts.files.get(one.place, ()) if digest}
    verdicts = reports.verdicts(connection, sorted(subjects))
    told: list[Item] = []
    for one in batch:
        name = names.get(one.place)
        package = packages.get(name) if name is not None else None
        content = written.get((package.id, one.place[2])) if package else None
        told.append(_item(known, one, parts, verdicts, _Papers(package, content)))
    return told, parts.is_complete


@dataclass(frozen=True, slots=True)
class _Papers:
    package: Package | None
    dossier: bytes | None


def _name(known: _Known, one: Taken) -> Name | None:
    repository, package, _ = one.place
    kind, _, name = package.partition("/")
    if repository not in known.numbers:
        return None
    try:
        return known.numbers[repository], kind, PackageName.parse(PackageType(kind), name).folded
    except (Invalid, ValueError):
        return None  # nothing of that name can be here


def _subject(path: str, digest: str) -> str:
    return reports.of_bytes(Digest(digest), path)


def _item(known: _Known, one: Taken, parts: Parts, verdicts: Mapping[str, Verdict], papers: _Papers) -> Item:
    files = parts.files.get(one.place, ())
    said = papers.package.facts.get("cardData") if papers.package else None
    card = dict(said) if isinstance(said, dict) else {}
    bases = dict.fromkeys(licenses.base_models(card))
    if papers.dossier is not None:
        written = dossier_text.load(papers.dossier)
        licensing: Licensing | None = licenses.combine(written.declared, written.inherited)
        bases |= dict.fromkeys(declared.place for declared in written.inherited)
        licensed_by = DOSSIER
    else:
        licensing = licenses.combine(licenses.of_card(card), ()) if papers.package else None
        licensed_by = CARD if papers.package else ""
    return Item(
        one,
        known.sources.get(one.place[0], ""),
        licensing,
        licensed_by,
        tuple(bases),
        _worst([verdicts.get(_subject(path, digest)) if digest else None for path, digest in files], parts),
        tuple(parts.people.get(one.place, ())),
        tuple(waiver for waiver in known.waivers if _covers(waiver, one, files)),
    )


def _worst(found: Sequence[Verdict | None], parts: Parts) -> Verdict:
    for verdict in (Verdict.MALICIOUS, Verdict.SUSPICIOUS):
        if verdict in found:
            return verdict
    is_all = bool(found) and parts.is_complete and all(verdict is Verdict.CLEAN for verdict in found)
    return Verdict.CLEAN if is_all else Verdict.UNKNOWN


def _covers(waiver: Waiver, one: Taken, files: Sequence[tuple[str, str]]) -> bool:
    repository, package, commit = one.place
    wanted = waiver.scope.digest
    digest = wanted if any(found == wanted for _, found in files) else ""
    return waiver.covers(Scope(waiver.scope.rule, repository, package, commit, digest, waiver.scope.policy))

"""Made-up facts, as a person writes them down to try out a policy."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from entrepot.domain.content import Json
from entrepot.domain.errors import Invalid
from entrepot.domain.licensing import Declaration, Family, Licensing, Standing, Where
from entrepot.domain.names import PackageName, PackageType
from entrepot.domain.report import Capability, Category, Confidence, Coverage, Finding, Location, Report, Severity
from entrepot.domain.waiver import Scope, Waiver
from entrepot.domain.waiver import Standing as Decided
from entrepot.policy.conditions import WrongValue
from entrepot.policy.document import Misplaced, check_words, checked
from entrepot.policy.facts import Facts, PackageFacts
from entrepot.policy.wanted import choice, choices, count, duration, flag, size, text, texts

NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""When everything that is tried out happens; ages count back from it."""
WORDS = ("inspected", "path", "size", "approved", "package", "report")
PACKAGE_WORDS = (
    *("id", "type", "repository", "within", "age", "commit_age", "gated", "downloads", "local", "paths"),
    *("license", "base_license", "families", "conflict", "commercial", "properties"),
)
REPORT_WORDS = ("coverage", "formats", "capability", "findings")
FINDING_WORDS = ("rule", "severity", "confidence", "category")
COMMIT = "0" * 40
_CAPABILITIES = {"no": Capability.NO, "allow-listed": Capability.ALLOWED_IMPORTS, "yes": Capability.YES}
T = TypeVar("T")


class Table:
    """A table of a text whose words are known; raises `Misplaced` with the path of what is wrong."""

    def __init__(self, data: object, known: Collection[str], what: str, *path: str | int) -> None:
        if not isinstance(data, Mapping):
            raise Misplaced(f"{what} is written as a table", *path)
        self.data: Mapping[str, object] = data
        self._path = path
        try:
            check_words(data, known, what)
        except Misplaced as wrong:
            raise Misplaced(str(wrong), *path, *wrong.path) from None

    def take(self, word: str, read: Callable[[object], T], default: T) -> T:
        """What stands at that word."""
        return checked(read, self.data[word], word, *self._path, word) if word in self.data else default

    def texts(self, word: str) -> tuple[str, ...]:
        """The texts that are listed at that word; none where nothing stands there."""
        return self.take(word, texts, tuple[str, ...]())

    def table(self, word: str, known: Collection[str], what: str) -> "Table":
        """The table that stands at that word; an empty one where none does."""
        return Table(self.data.get(word, {}), known, what, *self._path, word)

    def tables(self, word: str, known: Collection[str], what: str) -> list["Table"]:
        """The tables that are listed at that word."""
        listed = self.data.get(word, [])
        if not isinstance(listed, list):
            raise Misplaced(f"{word} has to be a list of tables", *self._path, word)
        return [Table(entry, known, what, *self._path, word) for entry in listed]


def facts(table: Table) -> Facts:
    """The facts that these words describe; what is not said is as in a plain package that was inspected."""
    package = _package(table.table("package", PACKAGE_WORDS, "a package"))
    is_approved = table.take("approved", flag, False)
    return Facts(
        package,
        NOW,
        table.take("path", text, ""),
        table.take("size", size, 0) if "size" in table.data else None,
        report=_report(table.table("report", REPORT_WORDS, "a report")) if "report" in table.data else None,
        is_inspected=table.take("inspected", flag, True),
        waivers=(_waiver(package),) if is_approved else (),
    )


def _package(table: Table) -> PackageFacts:
    repository = table.take("repository", text, "hub")
    return PackageFacts(
        repository,
        frozenset((repository, *table.texts("within"))),
        table.take("id", lambda wanted: _package_name(_type(table), wanted), PackageName(_type(table), "org", "name")),
        COMMIT,
        _before(table, "age"),
        _before(table, "commit_age"),
        table.take("gated", text, ""),
        table.take("downloads", count, 0) if "downloads" in table.data else None,
        table.take("local", flag, False),
        _licensing(table),
        frozenset(table.texts("paths")),
        table.take("properties", _properties, {}),
    )


def _type(table: Table) -> PackageType:
    return table.take("type", lambda wanted: choice(wanted, PackageType), PackageType.MODEL)


def _package_name(kind: PackageType, wanted: object) -> PackageName:
    try:
        return PackageName.parse(kind, text(wanted))
    except Invalid as error:
        raise WrongValue(error.message) from None


def _before(table: Table, word: str) -> datetime | None:
    return NOW - table.take(word, duration, NOW - NOW) if word in table.data else None


def _properties(wanted: object) -> Mapping[str, Json]:
    if not isinstance(wanted, Mapping):
        raise WrongValue("it has to be a table")
    return wanted


def _licensing(table: Table) -> Licensing:
    own = table.texts("license") or ("missing",)
    standing = Standing(own[0]) if own[0] in set(Standing) else Standing.KNOWN
    ids = own if standing is Standing.KNOWN else ()
    conflict, base = table.take("conflict", text, ""), table.texts("base_license")
    families: list[Family] = table.take("families", lambda wanted: sorted(choices(wanted, Family)), [])
    return Licensing(
        standing,
        ids,
        tuple(_declaration(Where.CARD, "README.md", one) for one in ids),
        (conflict,) if conflict else (),
        tuple(_declaration(Where.BASE_MODEL, "org/base", one) for one in base),
        tuple((one, family) for one in (*ids, *base) for family in families),
        table.take("commercial", flag, True) if "commercial" in table.data else None,
    )


def _declaration(where: Where, place: str, license_id: str) -> Declaration:
    return Declaration(where, place, license_id, (license_id,), Standing.KNOWN, license_id, ((license_id,),))


def _report(table: Table) -> Report:
    return Report(
        "test",
        table.take("coverage", lambda wanted: choice(wanted, Coverage), Coverage.FULL),
        table.texts("formats"),
        [_finding(one) for one in table.tables("findings", FINDING_WORDS, "a finding")],
        capability=table.take("capability", _capability, Capability.NO),
    )


def _capability(wanted: object) -> Capability:
    if (word := text(wanted)) not in _CAPABILITIES:
        raise WrongValue(f"it has to be one of {', '.join(_CAPABILITIES)}")
    return _CAPABILITIES[word]


def _finding(table: Table) -> Finding:
    return Finding(
        table.take("rule", text, "pickle.call.execution"),
        table.take("severity", lambda wanted: choice(wanted, Severity), Severity.HIGH),
        table.take("confidence", lambda wanted: choice(wanted, Confidence), Confidence.HIGH),
        table.take("category", lambda wanted: choice(wanted, Category), Category.MALWARE),
        Location(),
        "made up",
    )


def _waiver(package: PackageFacts) -> Waiver:
    scope = Scope(package=f"{package.name.type}/{package.name.id}")
    return Waiver(1, scope, "tried out", Decided.GRANTED, "author", NOW, datetime.max.replace(tzinfo=UTC), "author")

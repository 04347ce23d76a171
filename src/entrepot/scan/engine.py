"""Recognize, inspect, recurse: from the bytes of one file to its report."""

import posixpath
from collections.abc import Iterator, Sequence

from entrepot.domain.report import Capability, Coverage, Finding, Report, Unread
from entrepot.domain.values import dataclass, field, replace
from entrepot.scan.budget import Budget, Limits, OutOfBudget, Unreadable, Unrecognized
from entrepot.scan.choice import by_name, candidates
from entrepot.scan.disguise import disguise
from entrepot.scan.formats import Format, Found, Member
from entrepot.scan.rules import found, rule
from entrepot.scan.sample import LEFT, Sample
from entrepot.scan.source import Source, Unavailable, Window, pieces

SCANNER = "entrepot-scan 1"
"""The version of engine and rules: a report by another one is out of date."""
HASHED = 64 << 20
"""Bytes up to which a file's SHA-256 is computed unasked; for more, it would be the only reason to read them all."""
READ_ANYWAY = HASHED
"""Bytes of a file up to which tensors' values are searched for programs, beyond what they begin with."""
MAX_FINDINGS = 500
"""Findings of one report; more say nothing new."""
UNHASHED = -1
"""Of no file, not even of an empty one."""
MAX_UNREAD = 500
"""Places of one report that were not read; more say nothing new."""
_CAPABILITIES = tuple(Capability)


@dataclass(frozen=True, slots=True)
class Scanner:
    """Looks at files one by one, each within the same limits.

    `families` are rule families, or rules, that are off by default: `privacy`, `secrets.generic-key`.
    `hashed` is the size up to which SHA-256 is computed; None for any size. `glances` leaves the values of tensors
    unread, and says so: of a file that lies elsewhere, each would be a request. `searches` is whether the values of
    tensors are searched for programs in a file of up to 64 MiB, which is read as a whole then.
    """

    limits: Limits = field(default_factory=Limits)
    families: frozenset[str] = frozenset()
    hashed: int | None = HASHED
    glances: bool = False
    searches: bool = True

    def scan(self, name: str, source: Source) -> Report:
        """The report on one file. `name` is a hint, and what the report's members are named below. Never raises for
        what the bytes are; what went wrong is in the report as bytes not read. Raises `Unavailable`."""
        budget = Budget(self.limits)
        scan = _Scan(budget, self.families, glances=self.glances)
        scan.is_read_anyway = self.searches and source.size <= READ_ANYWAY
        metered = Metered(source, budget)
        digest = None
        try:
            digest = self._digest(metered)
            scan.look(Member(name, metered), "", 0)
        except Unavailable:
            raise
        except Exception as failure:  # noqa: BLE001
            scan.miss(Unread(_why(failure)))
        return scan.report(source.size, digest)

    def _digest(self, source: Source) -> str | None:
        if self.hashed is not None and source.size > self.hashed:
            return None
        # Loaded here: it brings OpenSSL, and not everybody asks for digests.
        import hashlib

        hasher = hashlib.sha256()
        for piece in pieces(source):
            hasher.update(piece)
        return hasher.hexdigest()


FAULT = "the scanner failed on this file, which is a fault of ours"
"""How the reason of an unread file begins where a parser did what it must never do."""


def _why(failure: Exception, form: str = "") -> str:
    """The reason why bytes were not read. A fault of ours must not let a file pass, nor end a scan of thousands."""
    if isinstance(failure, OutOfBudget | Unreadable):
        return f"{form}: {failure}" if form else str(failure)
    return f"{FAULT}: {form + ': ' if form else ''}{type(failure).__name__}: {failure}"[:500]


class Metered:
    """A file whose reads the budget pays for."""

    __slots__ = ("_budget", "_source")

    def __init__(self, source: Source, budget: Budget) -> None:
        self._source = source
        self._budget = budget

    @property
    def size(self) -> int:
        return self._source.size

    def read(self, offset: int, size: int) -> bytes:
        try:
            data = self._source.read(offset, size)
        except OSError as failure:
            raise Unavailable(str(failure)) from failure
        self._budget.spend_bytes(len(data))
        return data


class _Scan:
    """One file's scan under way."""

    def __init__(self, budget: Budget, families: frozenset[str], *, glances: bool) -> None:
        self.budget = budget
        self.glances = glances
        self.is_read_anyway = False
        self.broken = 0
        """Members so far that are not what their format says they are."""
        self.families = families
        self.formats: list[str] = []
        self.findings: dict[tuple[str, str, str], Finding] = {}
        self.unread: dict[Unread, None] = {}
        self.capability = Capability.NO
        self.recognized = False
        self.seen: set[tuple[int, int, tuple[str, ...], bool, str]] = set()

    def look(self, member: Member, path: str, depth: int) -> None:
        """Inspect a member as each format that it is, and everything in it."""
        if depth > self.budget.limits.depth:
            message = f"members inside members, more than {self.budget.limits.depth} deep"
            self._keep(found("archive.depth", message), path)
            self.miss(Unread(message, member=path))
            return
        if self._has_seen(member):
            return
        if member.opaque and self.glances:
            self.unread[Unread(f"tensor values, {LEFT}", member=path)] = None
            return
        sample = Sample(member.name, member.source, self.budget, self.families)
        sample.opaque, sample.glances = member.opaque, self.glances
        try:
            chosen = [form for name in member.formats if (form := by_name(name))]
            asked = candidates(sample.head[:1], sample.suffix, sample.basename)
        except (Unreadable, OutOfBudget) as broken:
            self._go_on_after(broken, "", path)
            return
        chosen += [form for form in asked if form not in chosen and self._recognizes(form, sample, path)]
        if depth == 0:
            # What it is stands in the report although reading it may cost more than it may.
            self._note_formats(chosen, sample)
        broken_before = self.broken
        inspected = [form for form in chosen if self._inspect(form, sample, path, depth)]
        if depth == 0:
            self._note_formats(inspected, sample)
        self._note_disguise(sample, inspected, path)
        if not inspected and not member.opaque and sample.head:
            self.miss(Unread("no format recognizes these bytes", member=path))
        if (not inspected or self.broken > broken_before) and not self.glances:
            self._search(sample, path, depth, has_format=bool(inspected))
        elif depth == 0 and self.is_read_anyway and not self.glances and _holds_values(inspected):
            self._search(sample, path, depth, has_format=True)

    def _search(self, sample: Sample, path: str, depth: int, *, has_format: bool) -> None:
        """Look for what no honest bytes hold, in bytes of which nothing else can be said, or where much is values."""
        if sample.opaque and not (self.is_read_anyway and _lies_in_file(sample.source)):
            return
        # Loaded here: most bytes are of some format.
        from entrepot.scan.inside import SEARCHED, programs, smuggled, unknown

        try:
            if has_format:
                found_inside = smuggled(sample.source, self.budget, "the values of a file", 0, SEARCHED)
            elif sample.opaque:
                found_inside = programs(sample.source, self.budget, "tensors' values")
            else:
                found_inside = unknown(sample.source, self.budget)
            for one in found_inside:
                self._take(one, path, depth)
        except Exception as failure:  # noqa: BLE001
            self._go_on_after(failure, "search", path)

    def miss(self, unread: Unread) -> None:
        """Remember bytes that were not looked at; each reason once for the same place."""
        if len(self.unread) < MAX_UNREAD:
            self.unread[unread] = None

    def _go_on_after(self, failure: Exception, form: str, path: str) -> None:
        """What ended the look at one member as one format ends no more than that, unless nothing is left to spend."""
        if isinstance(failure, Unavailable) or self.budget.is_spent:
            raise failure
        self.miss(Unread(_why(failure, form), member=path))

    def _note_formats(self, known: Sequence[Format], sample: Sample) -> None:
        self.formats = [form.name for form in known]
        self.recognized = bool(known) or not sample.head

    def _has_seen(self, member: Member) -> bool:
        """Whether the same bytes of the file were looked at in the same way: archives whose members overlap, or have
        several readings at each of many levels, would be looked at exponentially often."""
        if not isinstance(member.source, Window) or not _lies_in_file(member.source):
            return False
        _, offset, size = member.source.place
        way = (offset, size, member.formats, member.opaque, posixpath.splitext(member.name)[1])
        if way in self.seen:
            return True
        self.seen.add(way)
        return False

    def _recognizes(self, form: Format, sample: Sample, path: str) -> bool:
        try:
            return form.recognize(sample)
        except Exception as failure:  # noqa: BLE001
            self._go_on_after(failure, form.name, path)
            return False

    def _inspect(self, form: Format, sample: Sample, path: str, depth: int) -> bool:
        try:
            for one in form.inspect(sample, self.budget):
                self._take(one, path, depth)
        except Unrecognized:
            return False
        except Exception as failure:  # noqa: BLE001
            self._go_on_after(failure, form.name, path)
            self.broken += isinstance(failure, Unreadable)
        return True

    def _take(self, found: Found, path: str, depth: int) -> None:
        match found:
            case Member():
                self.budget.spend_members()
                self.look(found, f"{path}!{found.name}" if path else found.name, depth + 1)
            case Finding():
                self._keep(found, path)
            case Unread():
                self.miss(replace(found, member=_joined(path, found.member)))
            case Capability():
                self.capability = max(self.capability, found, key=_CAPABILITIES.index)

    def _keep(self, finding: Finding, path: str) -> None:
        known = rule(finding.rule)
        if not known.on and not self.families & {finding.rule, finding.rule.partition(".")[0]}:
            return
        at = replace(finding.location, member=_joined(path, finding.location.member))
        key = (finding.rule, at.member, finding.message)
        if key not in self.findings and len(self.findings) < MAX_FINDINGS:
            self.findings[key] = replace(finding, location=at)

    def _note_disguise(self, sample: Sample, inspected: Sequence[Format], path: str) -> None:
        for finding in disguise(sample, inspected):
            self._keep(finding, path)

    def report(self, size: int, digest: str | None) -> Report:
        coverage = Coverage.FULL
        if self.unread:
            coverage = Coverage.PARTIAL if self.recognized else Coverage.NONE
        findings = sorted(self.findings.values(), key=lambda finding: -finding.severity.rank)
        return Report(
            SCANNER,
            coverage,
            self.formats,
            findings,
            list(self.unread),
            self.capability,
            size,
            digest,
            self.budget.bytes_read,
        )


_OF_VALUES = frozenset(
    ("hdf5", "onnx", "tensorflow", "matlab", "arrow", "parquet", "coreml", "paddle", "paddle-parameters")
)
"""Formats that are mostly values, of which not each is looked at by itself."""


def _holds_values(inspected: Sequence[Format]) -> bool:
    return any(form.name in _OF_VALUES for form in inspected)


def _lies_in_file(source: Source) -> bool:
    """Whether bytes stand in the file as they are, so that reading them unpacks nothing."""
    return isinstance(source, Window) and isinstance(source.place[0], Metered)


def _joined(path: str, member: str) -> str:
    return f"{path}!{member}" if path and member else path or member


def inspect_bare(form: Format, sample: Sample) -> Iterator[Found]:
    """What one format yields, without the engine around it: for tests and fuzzing, where faults must show."""
    if form.recognize(sample):
        yield from form.inspect(sample, sample.budget)

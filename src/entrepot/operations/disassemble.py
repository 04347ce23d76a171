"""Disassemble: what stands around a finding in a pickle, from the bytes that are stored here. Nothing is loaded.

The lines are evidence for who may read the package, a few dozen opcodes with their arguments cut; no file leaves by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from entrepot.blobs.threads import in_thread
from entrepot.domain.content import File
from entrepot.domain.report import Finding, Report
from entrepot.operations.registry import Registry
from entrepot.operations.stored import stored
from entrepot.scan.budget import Budget, Limits, OutOfBudget, Unreadable
from entrepot.scan.disassembly import Disassembly, disassemble
from entrepot.scan.members import use_member
from entrepot.scan.sample import Sample
from entrepot.scan.source import BytesSource, FileSource, Source, Unavailable

MAX_HELD = 32 << 20
"""Bytes of a file that is read as a whole, where the store has no file of it."""
MAX_PICKLES = 6
MAX_PLACES = 12
"""Findings of one file that are shown with what surrounds them."""
LIMITS = Limits(bytes_read=64 << 20, bytes_unpacked=64 << 20, members=20_000, opcodes=1_000_000, seconds=2.0)


@dataclass(frozen=True, slots=True)
class TakenApart:
    """One pickle of a file: the member that it is, empty for the file itself, and its opcodes; None where neither."""

    member: str
    lines: Disassembly | None


async def disassembled(registry: Registry, file: File, report: Report) -> list[TakenApart]:
    """The pickles that a report has findings in, taken apart around them; nothing for a file that is not stored."""
    places = _places(report.findings)
    if file.blob is None or not places or (file.blob.chunked and file.size > MAX_HELD):
        return []
    source = await stored(registry, file.blob)
    path, name = source.path, file.path.text
    if path is not None:
        return await in_thread(lambda: _of_file(str(path), name, places))
    if file.size > MAX_HELD:
        return []
    data = b"".join([piece async for piece in source.read(0, file.size)])
    return await in_thread(lambda: _take_apart(BytesSource(data), name, places))


def _places(findings: Sequence[Finding]) -> dict[str, frozenset[int]]:
    """Where the findings about pickles are, by member."""
    found: dict[str, set[int]] = {}
    wanted = [one for one in findings if one.location.opcode is not None and one.location.offset is not None]
    for finding in wanted[:MAX_PLACES]:
        found.setdefault(finding.location.member, set()).add(finding.location.offset or 0)
    return {member: frozenset(offsets) for member, offsets in list(found.items())[:MAX_PICKLES]}


def _of_file(path: str, name: str, places: dict[str, frozenset[int]]) -> list[TakenApart]:
    try:
        with FileSource(path) as source:
            return _take_apart(source, name, places)
    except OSError:
        return []  # gone meanwhile


def _take_apart(source: Source, name: str, places: dict[str, frozenset[int]]) -> list[TakenApart]:
    return [TakenApart(member, _one(source, name, member, offsets)) for member, offsets in places.items()]


def _one(source: Source, name: str, member: str, offsets: frozenset[int]) -> Disassembly | None:
    budget = Budget(LIMITS)
    try:
        sample = Sample(name, source, budget)
        return use_member(sample, member, budget, lambda found: disassemble(found, offsets, budget))
    except (OutOfBudget, Unreadable, Unavailable):
        return None

"""The gate: bytes leave with a clearance, only `clear` makes one, and every decision is written down."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from entrepot.domain.content import File, Revision
from entrepot.domain.decision import Decision, Effect
from entrepot.domain.door import Door
from entrepot.domain.errors import Blocked, Held, RangeNotSatisfiable
from entrepot.domain.report import UNREAD, Report
from entrepot.operations.case import Case
from entrepot.operations.judge import is_indifferent, judge_file, judge_package
from entrepot.operations.registry import Registry
from entrepot.operations.source import Source

HOLD_SECONDS = 30
"""When somebody whom a rule holds should ask again."""
TOLD_DOORS = frozenset({Door.PACKAGE, Door.XET_TOKEN, Door.GIT, Door.PAGE})
"""Where it is written down that a package was allowed; elsewhere the file that follows says what was wanted."""
DESCRIBING_DOORS = frozenset({Door.PACKAGE, Door.HEAD})
"""Where what is held is described all the same: there clients ask once and give up, at the next doors they wait."""


@dataclass(frozen=True, slots=True)
class Clearance:
    """Permission to send one file's bytes to one caller."""

    revision: Revision
    file: File
    decision: Decision
    source: Source
    is_final: bool = True
    """Whether all that can be known is known; otherwise it is decided again before the last bytes leave."""

    @property
    def path(self) -> Path | None:
        """The file of this machine that may be sent as it is; None where the bytes have to be read."""
        return self.source.path

    def open(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and not including `end`; raises `RangeNotSatisfiable`."""
        if not 0 <= start <= end <= self.file.size:
            raise RangeNotSatisfiable(f"{self.file.path} has {self.file.size} bytes", self.file.size)
        return self.source.read(start, end)


async def screen(registry: Registry, case: Case) -> Decision:
    """What can be said without looking into the file that is asked for; raises `Blocked` or `Held`.

    A package is judged with the files that speak for the whole of it, which are looked at. Where something is only
    described, what is held is no error: the decision says so.
    """
    decision = await judge_package(registry, case)
    if case.file is not None and not decision.effect.refuses:
        decision = await judge_file(registry, case, None, is_final=False)
    return _enforce(registry, case, decision, gives=False)


async def glance(registry: Registry, case: Case, report: Report) -> None:
    """Go on, or raise `Blocked` or `Held`, now that a part of the file was seen where it lies upstream."""
    _enforce(registry, case, await judge_file(registry, case, report, is_final=False), gives=False, refusals_only=True)


async def foretell(registry: Registry, case: Case, report: Report | None) -> Decision | None:
    """What will be decided of the case's file, by what is known now; None where that takes a look into it."""
    if report is None and not await is_indifferent(registry, case):
        early = await judge_file(registry, case, None, is_final=False)
        return early if early.effect.refuses else None
    # What was only glanced at upstream has no digest: more will be known of it once it is here.
    is_final = report is None or report.sha256 is not None
    return await judge_file(registry, case, report or UNREAD, is_final=is_final)


def refuse(registry: Registry, case: Case, decision: Decision) -> None:
    """Say no now to what would be refused anyway; raises `Blocked` or `Held`."""
    _enforce(registry, case, decision, gives=False, refusals_only=True)


async def clear(registry: Registry, case: Case, source: Source, report: Report, *, is_final: bool = True) -> Clearance:
    """Permission to send the case's file, now that its bytes can be had and its report is in.

    Where the report is not final yet, whoever sends has to ask again before the end. Raises `Blocked` or `Held`.
    """
    decision = await judge_file(registry, case, report, is_final=is_final)
    _enforce(registry, case, decision, gives=True)
    return Clearance(case.revision, _file(case), decision, source, is_final)


@dataclass(frozen=True, slots=True)
class Packed:
    """A file's bytes in another form: as `size` bytes of a xorb, headers and all."""

    source: Source
    size: int


async def clear_packed(registry: Registry, case: Case, packed: Packed, report: Report, *, is_final: bool) -> Clearance:
    """Permission to send a part of the file the way Xet packs it; raises `Blocked` or `Held`.

    Ranges of the clearance count in the packed form. The caller sees to it that they hold nothing but the file.
    """
    decision = await judge_file(registry, case, report, is_final=is_final)
    _enforce(registry, case, decision, gives=True)
    return Clearance(case.revision, replace(_file(case), size=packed.size), decision, packed.source)


def _file(case: Case) -> File:
    if case.file is None:
        raise AssertionError("only files are cleared")
    return case.file


def _enforce(
    registry: Registry, case: Case, decision: Decision, *, gives: bool, refusals_only: bool = False
) -> Decision:
    """The one place where a decision takes effect: it is written down, and what it refuses is raised."""
    is_described = decision.effect is Effect.HOLD and case.door in DESCRIBING_DOORS and not gives
    refuses = decision.effect.refuses and not is_described
    uid = ""
    is_told = gives or (case.file is None and case.door in TOLD_DOORS)
    if refuses or (is_told and not refusals_only):
        uid = registry.firewall.record.note(case, decision, gives=gives and not refuses)
    if decision.effect is Effect.BLOCK:
        raise Blocked(_sentence(case, decision), uid)
    if decision.effect is Effect.HOLD and refuses:
        raise Held(_sentence(case, decision), HOLD_SECONDS, uid)
    return decision


def _sentence(case: Case, decision: Decision) -> str:
    what = f"{case.revision.package.name}" + (f"/{case.file.path}" if case.file else "")
    word = "blocked" if decision.effect is Effect.BLOCK else "held"
    return f"{what} is {word} by policy {decision.policy}: {'; '.join(decision.reasons)}"

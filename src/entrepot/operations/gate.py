"""The gate: bytes leave with a clearance, and only `clear` makes one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from entrepot.domain.content import File, Revision
from entrepot.domain.decision import ALLOWED, Decision, Effect
from entrepot.domain.errors import Blocked, RangeNotSatisfiable
from entrepot.domain.report import Report
from entrepot.operations.registry import Registry


class Source(Protocol):
    """Where a file's bytes come from: the store, chunks, or a flight that is still under way."""

    @property
    def path(self) -> Path | None:
        """A file of this machine with exactly these bytes; None where there is none, or not yet."""

    def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and not including `end`, in pieces."""


@dataclass(frozen=True, slots=True)
class Clearance:
    """Permission to send one file's bytes to one caller."""

    revision: Revision
    file: File
    decision: Decision
    source: Source

    @property
    def path(self) -> Path | None:
        """The file of this machine that may be sent as it is; None where the bytes have to be read."""
        return self.source.path

    def open(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and not including `end`; raises `RangeNotSatisfiable`."""
        if not 0 <= start <= end <= self.file.size:
            raise RangeNotSatisfiable(f"{self.file.path} has {self.file.size} bytes", self.file.size)
        return self.source.read(start, end)


def screen(registry: Registry, revision: Revision, file: File | None = None) -> Decision:
    """What can be said without the bytes; raises `Blocked`."""
    return _enforce(_judge(registry, revision, file, None))


def clear(registry: Registry, revision: Revision, file: File, source: Source, report: Report) -> Clearance:
    """Permission to send the file, now that its bytes can be had and its report is in; raises `Blocked`."""
    return Clearance(revision, file, _enforce(_judge(registry, revision, file, report)), source)


@dataclass(frozen=True, slots=True)
class Packed:
    """A file's bytes in another form: as `size` bytes of a xorb, headers and all."""

    source: Source
    size: int


def clear_packed(registry: Registry, revision: Revision, file: File, packed: Packed, report: Report) -> Clearance:
    """Permission to send a part of the file the way Xet packs it; raises `Blocked`.

    Ranges of the clearance count in the packed form. The caller sees to it that they hold nothing but the file.
    """
    decision = _enforce(_judge(registry, revision, file, report))
    return Clearance(revision, replace(file, size=packed.size), decision, packed.source)


def _judge(registry: Registry, revision: Revision, file: File | None, report: Report | None) -> Decision:
    # Every way out comes through here; a policy has this one place to stand.
    return ALLOWED


def _enforce(decision: Decision) -> Decision:
    if decision.effect is Effect.BLOCK:
        raise Blocked("; ".join(decision.reasons))
    return decision

"""What is to be said about a file, gathered while its streams are followed: each thing once, and not without end."""

from collections.abc import Iterable

from entrepot.domain.report import Finding, Location, Unread
from entrepot.scan.formats import Member
from entrepot.scan.pickle.showing import show
from entrepot.scan.pickle.state import Place
from entrepot.scan.pickle.symbols import Symbol
from entrepot.scan.rules import found
from entrepot.scan.source import BytesSource, Source

_MOST = 2_000
"""Findings and members of one file; more findings say nothing new, more members are told as not read."""


class Gathered:
    """Findings and members, in the order in which they were found."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._taken: dict[tuple[str, str], Finding | Member | Unread] = {}
        self._given = 0

    def take(self) -> list[Finding | Member | Unread]:
        """What was found since the last time."""
        fresh = list(self._taken.values())[self._given :]
        self._given = len(self._taken)
        return fresh

    def add(self, findings: Iterable[Finding]) -> None:
        """Findings that were made elsewhere."""
        for finding in findings:
            self._taken.setdefault((finding.rule, finding.message), finding)

    def show(self, symbol: Symbol) -> str:
        """A symbol as Python."""
        return show(symbol, self._source)

    def say(self, rule: str, message: str, shown: str, at: Place) -> None:
        """A finding; what was said with the same words is not said again."""
        if (rule, message) in self._taken or len(self._taken) >= _MOST:
            return
        evidence = f"{shown}  # {at.opcode} at {at.offset}" if at.opcode else shown
        where = Location(offset=at.offset, opcode=at.index)
        self._taken[rule, message] = found(f"pickle.{rule}", message, evidence=evidence, at=where)

    def add_member(self, name: str, data: bytes) -> None:
        """Bytes that are to be looked at as a file."""
        if len(self._taken) < _MOST:
            self._taken.setdefault((name, "member"), Member(name, BytesSource(data)))
        else:
            reason = f"more than {_MOST} findings and pickles inside pickles"
            self._taken.setdefault(("", "dropped"), Unread(reason))

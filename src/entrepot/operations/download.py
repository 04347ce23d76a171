"""Download: find a file, see its bytes inspected, and clear it for the way out."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from entrepot.catalog import decisions
from entrepot.domain.actor import Action, Actor
from entrepot.domain.content import File, Revision
from entrepot.domain.decision import Decision, Effect
from entrepot.domain.door import Door
from entrepot.domain.errors import Blocked, FileNotFound
from entrepot.domain.names import Locator
from entrepot.operations import gate
from entrepot.operations.authorize import require, require_visible
from entrepot.operations.case import Case
from entrepot.operations.flight import LAST
from entrepot.operations.gate import Clearance
from entrepot.operations.ingest import Ingested, ingest
from entrepot.operations.inspection.inspect import known_report
from entrepot.operations.registry import Registry
from entrepot.operations.source import Source
from entrepot.repositories import Repository


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is there and may be asked for."""

    repository: Repository
    """The one that holds it: for a virtual repository the member."""
    revision: Revision
    file: File
    decision: Decision
    offers_xet: bool = True
    """Whether clients may be pointed to Xet: a promise that they remember, so only for what is known to pass."""


async def find(registry: Registry, locator: Locator, actor: Actor, door: Door) -> Case:
    """The case of a file that is there, for somebody who may read it; raises `NotFound`."""
    asked = await registry.repository(locator.repository)
    require(actor, Action.READ, asked.row)
    repository = await asked.member(locator.package)
    revision = await repository.revision(locator.package, locator.ref)
    require_visible(actor, revision.package, locator.repository, locator.package)
    return Case(repository, revision, actor, door, await repository.file(revision, locator.path))


async def look(registry: Registry, locator: Locator, actor: Actor, door: Door = Door.HEAD) -> Found:
    """The file's description, without its bytes: what HEAD answers. Raises `NotFound`, `Blocked` or `Held`."""
    case = await find(registry, locator, actor, door)
    try:
        decision = await gate.screen(registry, case)
    except Blocked as error:
        if door is Door.HEAD:
            await _recall(registry, case, error)
        raise
    file = _file(case)
    known = await gate.foretell(registry, case, await known_report(registry, case.repository, file))
    if door is Door.LFS and known is not None and known.effect.refuses:
        gate.refuse(registry, case, known)
    if door is Door.HEAD and known is not None and known.effect is Effect.BLOCK:
        await _recall(registry, case, known)
    offers = known is not None and not known.effect.refuses
    return Found(case.repository, case.revision, file, known if known is not None and offers else decision, offers)


async def _recall(registry: Registry, case: Case, said: Blocked | Decision) -> None:
    """Raise `FileNotFound` for a file that is blocked and that somebody has already.

    Clients answer anything else by what is in their cache. What nobody has yet can be described: whoever then asks for
    the bytes is told the reason.
    """
    file = _file(case)
    digest = file.lfs or (file.blob.digest if file.blob else None)
    if digest is None or not await registry.database.read(decisions.was_given, digest.hex):
        return
    try:
        if isinstance(said, Blocked):
            raise said
        gate.refuse(registry, case, said)
    except Blocked as error:
        message = f"{file.path} was withdrawn after it had been downloaded: {error.message}"
        # Without the commit: clients would remember for good that the file is not there.
        raise FileNotFound(message, decision=error.decision) from None


async def download(
    registry: Registry, locator: Locator, actor: Actor, door: Door = Door.FILE, *, counts: bool = True
) -> Clearance:
    """The file, cleared for the way out; `counts` says whether this is a new download or one more part of one.

    No bytes leave without the clearance. Raises `NotFound`, `Blocked`, `NotReady` or `UpstreamError`.
    """
    case = await find(registry, locator, actor, door)
    await gate.screen(registry, case)
    clearance = await release(registry, case)
    if counts:
        registry.usage.count(case.revision.package)
    return clearance


async def release(registry: Registry, case: Case) -> Clearance:
    """The clearance for a case's file, fetched and inspected where that was not done yet; `screen` comes before."""
    got = await _fetched(registry, case)
    case = case.of(got.file)
    return await gate.clear(registry, case, to_send(registry, case, got), got.report, is_final=got.is_final)


async def release_everywhere(registry: Registry, cases: Sequence[Case]) -> Clearance:
    """The clearance for bytes that stand at several places, where they may leave from each of them.

    Whoever asks by digest alone puts them at all. `screen` is included.
    """
    clearance = None
    for case in cases:
        await gate.screen(registry, case)
        got = await _fetched(registry, case)
        here, source = case.of(got.file), clearance.source if clearance else got.source
        # Where they still land, each place is judged once more before the end.
        sent = source if got.is_final else LandingSource(registry, here, source)
        clearance = await gate.clear(registry, here, sent, got.report, is_final=got.is_final)
    if clearance is None:
        raise AssertionError("bytes stand somewhere")
    return clearance


async def _fetched(registry: Registry, case: Case) -> Ingested:
    return await ingest(registry, case, lambda report: gate.glance(registry, case, report))


def to_send(registry: Registry, case: Case, got: Ingested) -> Source:
    """Where the bytes come from on their way out: a file that is still landing is judged again before its end."""
    return got.source if got.is_final else LandingSource(registry, case, got.source)


@dataclass(frozen=True, slots=True)
class LandingSource:
    """A file that is judged once more before its end is let out, when all of it is here and was looked at."""

    registry: Registry
    case: Case
    landing: Source

    @property
    def path(self) -> Path | None:
        """None: what may be sent depends on what is decided at the end."""
        return None

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end`; raises `Blocked` or `Held` before the last of the file."""
        free = max(0, _file(self.case).size - LAST)
        async for piece in self.landing.read(start, min(end, free)):
            yield piece
        if end > free:
            async for piece in self._end(max(start, free), end):
                yield piece

    async def _end(self, start: int, end: int) -> AsyncIterator[bytes]:
        cleared = None
        async for piece in self.landing.read(start, end):
            cleared = cleared or await self._cleared_at_last()
            yield piece

    async def _cleared_at_last(self) -> Clearance:
        # The flight lets nothing of the last bytes go before the file is stored, so this finds it at hand.
        return await release(self.registry, self.case)


def _file(case: Case) -> File:
    if case.file is None:
        raise AssertionError("the case is about no file")
    return case.file

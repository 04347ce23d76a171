"""Decisions are written down as they are made: each once, in their order, none lost while the catalog is away."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection

from entrepot.catalog import decisions
from entrepot.catalog.decisions import Filter, Line
from entrepot.domain.content import File, Revision
from entrepot.domain.decision import Decision, Effect
from entrepot.domain.digest import Digest
from entrepot.domain.door import Door, Recorded
from entrepot.domain.errors import Blocked, FileNotFound, NotReady
from entrepot.domain.git import blob_oid
from entrepot.domain.names import FilePath
from entrepot.operations import record as records
from entrepot.operations.browse import Question, view
from entrepot.operations.case import Case
from entrepot.operations.download import download, look
from entrepot.operations.registry import Registry
from entrepot_testing import READER, run
from firewalled import HOSTILE, KEY, NAME, Mischief, a_firewall, ask, take, where
from weights_making import weights

GOOD = weights(5000)


def prepare(fake: Mischief) -> None:
    fake.add("org/model", {"model.bin": GOOD, "bad.pkl": HOSTILE})


async def written(registry: Registry) -> list[Line]:
    """What stands in the catalog, the oldest first."""
    await registry.firewall.record.write_down(registry.database)
    found = await registry.database.read(decisions.page, Filter(), 1000)
    return found[::-1]


async def revision(registry: Registry) -> Revision:
    return await (await registry.repository(KEY)).revision(NAME, "main")


async def refused(registry: Registry) -> Blocked:
    with pytest.raises(Blocked) as caught:
        await ask(registry, "bad.pkl")
    return caught.value


def test_a_refusal_names_the_decision_under_which_it_can_be_looked_up(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            prepare(fake)
            error = await refused(registry)
            await written(registry)
            line = await registry.database.read(decisions.find, error.decision)
            assert line is not None
            recorded = line.recorded
            assert (recorded.actor, recorded.path, recorded.door) == ("reader", "bad.pkl", Door.FILE)
            assert (recorded.decision.effect, recorded.gives) == (Effect.BLOCK, False)
            assert recorded.decision.rule == "nothing malicious"
            assert recorded.decision.reasons[0] in error.message
            assert recorded.milliseconds is not None
            assert 0 <= recorded.milliseconds < 60_000
            (step,) = [step for step in recorded.decision.trace if step.counts]
            assert step.readings[0].condition == "verdict"

    run(test)


def test_what_was_let_out_is_written_down_once_and_as_given(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            prepare(fake)
            await view(registry, Question(KEY, NAME, READER, Door.PACKAGE), "main")
            await view(registry, Question(KEY, NAME, READER, Door.TREE), "main")
            await look(registry, where("model.bin"), READER, Door.HEAD)
            for start in range(5):
                await take(await ask(registry), bytearray(), start * 1000, start * 1000 + 1000)
            lines = await written(registry)
            said = [(line.recorded.door, line.recorded.gives) for line in lines]
            assert said == [(Door.PACKAGE, False), (Door.FILE, True)]
            assert await registry.database.read(decisions.was_given, lines[-1].recorded.digest)

    run(test)


def test_other_bytes_at_the_same_place_are_another_decision(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            prepare(fake)
            seen = Case(await registry.repository(KEY), await revision(registry), READER, Door.UPLOAD)
            for data in (HOSTILE, HOSTILE + b"."):
                file = File(FilePath("bad.pkl"), len(data), blob_oid(data), Digest.of(data))
                registry.firewall.record.note(seen.of(file), Decision(Effect.BLOCK), gives=False)
            found = {line.recorded.digest for line in await written(registry)}
            assert found == {Digest.of(HOSTILE).hex, Digest.of(HOSTILE + b".").hex}

    run(test)


def test_while_the_catalog_is_away_decisions_wait_and_nothing_is_lost(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            prepare(fake)
            await refused(registry)
            with pytest.MonkeyPatch.context() as patched:

                def away(*_: object) -> None:
                    raise NotReady("away")

                patched.setattr(decisions, "append", away)
                with pytest.raises(NotReady):
                    await registry.firewall.record.write_down(registry.database)
                await ask(registry)
            assert [line.recorded.path for line in await written(registry)] == ["bad.pkl", "model.bin"]
            assert [line.recorded.path for line in await written(registry)] == ["bad.pkl", "model.bin"]

    run(test)


def test_nothing_is_let_out_once_too_many_wait_to_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_WAITING", 1)

    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            prepare(fake)
            await refused(registry)
            with pytest.raises(NotReady, match="can't be written down"):
                await ask(registry)
            await written(registry)
            await ask(registry)

    run(test)


def test_who_writes_forever_writes_once_more_at_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "WRITE_SECONDS", 0.01)

    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            prepare(fake)
            writing = asyncio.ensure_future(registry.firewall.record.write_forever(registry.database))
            await refused(registry)
            for _ in range(500):
                if await registry.database.read(decisions.count, Filter()):
                    break
                await asyncio.sleep(0.01)
            await ask(registry)
            writing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await writing
            assert await registry.database.read(decisions.count, Filter()) == 2

    run(test)


def test_who_is_stopped_while_writing_loses_nothing_and_writes_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "WRITE_SECONDS", 0.01)
    began, goes_on, append = threading.Event(), threading.Event(), decisions.append

    def slow(connection: Connection, batch: Sequence[Recorded]) -> None:
        append(connection, batch)
        began.set()
        assert goes_on.wait(30)

    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            prepare(fake)
            await refused(registry)
            monkeypatch.setattr(decisions, "append", slow)
            writing = asyncio.ensure_future(registry.firewall.record.write_forever(registry.database))
            assert await asyncio.to_thread(began.wait, 30)
            with pytest.raises(Blocked):
                await download(registry, where("bad.pkl"), READER, Door.LFS)
            writing.cancel()
            asyncio.get_running_loop().call_later(0.1, goes_on.set)
            with pytest.raises(asyncio.CancelledError):
                await writing
            assert await registry.database.read(decisions.count, Filter()) == 2

    run(test)


def test_what_is_not_there_is_no_decision(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            prepare(fake)
            with pytest.raises(FileNotFound):
                await download(registry, where("nothing"), READER)
            assert await written(registry) == []

    run(test)

"""What leaves while a file is on its way here: never the end of it before it was looked at and judged."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from entrepot.domain.digest import Digest
from entrepot.domain.door import Door
from entrepot.domain.errors import Blocked, Held, UpstreamUnavailable
from entrepot.operations import flight as flights
from entrepot.operations import ingest as ingesting
from entrepot.operations.flight import HELD_BACK, LAST
from entrepot.operations.inspection import inspect as inspecting
from entrepot.operations.registry import Registry
from entrepot_testing import apply_policy, rule_about, run
from firewalled import HOSTILE, Mischief, a_firewall, ask, take
from slow_scanning import SlowScanning
from sparse_making import torch_zip
from weights_making import weights

MIB = 1 << 20
GOOD = weights(4 * MIB)
BAD = torch_zip(HOSTILE, 4 * MIB)
BAD_BYTES = BAD.read(0, BAD.size)
SMALL = weights(MIB // 2)


def hide(fake: Mischief) -> None:
    """Show nothing at a glance, so that all depends on the whole."""

    async def refuse(*_: object) -> object:
        raise UpstreamUnavailable("no parts are sent")
        yield b""

    fake.glances = refuse  # type: ignore[assignment]


async def settle(came: bytearray, size: int) -> None:
    """Wait until so much has come, and then for more, which there should not be."""
    for _ in range(2000):
        if len(came) >= size:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)


def test_nothing_of_the_end_leaves_before_the_report_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flights, "DRIP_SECONDS", 0.01)
    monkeypatch.setattr(flights, "DRIP", MIB)

    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.add("org/model", {"model.bin": GOOD}, lfs=True)
            hide(fake)
            scanning, came, last = SlowScanning(registry), bytearray(), bytearray()
            clearance = await ask(registry)
            whole = asyncio.ensure_future(take(clearance, came))
            end = asyncio.ensure_future(take(clearance, last, len(GOOD) - 10))
            await scanning.begun.wait()
            await settle(came, len(GOOD) - LAST)
            assert len(came) == len(GOOD) - LAST
            assert last == b"" and not whole.done() and not end.done()
            scanning.goes_on.set()
            await asyncio.gather(whole, end)
            assert bytes(came) == GOOD and bytes(last) == GOOD[-10:]

    run(test)


def test_a_long_look_lets_a_little_out_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flights, "DRIP_SECONDS", 0.05)

    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.add("org/model", {"model.bin": GOOD}, lfs=True)
            hide(fake)
            scanning = SlowScanning(registry)
            pieces = (await ask(registry)).open(0, len(GOOD))
            sizes = [len(await anext(pieces))]
            while sum(sizes) < len(GOOD) - HELD_BACK:
                sizes.append(len(await anext(pieces)))
            await scanning.begun.wait()
            drops = [len(await anext(pieces)) for _ in range(4)]
            assert all(size % flights.DRIP == 0 and size < LAST for size in drops)
            scanning.goes_on.set()
            rest = [len(piece) async for piece in pieces]
            assert sum(sizes) + sum(drops) + sum(rest) == len(GOOD)

    run(test)


def test_where_the_whole_proves_hostile_the_connection_is_cut_and_the_next_one_is_told_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flights, "DRIP_SECONDS", 0.01)
    monkeypatch.setattr(flights, "DRIP", MIB)

    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.promise("model.bin", BAD, Digest.of(BAD_BYTES))
            hide(fake)
            scanning, came = SlowScanning(registry), bytearray()
            under_way = asyncio.ensure_future(take(await ask(registry), came))
            await scanning.begun.wait()
            await settle(came, BAD.size - LAST)
            scanning.goes_on.set()
            with pytest.raises(Blocked, match="nothing malicious"):
                await under_way
            assert len(came) == BAD.size - LAST
            for door in (Door.FILE, Door.XET_FETCH, Door.GIT):
                with pytest.raises(Blocked, match="nothing malicious"):
                    await ask(registry, door=door)

    run(test)


def test_a_policy_that_changes_on_the_way_counts_before_the_end(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.add("org/model", {"model.bin": GOOD}, lfs=True)
            hide(fake)
            scanning, came = SlowScanning(registry), bytearray()
            under_way = asyncio.ensure_future(take(await ask(registry), came))
            await scanning.begun.wait()
            apply_policy(registry, rule_about('path = ["*.bin"]', name="no such files"))
            scanning.goes_on.set()
            with pytest.raises(Blocked, match="no such files"):
                await under_way
            assert len(came) <= len(GOOD) - LAST

    run(test)


def test_a_small_file_is_looked_at_before_its_first_byte(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.add("org/model", {"model.bin": SMALL}, lfs=True)
            scanning = SlowScanning(registry)
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(ingesting, "PATIENCE_SECONDS", 1.5)
                with pytest.raises(Held, match="ask again in 5 seconds"):
                    await ask(registry)
            scanning.goes_on.set()
            came = bytearray()
            await take(await ask(registry), came)
            assert bytes(came) == SMALL

    run(test)


def test_a_small_file_that_comes_slowly_is_not_waited_for_without_end_once_it_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingesting, "PATIENCE_SECONDS", 0.2)

    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.add("org/model", {"model.bin": SMALL}, lfs=True)
            scanning, comes = SlowScanning(registry), asyncio.Event()

            async def slowly(*_: object) -> AsyncGenerator[bytes, None]:
                await comes.wait()
                yield SMALL

            fake.fetches = slowly
            asked = asyncio.ensure_future(ask(registry))
            await asyncio.sleep(0.5)
            assert not asked.done()
            comes.set()
            async with asyncio.timeout(20):
                with pytest.raises(Held, match="is being inspected"):
                    await asked
            scanning.goes_on.set()

    run(test)


def test_what_is_stored_already_is_held_until_it_was_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspecting, "PATIENCE_SECONDS", 0.1)

    async def stored_while_blind() -> None:
        async with a_firewall(tmp_path, "", scanning="off") as (fake, registry):
            fake.add("org/model", {"model.bin": GOOD}, lfs=True)
            await take(await ask(registry), bytearray())

    async def asked_of(registry: Registry) -> None:
        scanning = SlowScanning(registry)
        with pytest.raises(Held):
            await ask(registry)
        scanning.goes_on.set()

    async def test() -> None:
        await stored_while_blind()
        async with a_firewall(tmp_path) as (fake, registry):
            fake.add("org/model", {"model.bin": GOOD}, lfs=True)
            await asked_of(registry)
            monkeypatch.setattr(inspecting, "PATIENCE_SECONDS", 20)
            came = bytearray()
            await take(await ask(registry), came)
            assert bytes(came) == GOOD

    run(test)

"""One look for all who ask, that outlives them, and is remembered only where somebody really looked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from entrepot.catalog import reports
from entrepot.domain.content import Blob
from entrepot.domain.digest import Digest
from entrepot.domain.errors import Held
from entrepot.domain.names import RepositoryKey
from entrepot.domain.report import UNREAD, Coverage, Report, Verdict
from entrepot.operations import publish
from entrepot.operations.inspection import crew as crews
from entrepot.operations.inspection import inspect as inspecting
from entrepot.operations.inspection.inspect import inspect, inspect_bytes, report_on
from entrepot.operations.inspection.version import scanner_version
from entrepot.operations.registry import Registry
from entrepot_testing import add_repository, close_registry, make_registry, run
from firewalled import a_firewall, ask
from hostile_worker import Liar
from slow_scanning import SlowScanning
from weights_making import weights

KEY = RepositoryKey("models")
HOSTILE = b"cos\nsystem\n(S'echo hi'\ntR."
TEXT = b"import os\nos.system('echo hi')\n"


@asynccontextmanager
async def a_registry(folder: Path, scanning: str = "on") -> AsyncIterator[Registry]:
    registry = make_registry(folder, scanning=scanning)
    try:
        yield registry
    finally:
        await close_registry(registry)


async def stored(registry: Registry, data: bytes = HOSTILE) -> Blob:
    async def pieces() -> AsyncIterator[bytes]:
        yield data

    repository = await registry.repository(KEY)
    return await publish.upload(registry, repository, pieces(), Digest.of(data), len(data))


async def kept(registry: Registry, data: bytes = HOSTILE, name: str = "a.pkl") -> Report | None:
    subject = reports.of_bytes(Digest.of(data), name)
    return await registry.database.read(reports.find, subject, scanner_version())


def test_one_look_is_shared_by_all_who_ask_meanwhile(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            add_repository(registry, "models")
            blob, scanning = await stored(registry), SlowScanning(registry)
            asked = [asyncio.ensure_future(inspect(registry, blob, f"{n}/a.pkl", patient=n % 2 == 0)) for n in range(6)]
            await scanning.begun.wait()
            scanning.goes_on.set()
            found = await asyncio.gather(*asked)
            assert {report.verdict for report in found} == {Verdict.MALICIOUS}
            assert scanning.scans == 1
            await inspect(registry, blob, "a.pkl")
            assert scanning.scans == 1
            assert registry.firewall.looking == {}

    run(test)


def test_a_look_outlives_who_asked_and_who_asks_again_is_told_to_wait_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspecting, "PATIENCE_SECONDS", 0)

    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            add_repository(registry, "models")
            blob, scanning = await stored(registry), SlowScanning(registry)
            pauses = []
            for passed in (0, 20, 15, 1000):
                for subject, (task, since) in registry.firewall.looking.items():
                    registry.firewall.looking[subject] = (task, since - passed)
                with pytest.raises(Held, match=r"a\.pkl is being inspected; ask again in \d+ seconds") as held:
                    await inspect(registry, blob, "a.pkl")
                pauses.append(held.value.after)
            assert pauses == [5, 20, 35, 60]
            impatient = asyncio.ensure_future(inspect(registry, blob, "a.pkl", patient=True))
            await asyncio.sleep(0)
            impatient.cancel()
            scanning.goes_on.set()
            assert (await inspect(registry, blob, "a.pkl", patient=True)).verdict is Verdict.MALICIOUS
            assert (await inspect(registry, blob, "a.pkl")).verdict is Verdict.MALICIOUS
            assert scanning.scans == 1

    run(test)


def test_only_so_many_files_wait_to_be_looked_at_and_who_is_patient_waits_for_room(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            add_repository(registry, "models")
            blob, scanning = await stored(registry), SlowScanning(registry)
            registry.firewall.room = asyncio.Semaphore(2)
            waiting = [asyncio.ensure_future(inspect(registry, blob, f"{n}.pkl")) for n in range(2)]
            for _ in range(500):  # both have to look in the catalog first
                if scanning.scans == 2:
                    break
                await asyncio.sleep(0.01)
            with pytest.raises(Held, match="too many files wait to be inspected") as held:
                await inspect(registry, blob, "c.pkl")
            assert held.value.after == inspecting.CROWDED_SECONDS
            with pytest.raises(Held, match="too many files wait"):
                await inspect_bytes(registry, b"other bytes", "c.pkl")
            # What is under way already needs no more room.
            waiting.append(asyncio.ensure_future(inspect(registry, blob, "0.pkl")))
            patient = [asyncio.ensure_future(inspect(registry, blob, "d.pkl", patient=True)) for _ in range(3)]
            await asyncio.sleep(0.05)
            assert len(registry.firewall.looking) == scanning.scans == 2
            scanning.goes_on.set()
            found = await asyncio.gather(*waiting, *patient)
            assert {report.verdict for report in found} == {Verdict.MALICIOUS}
            assert scanning.scans == 3 and not registry.firewall.looking
            assert not registry.firewall.room.locked()
            assert (await inspect(registry, blob, "c.pkl")).verdict is Verdict.MALICIOUS

    run(test)


def test_a_glance_waits_for_no_room(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.add("org/model", {"model.bin": weights(2 << 20)})
            registry.firewall.room = asyncio.Semaphore(0)
            with pytest.raises(Held, match=r"too many files wait to be inspected before model\.bin"):
                await ask(registry)
            assert fake.sent == 0

    run(test)


def test_what_failed_is_not_kept_and_tried_again_a_while_later(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            add_repository(registry, "models")
            blob = await stored(registry)
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(crews, "_start", Liar("ends without a word").start)
                failed = await inspect(registry, blob, "a.pkl")
                await registry.firewall.crew.close()
            scanning = SlowScanning(registry)
            assert await inspect(registry, blob, "a.pkl") == await inspect_bytes(registry, HOSTILE, "a.pkl") == failed
            assert scanning.scans == 0
            scanning.goes_on.set()
            registry.firewall.failed.drop(reports.of_bytes(blob.digest, "a.pkl"))
            assert (failed.scanner, failed.coverage) == ("", Coverage.NONE)
            assert await kept(registry) is None
            assert await report_on(registry, blob.digest, "a.pkl") is None
            assert (await inspect(registry, blob, "a.pkl")).verdict is Verdict.MALICIOUS
            assert await kept(registry) is not None

    run(test)


def test_what_was_looked_at_is_known_to_every_process_and_after_a_start(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry, a_registry(tmp_path) as other:
            add_repository(registry, "models")
            blob = await stored(registry)
            first = await inspect(registry, blob, "a.pkl")
            scanning = SlowScanning(other)
            assert await inspect(other, blob, "a.pkl") == first
            assert scanning.scans == 0
            assert first.sha256 == blob.digest.hex

    run(test)


def test_another_version_of_the_scanner_looks_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            add_repository(registry, "models")
            blob = await stored(registry)
            await inspect(registry, blob, "a.pkl")
        monkeypatch.setattr(inspecting, "scanner_version", lambda: "a later one")
        async with a_registry(tmp_path) as registry:
            scanning = SlowScanning(registry)
            scanning.goes_on.set()
            await inspect(registry, blob, "a.pkl")
            assert scanning.scans == 1

    run(test)


def test_the_same_bytes_under_another_name_are_looked_at_as_what_they_are_called(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            add_repository(registry, "models")
            blob = await stored(registry, TEXT)
            prose = await inspect(registry, blob, "notes.txt")
            code = await inspect(registry, blob, "deep/modeling_x.py")
            assert "python" in code.formats and "python" not in prose.formats
            assert await inspect(registry, blob, "other/modeling_x.py") == code

    run(test)


def test_bytes_in_memory_are_looked_at_and_remembered_as_stored_ones_are(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            add_repository(registry, "models")
            report = await inspect_bytes(registry, HOSTILE, "a.pkl")
            scanning = SlowScanning(registry)
            assert await inspect(registry, await stored(registry), "a.pkl") == report
            assert scanning.scans == 0

    run(test)


def test_where_nothing_is_scanned_nothing_is_known(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path, scanning="off") as registry:
            add_repository(registry, "models")
            scanning = SlowScanning(registry)
            assert await inspect(registry, await stored(registry), "a.pkl") == UNREAD
            assert await inspect_bytes(registry, HOSTILE, "a.pkl") == UNREAD
            assert scanning.scans == 0
            assert await kept(registry) is None

    run(test)

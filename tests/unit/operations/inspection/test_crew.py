"""The crew: processes that die, hang, lie or fail cost their own file and nothing else."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from entrepot.domain.errors import UpstreamUnavailable
from entrepot.domain.report import Coverage, Report, Verdict
from entrepot.operations.inspection import crew as crews
from entrepot.operations.inspection.contents import BytesContent
from entrepot.operations.inspection.crew import Crew, Task
from entrepot.operations.inspection.version import scanner_version
from entrepot.scan.budget import Limits
from entrepot_testing import run
from hostile_worker import LIES, Liar

LIMITS = Limits(seconds=20)
HOSTILE = b"cos\nsystem\n(S'echo hi'\ntR."
HARMLESS = b"\x80\x02}q\x00."


class Slow:
    """Bytes that are announced and don't come until `goes_on`; `asked` says that somebody waits for them."""

    size = 1000
    path = None

    def __init__(self) -> None:
        self.asked, self.goes_on = asyncio.Event(), asyncio.Event()

    async def read(self, offset: int, size: int) -> bytes:
        self.asked.set()
        await self.goes_on.wait()
        return HARMLESS.ljust(self.size)[offset : offset + size]


class Gone:
    """Bytes that can't be had."""

    size = 1000
    path = None

    async def read(self, offset: int, size: int) -> bytes:
        raise UpstreamUnavailable("upstream is away", 7)


@asynccontextmanager
async def a_crew(at_once: int = 2, memory: int = 1 << 30) -> AsyncIterator[Crew]:
    crew = Crew(at_once, memory)
    try:
        yield crew
    finally:
        await crew.close()


async def scanned(crew: Crew, data: bytes = HARMLESS, limits: Limits = LIMITS) -> Report:
    return await crew.scan(Task("model.pkl", BytesContent(data), limits))


def is_a_failure(report: Report) -> bool:
    """Nothing counts as read, and nobody signs that."""
    return (report.scanner, report.coverage, report.verdict) == ("", Coverage.NONE, Verdict.UNKNOWN)


def children_of(process: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


async def child_of(crew: Crew) -> int:
    """The process that works on a file at the moment."""
    assert crew._process is not None
    for _ in range(500):
        if found := children_of(crew._process.pid):
            return found[0]
        await asyncio.sleep(0.01)
    raise AssertionError("nobody works")


def test_a_report_says_who_looked_and_at_how_much() -> None:
    async def test() -> None:
        async with a_crew() as crew:
            bad, good = await asyncio.gather(scanned(crew, HOSTILE), scanned(crew))
            assert (bad.verdict, good.verdict) == (Verdict.MALICIOUS, Verdict.CLEAN)
            assert {bad.scanner, good.scanner} == {scanner_version()}
            assert (bad.size, good.size) == (len(HOSTILE), len(HARMLESS))
            assert "limits" in crew.protections

    run(test)


def test_a_file_of_this_machine_is_read_by_its_descriptor(tmp_path: Path) -> None:
    class Stored(BytesContent):
        @property
        def path(self) -> Path | None:
            return tmp_path / "model.pkl"

        async def read(self, offset: int, size: int) -> bytes:
            raise AssertionError("the file itself was handed over")

    async def test() -> None:
        (tmp_path / "model.pkl").write_bytes(HOSTILE)
        async with a_crew() as crew:
            assert (await crew.scan(Task("model.pkl", Stored(HOSTILE), LIMITS))).verdict is Verdict.MALICIOUS

    run(test)


def test_who_is_killed_in_the_middle_has_read_nothing_and_the_next_file_is_scanned() -> None:
    async def test() -> None:
        async with a_crew() as crew:
            content = Slow()
            under_way = asyncio.ensure_future(crew.scan(Task("model.pkl", content, LIMITS)))
            await content.asked.wait()
            os.kill(await child_of(crew), signal.SIGKILL)
            content.goes_on.set()
            assert is_a_failure(await under_way)
            assert (await scanned(crew, HOSTILE)).verdict is Verdict.MALICIOUS

    run(test)


def test_when_the_process_that_divides_itself_is_gone_another_one_begins() -> None:
    async def test() -> None:
        async with a_crew() as crew:
            assert (await scanned(crew)).verdict is Verdict.CLEAN
            assert crew._process is not None
            crew._process.kill()
            crew._process.wait()
            assert (await scanned(crew)).verdict is Verdict.CLEAN

    run(test)


def test_the_end_of_a_process_is_waited_for_where_nobody_else_waits() -> None:
    waited: list[threading.Thread] = []

    class Lingering:
        def poll(self) -> int:
            return 0

        def wait(self, timeout: float | None = None) -> int:
            waited.append(threading.current_thread())
            return 0

    async def test() -> None:
        async with a_crew() as crew:
            crew._process = Lingering()  # type: ignore[assignment]
            assert (await scanned(crew)).verdict is Verdict.CLEAN
            assert waited and threading.main_thread() not in waited

    run(test)


def test_bytes_that_never_come_end_with_the_time_and_so_does_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "GRACE_SECONDS", 0)

    async def test() -> None:
        async with a_crew() as crew:
            await scanned(crew)  # its start takes a time of its own
            content = Slow()
            under_way = asyncio.ensure_future(crew.scan(Task("model.pkl", content, Limits(seconds=2))))
            await content.asked.wait()
            child = await child_of(crew)
            assert is_a_failure(await under_way)
            for _ in range(500):
                if not Path(f"/proc/{child}").exists():
                    break
                await asyncio.sleep(0.01)
            assert not Path(f"/proc/{child}").exists()
            assert (await scanned(crew)).verdict is Verdict.CLEAN

    run(test)


def test_what_takes_more_memory_than_there_is_is_not_read() -> None:
    async def test() -> None:
        async with a_crew(memory=1 << 20) as crew:
            header = b'{"a":"' + b"x" * (20 << 20) + b'"}'
            report = await scanned(crew, len(header).to_bytes(8, "little") + header)
            assert report.coverage is not Coverage.FULL and report.verdict is not Verdict.CLEAN
            assert (await scanned(crew)).verdict is Verdict.CLEAN

    run(test)


def test_bytes_that_cannot_be_had_say_nothing_about_the_file() -> None:
    async def test() -> None:
        async with a_crew() as crew:
            with pytest.raises(UpstreamUnavailable, match="away"):
                await crew.scan(Task("model.pkl", Gone(), LIMITS))

    run(test)


def test_no_more_are_scanned_at_once_than_may_be() -> None:
    async def test() -> None:
        async with a_crew(at_once=1) as crew:
            content = Slow()
            first = asyncio.ensure_future(crew.scan(Task("slow", content, LIMITS)))
            await content.asked.wait()
            second = asyncio.ensure_future(scanned(crew))
            while not crew.waiting:
                await asyncio.sleep(0)
            assert not second.done()
            os.kill(await child_of(crew), signal.SIGKILL)
            content.goes_on.set()
            await first
            assert (await second).verdict is Verdict.CLEAN
            assert crew.waiting == 0

    run(test)


def test_who_does_not_wait_any_more_leaves_no_process_and_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crews.tempfile, "tempdir", str(tmp_path))
    tmp_path.chmod(0o755)

    async def test() -> None:
        async with a_crew() as crew:
            content = Slow()
            under_way = asyncio.ensure_future(crew.scan(Task("model.pkl", content, LIMITS)))
            await content.asked.wait()
            child = await child_of(crew)
            assert len(list(tmp_path.iterdir())) == 1
            under_way.cancel()
            with pytest.raises(asyncio.CancelledError):
                await under_way
            for _ in range(500):
                if not Path(f"/proc/{child}").exists():
                    break
                await asyncio.sleep(0.01)
            assert not Path(f"/proc/{child}").exists()
            assert list(tmp_path.iterdir()) == []

    run(test)


def test_nothing_of_the_servers_environment_reaches_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_SECRET_KEY", "the-key-of-the-server")

    async def test() -> None:
        async with a_crew() as crew:
            content = Slow()
            under_way = asyncio.ensure_future(crew.scan(Task("model.pkl", content, LIMITS)))
            await content.asked.wait()
            assert crew._process is not None
            for process in (crew._process.pid, await child_of(crew)):
                assert b"the-key-of-the-server" not in Path(f"/proc/{process}/environ").read_bytes()
            under_way.cancel()

    run(test)


@pytest.mark.parametrize("lie", sorted(LIES))
def test_who_was_taken_over_is_not_believed(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(crews.os, "kill", lambda process, _: ended.append(process))
    monkeypatch.setattr(crews, "_start", lambda: Liar(lie).start())

    async def test() -> None:
        async with a_crew() as crew:
            assert is_a_failure(await scanned(crew))

    run(test)
    assert all(process > 1 for process in ended) and len(ended) <= 1

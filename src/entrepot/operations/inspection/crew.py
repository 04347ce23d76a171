"""The crew: hands files to processes that scan, answers what they want to read, and brings their reports back."""

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from entrepot.blobs.threads import in_thread
from entrepot.domain.errors import EntrepotError, Invalid, NotReady, TooLarge
from entrepot.domain.report import Coverage, Report, Unread
from entrepot.domain.report_text import load
from entrepot.operations.inspection.lockdown import NOBODY
from entrepot.operations.inspection.version import scanner_version
from entrepot.operations.inspection.wire import (
    BYTES,
    FAILED,
    PROCESS,
    READ,
    REFUSED,
    REPORT,
    SPENT,
    Closed,
    Job,
    framed,
    length_of,
    process_of,
    range_of,
)
from entrepot.scan.budget import Limits

GRACE_SECONDS = 10
"""How much longer than its limits a process may take before it is ended."""
LAST_WORDS_SECONDS = 5
_KIND = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_STREAM

log = logging.getLogger(__name__)


class BudgetSpent(TooLarge):
    """Reading on would cost more than it may; what was found until then counts."""


class Readable(Protocol):
    """Bytes that can be read anywhere, by somebody who may wait for them."""

    @property
    def size(self) -> int:
        """Bytes in all."""

    @property
    def path(self) -> Path | None:
        """A file of this machine with exactly these bytes; None where they have to be asked for."""

    async def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`; raises `EntrepotError` or `OSError`."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be scanned, within which limits."""

    name: str
    content: Readable
    limits: Limits
    families: tuple[str, ...] = ()
    glances: bool = False
    """Whether the values of tensors are left for later: of a file that lies elsewhere, each is a request."""


@dataclass(slots=True)
class _Watch:
    """What is known of the process that works on one file."""

    process: int = 0
    protections: list[str] = field(default_factory=list)


class Crew:
    """Processes that scan; started when the first file comes, and again when they are gone."""

    def __init__(self, at_once: int, memory: int) -> None:
        """`memory` is bytes for each process, on top of what the scanner itself takes."""
        self._turns = asyncio.Semaphore(at_once)
        self._starting = asyncio.Lock()
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._jobs: socket.socket | None = None
        self.protections: list[str] = []
        """What confined the process that looked last; operators are told what is missing."""
        self.waiting = 0
        """How many files wait for their turn."""

    async def scan(self, task: Task) -> Report:
        """The report on a file. Of what kills or outlasts its process, nothing counts as read.

        Raises `EntrepotError` and `OSError` where the bytes can't be had: that says nothing about them.
        """
        self.waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self.waiting -= 1
        try:
            with _workplace() as folder:
                return await self._scan(task, folder)
        finally:
            self._turns.release()

    async def _scan(self, task: Task, folder: Path) -> Report:
        watch, reading = _Watch(), _Reading(task.content)
        reader, writer = await self._hand_over(task, folder)
        try:
            async with asyncio.timeout(task.limits.seconds + GRACE_SECONDS):
                report = await self._converse(reader, writer, reading, watch)
        except TimeoutError:
            report = _unread(f"the scanner took more than {task.limits.seconds:g} seconds")
        except (asyncio.IncompleteReadError, ConnectionError, Closed, Invalid) as error:
            log.warning("a process that scanned came to an end", extra={"file": task.name, "error": str(error)})
            report = _unread("the scanner's process came to an end before it was done with this file")
        finally:
            writer.close()
            if watch.process:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(watch.process, signal.SIGKILL)
        if reading.failure is not None and report.coverage is not Coverage.FULL:
            raise reading.failure
        self.protections = watch.protections
        return replace(report, size=task.content.size)

    async def _hand_over(self, task: Task, folder: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        ours, theirs = socket.socketpair()
        path = task.content.path
        file = -1 if path is None else await in_thread(os.open, path, os.O_RDONLY | os.O_CLOEXEC)
        place = (task.name, task.content.size, file >= 0, str(folder), self._memory)
        job = Job(*place, task.limits, task.families, task.glances)
        try:
            jobs = await self._ready()
            descriptors = [theirs.fileno()] + ([file] if file >= 0 else [])
            await in_thread(socket.send_fds, jobs, [job.dump()], descriptors)
        except OSError as error:
            ours.close()
            await self.close()
            raise NotReady(f"the scanner can't be started: {error}", after=10) from error
        finally:
            theirs.close()
            if file >= 0:
                os.close(file)
        return await asyncio.open_unix_connection(sock=ours)

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reading: "_Reading", watch: _Watch
    ) -> Report:
        while True:
            message = await reader.readexactly(length_of(await reader.readexactly(4)))
            kind, content = message[:1], message[1:]
            if kind == READ:
                writer.write(await reading.answer(*range_of(content)))
                await writer.drain()
            elif kind == PROCESS and not watch.process:
                # Said once, before the first hostile byte: whoever took the process over must not name another one.
                watch.process, watch.protections = process_of(content)
            elif kind == REPORT:
                return replace(load(content), scanner=scanner_version())
            elif kind == FAILED:
                log.error("the scanner failed: %s", content.decode("utf-8", "replace"))
                return _unread("the scanner failed on this file, which is a fault of ours; the server's log says more")
            else:
                raise Closed("a process that scans says what none has to say")

    async def _ready(self) -> socket.socket:
        async with self._starting:
            if self._jobs is not None and self._process is not None and self._process.poll() is None:
                return self._jobs
            await self.close()
            self._process, jobs = await in_thread(_start)
            self._jobs = jobs
            return jobs

    async def close(self) -> None:
        """End the processes; what is under way is lost, and done again another time."""
        # Both are taken away at once: meanwhile somebody may start others.
        jobs, self._jobs = self._jobs, None
        process, self._process = self._process, None
        if jobs is not None:
            jobs.close()
        if process is not None:
            await in_thread(_end, process)


class _Reading:
    """Answers reads, and remembers what went wrong with them."""

    def __init__(self, content: Readable) -> None:
        self._content = content
        self.failure: EntrepotError | OSError | None = None

    async def answer(self, offset: int, size: int) -> bytes:
        try:
            return framed(BYTES, await self._content.read(offset, size))
        except BudgetSpent as error:
            return framed(SPENT, error.message.encode()[:1000])
        except (EntrepotError, OSError) as error:
            self.failure = error
            return framed(REFUSED, str(error).encode()[:1000])


def _start() -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, _KIND)
    command = [sys.executable, "-m", "entrepot.operations.inspection.worker", str(theirs.fileno())]
    # Nothing of the server's environment: keys may stand in it.
    surroundings = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "PYTHONDONTWRITEBYTECODE": "1"}
    with theirs:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, pass_fds=[theirs.fileno()], env=surroundings, stdin=subprocess.DEVNULL, cwd=os.sep
        )
    return process, ours


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(LAST_WORDS_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _workplace() -> Iterator[Path]:
    """A folder for what one scan has to write, gone with it."""
    folder = Path(tempfile.mkdtemp(prefix="entrepot-scan-"))
    try:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unread(reason: str) -> Report:
    # No scanner signs it: nobody has looked, and another try may do better.
    return Report("", Coverage.NONE, unread=(Unread(reason),))

"""How a benchmark measures: both sides in turn, medians of ratios, and a table at the end."""

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
QUICK = os.environ.get("BENCH") == "quick"
MIB = 1 << 20
SIZE = (128 if QUICK else 1024) * MIB
RUNS = 3 if QUICK else 5


@dataclass(frozen=True)
class Row:
    """One line of the table: what was compared, what came out, and what it should be."""

    what: str
    figure: str
    target: str
    is_met: bool


def ratio(what: str, ours: Callable[[], float], theirs: Callable[[], float], at_least: float) -> Row:
    """Their seconds over ours, run by turns: 1 is as fast as they are. The median of the pairs."""
    ours(), theirs()
    found = []
    for turn in range(RUNS):
        # Who comes second finds the machine warmer, or more tired.
        if turn % 2:
            other = theirs()
            mine = ours()
        else:
            mine = ours()
            other = theirs()
        found.append(other / mine)
    median = statistics.median(found)
    spread = f"{median:.2f} ({min(found):.2f} to {max(found):.2f})"
    return Row(what, spread, f"≥ {at_least}", median >= at_least)


def seconds(command: list[str], environment: dict[str, str] | None = None) -> float:
    """How long the command takes; raises where it fails."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    return time.perf_counter() - started


def together(commands: list[list[str]]) -> list[float]:
    """How long each of the commands takes, all begun at once; raises where one fails."""
    started = time.perf_counter()
    running = {process.pid: process for process in (subprocess.Popen(command) for command in commands)}
    taken: list[float] = []
    while running:
        pid, status = os.wait()
        if process := running.pop(pid, None):
            process.returncode = os.waitstatus_to_exitcode(status)
            assert process.returncode == 0, process.args
            taken.append(time.perf_counter() - started)
    return taken


def curl(url: str, token: str = "", part: tuple[int, int] | None = None) -> list[str]:
    """The command that downloads a URL, or a part of it, to nowhere."""
    command = ["curl", "--silent", "--show-error", "--fail", "--output", "/dev/null", url]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    return command + (["--range", f"{part[0]}-{part[1]}"] if part else [])


def parts(size: int, count: int) -> list[tuple[int, int]]:
    """The file's bytes in so many ranges, ends inclusive."""
    step = size // count
    return [(n * step, size - 1 if n == count - 1 else (n + 1) * step - 1) for n in range(count)]


class MemoryWatch:
    """The most memory that a process and its children held together while this was open, shared pages counted once.

    The sum of proportional set sizes, looked at 20 times a second; in bytes.
    """

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            self.peak = max(self.peak, sum(_proportional(pid) for pid in [self._pid, *_children(self._pid)]))

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def _proportional(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def show(rows: list[Row]) -> None:
    """The table, in Markdown."""
    print("\n| what | measured | target | |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.figure} | {row.target} | {'met' if row.is_met else 'NOT MET'} |")

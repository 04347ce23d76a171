"""A process in the place of those that scan, as somebody would use it who took one over: it sends what it likes.

Run by tests as `python hostile_worker.py DESCRIPTOR LIE`.
"""

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from entrepot.domain.report import Category, Confidence, Coverage, Finding, Location, Report, Severity
from entrepot.domain.report_text import dump
from entrepot.operations.inspection.wire import FAILED, PROCESS, READ, REPORT, framed

_KIND = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_STREAM


def _report(**changes: object) -> bytes:
    finding = Finding("pickle.call.process", Severity.HIGH, Confidence.HIGH, Category.MALWARE, Location(), "m")
    said = json.loads(dump(Report("x", Coverage.FULL, ("pickle",), (finding,))))
    return framed(REPORT, json.dumps({**said, **changes}).encode())


def _process(number: object) -> bytes:
    return framed(PROCESS, json.dumps({"process": number, "protections": []}).encode())


_PLACE = ["", None, None, None]


def _finding(rule: object = "a.b", place: object = _PLACE) -> list[object]:
    return [rule, "high", "high", "malware", place, "message", "evidence"]


LIES: dict[str, bytes] = {
    "ends without a word": b"",
    "ends within a message": b"\0\0\0\x09D{",
    "a message of no length": b"\0\0\0\0",
    "a message of four gigabytes": b"\xff\xff\xff\xffD",
    "a word that nobody knows": framed(b"X", b"hello"),
    "a read of nothing": framed(READ, b"abc"),
    "no report": framed(REPORT, b"hello"),
    "an empty report": framed(REPORT, b"{}"),
    "a report that is a list": framed(REPORT, b"[]"),
    "a report without an end": framed(REPORT, b"[" * 200_000),
    "a coverage that there is not": _report(coverage="more than full"),
    "a scanner that is no text": _report(scanner=7),
    "findings that are none": _report(findings=[[1, 2]]),
    "a rule that no catalog takes": _report(findings=[_finding("a\0\ud800")]),
    "a rule without an end": _report(findings=[_finding("a" * 1000)]),
    "a place that is none": _report(findings=[_finding(place=["", True, None, None])]),
    "numbers that are none": _report(size=True),
    "every process there is": _process(-1),
    "its own group": _process(0),
    "the first process": _process(1),
    "a process that is a text": _process("12"),
    "no process at all": framed(PROCESS, b"[]"),
    "another process later": _process(2**22 - 1) + _process(2**22 - 2) + _report(),
    "a fault of its own": framed(FAILED, b"\xff\x1b[31m"),
}


@dataclass(frozen=True)
class Liar:
    """What one such process sends."""

    name: str

    def start(self) -> tuple["subprocess.Popen[bytes]", socket.socket]:
        """The process, and our end of its jobs."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, _KIND)
        paths = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        with theirs:
            command = [sys.executable, str(Path(__file__)), str(theirs.fileno()), self.name]
            return subprocess.Popen(command, pass_fds=[theirs.fileno()], env=paths), ours


def main(descriptor: int, lie: str) -> None:
    """Answer every job with the lie."""
    with socket.socket(fileno=descriptor) as jobs:
        while True:
            data, descriptors, _, _ = socket.recv_fds(jobs, 1 << 16, 2)
            if not data:
                return
            rest = memoryview(LIES[lie])
            while rest:
                rest = rest[os.write(descriptors[0], rest) :]
            for number in descriptors:
                os.close(number)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])

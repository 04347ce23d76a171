"""The process that scans: it loads the scanner once, and divides itself for each file; the half that looks can't do
anything else, and ends with the file.

Started by `crew.py` as `python -m entrepot.operations.inspection.worker DESCRIPTOR`.
"""

import json
import os
import signal
import socket
import sys
import tempfile
import traceback
from pathlib import Path

from entrepot.domain.report_text import dump
from entrepot.operations.inspection.lockdown import Confines, lock_down
from entrepot.operations.inspection.wire import (
    FAILED,
    PROCESS,
    REPORT,
    AskedSource,
    Closed,
    DescriptorSource,
    Job,
    Line,
)
from entrepot.scan.engine import Scanner
from entrepot.scan.loading import load_everything

MAX_JOB = 1 << 16
_DESCRIPTORS = 2
"""With each job come its line to the server and, for a file of this machine, the file."""


def main(descriptor: int) -> None:
    """Wait for jobs on the socket of that descriptor until it is closed."""
    load_everything()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who scan: they report to the server
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl+C reaches everybody; the server says when to end
    with socket.socket(fileno=descriptor) as jobs:
        while True:
            data, descriptors, _, _ = socket.recv_fds(jobs, MAX_JOB, _DESCRIPTORS)
            if not data:
                return
            if os.fork() == 0:
                _scan_and_end(jobs, Job.load(data), descriptors)
            for number in descriptors:
                os.close(number)


def _scan_and_end(jobs: socket.socket, job: Job, descriptors: list[int]) -> None:
    try:
        jobs.close()
        line = Line(descriptors[0])
        try:
            _scan(job, line, descriptors[1:])
        except (Closed, BrokenPipeError):
            pass  # the server does not want to know any more
        except BaseException:  # noqa: BLE001 - whatever it was, the server is told, and nothing goes on
            line.send(FAILED, traceback.format_exc(limit=8).encode()[-2000:])
    finally:
        os._exit(0)


def _scan(job: Job, line: Line, files: list[int]) -> None:
    # Temporary files of the libraries go where this process may write.
    tempfile.tempdir = job.folder
    source = DescriptorSource(files[0], job.size) if job.has_file else AskedSource(line, job.size)
    seconds = int(job.limits.seconds) + 5
    protections = lock_down(Confines(Path(job.folder), job.memory, seconds, job.limits.bytes_unpacked))
    line.send(PROCESS, json.dumps({"process": os.getpid(), "protections": protections}).encode())
    scanner = Scanner(job.limits, frozenset(job.families), hashed=0, glances=job.glances)
    line.send(REPORT, dump(scanner.scan(job.name, source)))


if __name__ == "__main__":
    main(int(sys.argv[1]))

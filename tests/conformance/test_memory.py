"""Large files pass through: the server's memory does not grow with them, nor with how many there are."""

import hashlib
import http.client
import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from entrepot.operations.large_files import PART_BYTES
from hand_client import Hand
from live_server import LiveServer

MIB = 1 << 20
SIZE = PART_BYTES * 2 + 17 * MIB + 5
UPLOADERS, DOWNLOADERS = 4, 8
MOST = 400 * MIB
BLOCK = random.Random(1).randbytes(MIB)

pytestmark = pytest.mark.clients


def content(seed: int, start: int = 0, end: int = SIZE) -> Iterator[bytes]:
    """A part of a large file that nobody keeps anywhere: blocks that differ in their number alone."""
    while start < end:
        number, within = divmod(start, MIB)
        block = number.to_bytes(8, "big") + seed.to_bytes(8, "big") + BLOCK[16:]
        piece = block[within : within + end - start]
        yield piece
        start += len(piece)


def digest(seed: int) -> str:
    hashing = hashlib.sha256()
    for piece in content(seed):
        hashing.update(piece)
    return hashing.hexdigest()


def upload(server: LiveServer, seed: int) -> None:
    """Send one file in parts, and commit it."""
    hand, package = Hand(server), f"ada/model-{seed}"
    hand.create(package)
    oid = digest(seed)
    action = hand.invite(package, oid, SIZE, "multipart")
    assert action is not None
    etags = []
    for name, url in sorted((name, url) for name, url in action["header"].items() if name.isdigit()):
        number = int(name)
        end = min(SIZE, number * PART_BYTES)
        length = {"Content-Length": str(end - (number - 1) * PART_BYTES)}
        sent = hand.ask("PUT", hand.path_of(url), content(seed, (number - 1) * PART_BYTES, end), length)
        etags.append({"partNumber": number, "etag": sent.headers["etag"]})
    assert hand.ask("POST", hand.path_of(action["href"]), {"parts": etags}).status == 200
    lines = [
        {"key": "header", "value": {"summary": "x"}},
        {"key": "lfsFile", "value": {"path": "big.bin", "algo": "sha256", "oid": oid, "size": SIZE}},
    ]
    body = "\n".join(map(json.dumps, lines)).encode()
    assert hand.ask("POST", f"/api/models/{package}/commit/main", body).status == 200


def download(server: LiveServer, seed: int) -> str:
    """The digest of what comes."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    path = f"/hub/models/ada/model-{seed}/resolve/main/big.bin"
    connection.request("GET", path, headers={"Authorization": f"Bearer {server.token}"})
    answer, hashing = connection.getresponse(), hashlib.sha256()
    while piece := answer.read(MIB):
        hashing.update(piece)
    connection.close()
    return hashing.hexdigest()


def most_memory(pid: int) -> int:
    """The most that the server and its workers ever had in memory, together."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(_peak(Path(f"/proc/{one}/status")) for one in [str(pid), *children])


def _peak(status: Path) -> int:
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def test_memory_stays_within_bounds_while_many_move_large_files(tmp_path: Path) -> None:
    with LiveServer(tmp_path) as server:
        upload(server, 0)
        with ThreadPoolExecutor(UPLOADERS + DOWNLOADERS) as threads:
            up = [threads.submit(upload, server, seed) for seed in range(1, UPLOADERS + 1)]
            down = [threads.submit(download, server, 0) for _ in range(DOWNLOADERS)]
            assert {one.result() for one in down} == {digest(0)}
            for one in up:
                one.result()
        assert download(server, UPLOADERS) == digest(UPLOADERS)
        assert most_memory(server.pid) < MOST

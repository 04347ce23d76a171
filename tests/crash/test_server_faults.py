"""A server that is told to stop, killed, left by its database, or out of space: nothing acknowledged is lost."""

import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import real_postgres
from entrepot.operations import large_files
from hand_client import Answer, Hand, until
from live_server import LiveServer

MIB = 1 << 20
PACKAGE = "ada/model"
BIG = random.Random(1).randbytes(24 * MIB)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with LiveServer(tmp_path / "data") as live:
        Hand(live).create(PACKAGE)
        yield live


def is_sound(server: LiveServer) -> None:
    """Catalog and store agree, byte for byte."""
    said = server.command("fsck", "--deep")
    assert (said.returncode, said.stdout) == (0, "Catalog and store agree.\n"), said


class Raw:
    """A connection that sends and takes what a test wants, when it wants it."""

    def __init__(self, server: LiveServer, method: str, path: str, length: int = 0) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        self._socket.settimeout(60)
        self._socket.connect(("127.0.0.1", server.port))
        lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {server.token}"]
        self.send("\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode())

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def take(self, count: int) -> bytes:
        """So many bytes, fewer where there are no more."""
        taken = bytearray()
        while len(taken) < count and (piece := self._socket.recv(min(count - len(taken), MIB))):
            taken += piece
        return bytes(taken)

    def close(self) -> None:
        self._socket.close()


def can_connect(server: LiveServer) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), 5).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_finishes_a_slow_download_and_takes_no_other(server: LiveServer, stop: signal.Signals) -> None:
    Hand(server).put(PACKAGE, "big.bin", BIG)
    slow = Raw(server, "GET", f"/hub/models/{PACKAGE}/resolve/main/big.bin")
    head = slow.take(64)
    os.kill(server.pid, stop)
    until(lambda: not can_connect(server))
    rest = slow.take(2 * len(BIG))
    assert (head + rest).endswith(BIG)
    slow.close()
    assert server.wait() == 0


def test_a_reader_who_does_not_read_holds_the_stop_up_no_longer_than_allowed(tmp_path: Path) -> None:
    with LiveServer(tmp_path, shutdown_seconds=1) as server:
        Hand(server).create(PACKAGE)
        Hand(server).put(PACKAGE, "big.bin", BIG)
        idle = Raw(server, "GET", f"/hub/models/{PACKAGE}/resolve/main/big.bin")
        assert idle.take(64)
        os.kill(server.pid, signal.SIGTERM)
        assert server.wait() == 0
        idle.close()


def staged(server: LiveServer) -> int:
    """How many bytes are on their way in."""
    found = [path for path in (server.data / "staging").rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in found)


def test_killed_while_a_large_file_comes_in_nothing_of_it_is_there_and_it_can_be_sent_again(server: LiveServer) -> None:
    hand = Hand(server)
    action = hand.invite(PACKAGE, hashlib.sha256(BIG).hexdigest(), len(BIG))
    assert action is not None
    sending = Raw(server, "PUT", "/hub/models" + hand.path_of(action["href"]), len(BIG))
    sending.send(BIG[: len(BIG) // 2])
    until(lambda: staged(server) > MIB)
    server.kill()
    sending.close()
    server.start()
    assert hand.commit(PACKAGE, "big.bin", BIG, large=True).status == 400
    is_sound(server)
    # The link is as good as before.
    assert hand.ask("PUT", hand.path_of(action["href"]), BIG).status == 200
    assert hand.commit(PACKAGE, "big.bin", BIG, large=True).status == 200
    assert hand.get(PACKAGE, "big.bin").body == BIG


def test_killed_between_parts_only_the_missing_part_is_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Parts of half a GiB are much to send in a test: a start of our own makes them small.
    start = tmp_path / "sitecustomize"
    start.mkdir()
    (start / "sitecustomize.py").write_text(
        "import sys\n"
        "if sys.argv[1:2] != ['-c']:\n"
        "    from entrepot.operations import large_files\n"
        f"    large_files.PART_BYTES = {8 * MIB}\n"
    )
    assert large_files.part_count(len(BIG)) == 1
    with LiveServer(tmp_path / "data", python_path=start) as server:
        hand = Hand(server)
        hand.create(PACKAGE)
        action = hand.invite(PACKAGE, hashlib.sha256(BIG).hexdigest(), len(BIG), "multipart")
        assert action is not None
        parts = {int(name): hand.path_of(url) for name, url in action["header"].items() if name.isdigit()}
        assert len(parts) == 3
        etags = {}
        for number in (1, 3):
            sent = hand.ask("PUT", parts[number], BIG[(number - 1) * 8 * MIB : number * 8 * MIB])
            etags[number] = sent.headers["etag"]
        before = staged(server)
        broken = Raw(server, "PUT", "/hub/models" + parts[2], 8 * MIB)
        broken.send(BIG[8 * MIB : 12 * MIB])
        until(lambda: staged(server) > before)
        server.kill()
        broken.close()
        server.start()
        done = {"parts": [{"partNumber": number, "etag": "x"} for number in (1, 2, 3)]}
        refused = hand.ask("POST", hand.path_of(action["href"]), done)
        assert refused.status == 400 and b"part 2 is missing" in refused.body
        assert hand.ask("PUT", parts[2], BIG[8 * MIB : 16 * MIB]).status == 200
        assert hand.ask("POST", hand.path_of(action["href"]), done).status == 200
        assert hand.commit(PACKAGE, "big.bin", BIG, large=True).status == 200
        assert hand.get(PACKAGE, "big.bin").body == BIG
        is_sound(server)


UPLOAD = """
import sys
from huggingface_hub import HfApi
HfApi().upload_file(path_or_fileobj=sys.argv[2], path_in_repo="big.bin", repo_id=sys.argv[1])
"""


def test_killed_during_an_upload_over_xet_the_stock_client_gets_it_there(server: LiveServer, tmp_path: Path) -> None:
    file = tmp_path / "big.bin"
    file.write_bytes(random.Random(2).randbytes(90 * MIB))
    environment = {"PATH": os.environ["PATH"], "HF_HOME": str(tmp_path / "home"), "PYTHONWARNINGS": "ignore"}
    environment |= {"HF_ENDPOINT": server.endpoint("models"), "HF_TOKEN": server.token}
    command = [sys.executable, "-c", UPLOAD, PACKAGE, str(file)]
    client = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    until(lambda: any(path.stat().st_size > MIB for path in (server.data / "blobs").rglob("*") if path.is_file()))
    server.kill()
    server.start()
    _, said = client.communicate(timeout=120)
    if client.returncode != 0:
        assert Hand(server).paths(PACKAGE) == []
        is_sound(server)
        again = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert again.returncode == 0, said + again.stderr
    assert Hand(server).get(PACKAGE, "big.bin").body == file.read_bytes()
    is_sound(server)


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_killed_during_a_commit_it_is_there_whole_or_not_at_all(server: LiveServer, share: float) -> None:
    hand = Hand(server)
    value = '{"key": "file", "value": {"path": "%d.txt", "content": "x"}}\n'
    body = b'{"key": "header", "value": {"summary": "x"}}\n' + b"".join((value % n).encode() for n in range(300))
    sending = Raw(server, "POST", f"/hub/models/api/models/{PACKAGE}/commit/main", len(body))
    sending.send(body[: int(len(body) * share)])
    until(lambda: len(list((server.data / "blobs").rglob("*"))) > 3)
    server.kill()
    sending.close()
    server.start()
    assert len(hand.paths(PACKAGE)) in ((0, 300) if share == 1 else (0,))
    is_sound(server)
    assert hand.commit(PACKAGE, "after.txt", b"after").status == 200
    assert hand.get(PACKAGE, "after.txt").body == b"after"


def test_while_postgres_is_away_clients_are_told_when_to_come_back_and_then_all_is_well(tmp_path: Path) -> None:
    postgres = real_postgres.start(tmp_path / "postgres")
    try:
        with LiveServer(tmp_path / "data", database=real_postgres.new_database(postgres, "entrepot")) as server:
            hand = Hand(server)
            hand.create(PACKAGE)
            hand.put(PACKAGE, "big.bin", BIG)
            pages = [f"/{PACKAGE}/resolve/main/big.bin", f"/api/models/{PACKAGE}", "/api/whoami-v2", "/api/models"]
            postgres.cleanup()
            for _ in range(3):
                for path in pages:
                    answer = hand.ask("GET", path)
                    assert answer.status == 503 and int(answer.headers["retry-after"]) > 0, (path, answer)
                assert hand.commit(PACKAGE, "b.txt", b"x").status == 503
            postgres = real_postgres.start(tmp_path / "postgres")
            until(lambda: all(hand.ask("GET", path).status == 200 for path in pages))
            assert hand.get(PACKAGE, "big.bin").body == BIG
            assert hand.commit(PACKAGE, "b.txt", b"x").status == 200
            is_sound(server)
    finally:
        postgres.cleanup()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("this process may not mount file systems")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_named_and_once_there_is_room_it_goes_on(small_disk: Path, tmp_path: Path) -> None:
    with LiveServer(tmp_path / "data", blobs=small_disk.as_uri()) as server:
        hand = Hand(server)
        hand.create(PACKAGE)
        hand.put(PACKAGE, "first.bin", BIG[:MIB])
        filler = small_disk / "filler"
        filler.write_bytes(bytes(20 * MIB))
        for attempt in (lambda: send(hand, BIG), lambda: hand.commit(PACKAGE, "second.bin", BIG[: 12 * MIB])):
            answer = attempt()
            assert answer.status == 507 and b"no space left" in answer.body, answer
        assert hand.get(PACKAGE, "first.bin").body == BIG[:MIB]
        filler.unlink()
        hand.put(PACKAGE, "big.bin", BIG)
        assert hand.get(PACKAGE, "big.bin").body == BIG
        is_sound(server)


def send(hand: Hand, data: bytes) -> Answer:
    action = hand.invite(PACKAGE, hashlib.sha256(data).hexdigest(), len(data))
    assert action is not None
    return hand.ask("PUT", hand.path_of(action["href"]), data)

"""A mirror of an upstream that misbehaves: every failure is an upstream's error, and what was there stays."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from entrepot.domain.errors import Corrupt, EntrepotError, UpstreamError, UpstreamRefused, UpstreamUnavailable
from entrepot.operations.git.mirror import Mirror, sweep

OID = "1" * 40
Answer = tuple[int, str, bytes]


def _line(text: str) -> bytes:
    return b"%04x" % (len(text) + 4) + text.encode()


GREETING = (
    _line("# service=git-upload-pack\n")
    + b"0000"
    + _line(f"{OID} refs/heads/main\0side-band-64k multi_ack_detailed\n")
    + b"0000"
)
ADVERTISED = (200, "application/x-git-upload-pack-advertisement", GREETING)


@pytest.fixture
def serve() -> Iterator[Callable[[Answer, Answer], str]]:
    """Starts an upstream that gives one answer to GET and one to POST; its URL."""
    servers: list[ThreadingHTTPServer] = []

    def start(on_get: Answer, on_post: Answer = (500, "text/plain", b"")) -> str:
        class Upstream(BaseHTTPRequestHandler):
            def _answer(self, answer: Answer) -> None:
                status, kind, body = answer
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                self._answer(on_get)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._answer(on_post)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/ada/model"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _packed(body: bytes) -> Answer:
    banded = b"%04x" % (len(body) + 5) + b"\1" + body
    return (200, "application/x-git-upload-pack-result", _line("NAK\n") + banded + b"0000")


@pytest.mark.parametrize(
    ("on_get", "on_post", "error"),
    [
        ((404, "text/plain", b"no"), ADVERTISED, UpstreamRefused),
        ((401, "text/plain", b"no"), ADVERTISED, UpstreamError),
        ((500, "text/plain", b"no"), ADVERTISED, UpstreamError),
        ((200, "text/html", b"<html>welcome</html>"), ADVERTISED, UpstreamError),
        ((200, ADVERTISED[1], b"zzzz"), ADVERTISED, UpstreamError),
        ((200, ADVERTISED[1], GREETING[:60]), ADVERTISED, UpstreamError),
        (ADVERTISED, (500, "text/plain", b"no"), UpstreamError),
        (ADVERTISED, _packed(b"no pack at all, whatever it says"), Corrupt),
        (ADVERTISED, _packed(b"PACK" + (2).to_bytes(4, "big") + (9).to_bytes(4, "big")), Corrupt),
    ],
    ids=["gone", "locked", "broken", "a page", "nonsense", "cut off", "no pack", "no real pack", "a cut pack"],
)
def test_an_upstream_that_misbehaves_leaves_no_mirror(
    serve: Callable[..., str], tmp_path: Path, on_get: Answer, on_post: Answer, error: type[EntrepotError]
) -> None:
    mirror = Mirror.of(tmp_path, serve(on_get, on_post), "a token", 5)
    with pytest.raises(error):
        mirror.update()
    assert mirror.age() is None
    assert list((mirror.folder / "objects" / "pack").iterdir()) == []


def test_an_upstream_that_is_away_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UpstreamUnavailable):
        Mirror.of(tmp_path, "http://127.0.0.1:9/ada/model", "", 1).update()


def test_what_nobody_fetched_for_long_is_swept(tmp_path: Path) -> None:
    mirrors = [Mirror.of(tmp_path / "hub", f"http://127.0.0.1:9/{number}", "", 1) for number in range(2)]
    for mirror in mirrors:
        mirror.folder.mkdir(parents=True)
        (mirror.folder / "entrepot-refs.json").write_text(json.dumps({"refs/heads/main": OID}))
    long_ago = time.time() - 100_000
    os.utime(mirrors[0].folder / "entrepot-refs.json", (long_ago, long_ago))
    assert sweep(tmp_path, 50_000) > 0
    assert mirrors[0].age() is None
    assert mirrors[1].refs() == {"refs/heads/main": OID}

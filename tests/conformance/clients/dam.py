"""A dam before an upstream: it passes everything on, but keeps back the end of some files until a test lets it go."""

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEPT_BACK = 2 << 20
"""More than the server lets nobody have before a file has landed, so that those who ask meanwhile get its beginning."""
PATIENCE = 120.0
PIECE = 64 << 10
_PASSED_ON = ("authorization", "accept", "content-type", "git-protocol", "range", "user-agent", "host")
_PER_CONNECTION = ("connection", "transfer-encoding", "keep-alive", "date", "server")


class Dam(ThreadingHTTPServer):
    """An upstream's door. `marked` stands in the paths of the files whose end is kept back while it is shut."""

    daemon_threads = True

    def __init__(self, port: int, marked: str) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.upstream = port
        self.marked = marked
        self.opened = threading.Event()
        self.filled: Counter[str] = Counter()
        """How often each file was sent up to the dam."""

    @property
    def origin(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Dam

    def do_GET(self) -> None:
        """One request there, one answer back."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.upstream, timeout=PATIENCE)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() in _PASSED_ON}
            upstream.request(self.command, self.path, body or None, headers)
            self._answer(upstream.getresponse())
        except OSError:
            self.close_connection = True  # who asked has left
        finally:
            upstream.close()

    do_HEAD = do_POST = do_GET

    def _answer(self, answer: http.client.HTTPResponse) -> None:
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _PER_CONNECTION:
                self.send_header(name, value)
        length = answer.getheader("content-length")
        self.send_header("Connection", "close")
        self.close_connection = True
        self.end_headers()
        if self.command == "HEAD":
            return
        # A glance asks for a range that ends somewhere; a fetch wants all that follows.
        is_fetch = self.server.marked in self.path and self.headers.get("range", "bytes=0-").endswith("-")
        left = int(length) if length else None
        while piece := answer.read(PIECE):
            if is_fetch and left is not None and left <= KEPT_BACK and not self.server.opened.is_set():
                self.server.filled[self.path.rpartition("/")[2]] += 1
                self.server.opened.wait(PATIENCE)
            self.wfile.write(piece)
            left = None if left is None else left - len(piece)

    def log_message(self, format: str, *args: object) -> None:
        """Tests say what went wrong themselves."""


@contextmanager
def damming(port: int, marked: str) -> Iterator[Dam]:
    """A dam before the server at that port of loopback, for as long as the context lasts."""
    dam = Dam(port, marked)
    thread = threading.Thread(target=dam.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield dam
    finally:
        dam.opened.set()
        dam.shutdown()
        thread.join()
        dam.server_close()

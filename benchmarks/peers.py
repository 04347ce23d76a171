"""What we are measured against: nginx with sendfile, and a server that only hashes what it is sent."""

import contextlib
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from live_server import free_port

NGINX = """
daemon off; pid {folder}/nginx.pid; worker_processes 2; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{ access_log off; sendfile on; tcp_nopush on; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
server {{ listen 127.0.0.1:{port}; root {root}; {more} }} }}
"""

HASHING = """
import asyncio, hashlib
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    hasher, loop, working = hashlib.sha256(), asyncio.get_running_loop(), None
    gathered, size, more = [], 0, True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        gathered.append(message.get("body", b""))
        size += len(gathered[-1])
        if size >= 1 << 20 or not more:
            if working is not None:
                await working
            working = loop.run_in_executor(None, hasher.update, b"".join(gathered))
            gathered, size = [], 0
    await working
    body = hasher.hexdigest().encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
"""


@contextlib.contextmanager
def nginx(folder: Path, root: Path, more: str = "") -> Iterator[str]:
    """nginx serving a folder; its origin."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, root=root, port=port, more=more))
    # The master drops to another user for its workers, who have to get at the files.
    command = ["nginx", "-c", str(folder / "nginx.conf"), "-g", "user root;"]
    with _running(command, f"http://127.0.0.1:{port}") as origin:
        yield origin


@contextlib.contextmanager
def hashing_server(folder: Path) -> Iterator[str]:
    """A Granian that hashes with SHA-256 what it is sent, and keeps nothing; its origin."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hashing.py").write_text(HASHING)
    options = ["--interface", "asgi", "--loop", "uvloop", "--runtime-mode", "st", "--http1-buffer-size", str(1 << 20)]
    command = [sys.executable, "-m", "granian", *options, "--port", str(port), "--log-level", "warning", "hashing:app"]
    with _running(command, f"http://127.0.0.1:{port}", cwd=folder) as origin:
        yield origin


@contextlib.contextmanager
def _running(command: list[str], origin: str, cwd: Path | None = None) -> Iterator[str]:
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(origin, timeout=1).read()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.05)
        yield origin
    finally:
        process.terminate()
        process.wait(30)

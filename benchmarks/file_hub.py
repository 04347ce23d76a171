"""A hub with one model of one file, which lies on disk: it counts what it sends of it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

COMMIT = "c" * 40
DATE = "2024-05-01T12:00:00.000Z"


class FileHub:
    """Speaks as much of the Hub's protocol as a remote repository asks; any package has the same file."""

    def __init__(self, path: Path, digest: str) -> None:
        self.path, self.digest = path, digest
        self.sent = 0
        self.origin = ""

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application()
        app.router.add_get("/api/models/{org}/{name}", self._info)
        app.router.add_get("/api/models/{org}/{name}/revision/{rev}", self._info)
        app.router.add_get("/api/models/{org}/{name}/tree/{rev}", self._tree)
        app.router.add_get("/{org}/{name}/resolve/{rev}/{path}", self._file)
        return app

    async def _info(self, request: web.Request) -> web.Response:
        name = f"{request.match_info['org']}/{request.match_info['name']}"
        said = {"id": name, "sha": COMMIT, "lastModified": DATE, "createdAt": DATE, "tags": [], "siblings": []}
        return web.json_response(said | {"private": False, "gated": False, "downloads": 0, "likes": 0})

    async def _tree(self, request: web.Request) -> web.Response:
        size = self.path.stat().st_size
        lfs = {"oid": self.digest, "size": size, "pointerSize": 134}
        return web.json_response([{"type": "file", "path": self.path.name, "oid": "d" * 40, "size": size, "lfs": lfs}])

    async def _file(self, request: web.Request) -> web.StreamResponse:
        size = self.path.stat().st_size
        headers = {"X-Repo-Commit": COMMIT, "X-Linked-Etag": f'"{self.digest}"', "X-Linked-Size": str(size)}
        headers["ETag"] = f'"{self.digest}"'
        if request.method == "HEAD":
            return web.Response(headers={**headers, "Content-Length": str(size)})
        part = request.http_range
        self.sent += (size if part.stop is None else part.stop) - (part.start or 0)
        return web.FileResponse(self.path, headers=headers, chunk_size=1 << 20)


@contextmanager
def serving(path: Path, digest: str) -> Iterator[FileHub]:
    """The hub, on a free port of loopback, in a thread of its own."""
    hub = FileHub(path, digest)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> web.AppRunner:
        runner = web.AppRunner(hub.app())
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        hub.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    try:
        yield hub
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

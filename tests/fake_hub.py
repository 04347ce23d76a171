"""A small hub on loopback that can be told to misbehave."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote

from aiohttp import web

from entrepot.domain.digest import Digest
from entrepot.domain.git import LfsPointer, blob_oid

Fault = Callable[[web.Request, bytes, "FakeFile"], Awaitable[web.StreamResponse | None]]


@dataclass
class FakeFile:
    """What the hub serves at a path; it may promise something else than it sends."""

    data: bytes
    lfs: bool = False
    etag: str = ""
    promised_size: int | None = None

    @property
    def size(self) -> int:
        return len(self.data) if self.promised_size is None else self.promised_size

    @property
    def promised_etag(self) -> str:
        if self.etag:
            return self.etag
        return hashlib.sha256(self.data).hexdigest() if self.lfs else blob_oid(self.data).hex


@dataclass
class FakeRepo:
    """One model: its files at each commit."""

    id: str
    commits: dict[str, dict[str, FakeFile]]
    head: str
    info: dict[str, object] = field(default_factory=dict)


class FakeHub:
    """The hub: what it has, what it was asked, and how it misbehaves next."""

    def __init__(self) -> None:
        self.repos: dict[str, FakeRepo] = {}
        self.moved: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        self.sent = 0
        """Bytes of files, without those of ranges that end before the file does: such a one is a glance."""
        self.glanced = 0
        self.tokens: list[str | None] = []
        self.faults: list[Fault] = []
        """Each is used for one GET of a file, in order."""
        self.api_status: list[tuple[int, dict[str, str]]] = []
        self.extra_tree: list[dict[str, object]] = []
        self.expanded: list[object] = []
        """What a list that is asked to tell last commits has instead of its lines."""
        self.cdn = ""
        self.page = 1000
        self.pause = 0.0
        self.url = ""
        self._runner: web.AppRunner | None = None
        self._port = 0

    def add(self, id: str, files: dict[str, FakeFile], commit: str = "a" * 40) -> FakeRepo:
        repo = self.repos.setdefault(id, FakeRepo(id, {}, commit))
        repo.commits[commit] = files
        repo.head = commit
        return repo

    async def start(self) -> None:
        app = web.Application(client_max_size=1 << 20)
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = site._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.tokens.append(request.headers.get("Authorization"))
        parts = [unquote(part) for part in request.rel_url.raw_path.strip("/").split("/")]
        if self.pause:
            await asyncio.sleep(self.pause)
        if parts[0] == "api":
            return self._api(request, parts)
        if "resolve" in parts:
            return await self._resolve(request, parts)
        return web.Response(status=404)

    def _api(self, request: web.Request, parts: list[str]) -> web.StreamResponse:
        self.asked["/".join(parts)] += 1
        if self.api_status:
            status, headers = self.api_status.pop(0)
            return web.json_response({"error": f"status {status}"}, status=status, headers=headers)
        if len(parts) == 2:
            return web.json_response([self._info(repo, repo.head) for repo in self.repos.values()])
        id = "/".join(parts[2:4])
        if id in self.moved:
            target = "/" + "/".join(["api", "models", self.moved[id], *parts[4:]])
            return web.Response(status=307, headers={"Location": target})
        repo = self.repos.get(id)
        if repo is None:
            return _error(404, "RepoNotFound", "Repository not found")
        what, rest = (parts[4], parts[5:]) if len(parts) > 4 else ("revision", ["main"])
        if what == "refs":
            ref = {"name": "main", "ref": "refs/heads/main", "targetCommit": repo.head}
            return web.json_response({"branches": [ref], "tags": [], "converts": []})
        commit = repo.head if rest[0] == "main" else rest[0]
        if commit not in repo.commits:
            return _error(404, "RevisionNotFound", f"Invalid rev id: {rest[0]}")
        if what == "tree":
            return self._tree(request, repo, commit, rest[1] if len(rest) > 1 else "")
        if what == "commits":
            return web.json_response([{"id": commit, "title": "t", "message": "", "authors": [], "date": _DATE}])
        return web.json_response(self._info(repo, commit))

    def _info(self, repo: FakeRepo, commit: str) -> dict[str, object]:
        return {"id": repo.id, "sha": commit, "lastModified": _DATE, "createdAt": _DATE, **repo.info}

    def _tree(self, request: web.Request, repo: FakeRepo, commit: str, folder: str) -> web.StreamResponse:
        lines = [_line(path, file) for path, file in sorted(repo.commits[commit].items())] + self.extra_tree
        folders = sorted({path.rpartition("/")[0] for path in repo.commits[commit]} - {""})
        lines += [{"type": "directory", "path": path, "oid": "d" * 40, "size": 0} for path in folders]
        lines = [line for line in lines if line["path"].startswith(folder + "/" if folder else "")]
        if request.query["recursive"] != "true":
            start = len(folder) + 1 if folder else 0
            lines = [line for line in lines if "/" not in line["path"][start:]]
        if folder and not lines:
            return _error(404, "EntryNotFound", "Entry not found")
        at = int(request.query.get("cursor", "0"))
        headers = {}
        if at + self.page < len(lines):
            headers["Link"] = f'<{self.url}{request.path}?cursor={at + self.page}>; rel="next"'
        if request.query.get("expand") == "true":
            made = {"id": commit, "title": f"made {folder or 'it'}", "date": _DATE}
            lines = self.expanded or [line | {"lastCommit": made} for line in lines]
        return web.json_response(lines[at : at + self.page], headers=headers)

    async def _resolve(self, request: web.Request, parts: list[str]) -> web.StreamResponse:
        at = parts.index("resolve")
        id, commit, path = "/".join(parts[:at]), parts[at + 1], "/".join(parts[at + 2 :])
        glances = _range_of(request)[1] is not None
        self.asked[f"{'GLANCE' if glances else request.method} {path}"] += 1
        if id in self.moved:
            target = request.rel_url.raw_path.replace(id, self.moved[id])
            return web.Response(status=307, headers={"Location": target})
        file = self.repos[id].commits.get(commit, {}).get(path)
        if file is None:
            return _error(404, "EntryNotFound", "Entry not found", {"X-Repo-Commit": commit})
        if self.cdn and file.lfs:
            named = {
                "X-Repo-Commit": commit,
                "X-Linked-Etag": f'"{file.promised_etag}"',
                "X-Linked-Size": f"{file.size}",
            }
            return web.Response(status=302, headers={"Location": f"{self.cdn}/{request.rel_url.raw_path}", **named})
        return await self.send(request, commit, file)

    async def send(self, request: web.Request, commit: str, file: FakeFile) -> web.StreamResponse:
        named = {"X-Repo-Commit": commit, "ETag": f'"{file.promised_etag}"', "X-Xet-Hash": "f" * 64}
        if request.method == "HEAD":
            return web.Response(headers={**named, "Content-Length": str(file.size)})
        start, end = _range_of(request)
        body = file.data[start:end]
        if self.faults and end is None:
            answered = await self.faults.pop(0)(request, body, file)
            if answered is not None:
                return answered
        ranged = "Range" in request.headers
        response = web.StreamResponse(status=206 if ranged else 200, headers=named)
        response.content_length = len(body)
        if ranged:
            response.headers["Content-Range"] = f"bytes {start}-{start + len(body) - 1}/{len(file.data)}"
        await response.prepare(request)
        for offset in range(0, len(body), 1 << 18):
            await response.write(body[offset : offset + (1 << 18)])
            if end is None:
                self.sent += len(body[offset : offset + (1 << 18)])
            else:
                self.glanced += len(body[offset : offset + (1 << 18)])
        return response


_DATE = "2024-05-01T12:00:00.000Z"


def _range_of(request: web.Request) -> tuple[int, int | None]:
    """Where the wanted bytes begin, and end; None where all that follows is wanted."""
    first, _, last = request.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
    return int(first), int(last) + 1 if last else None


def _line(path: str, file: FakeFile) -> dict[str, object]:
    if not file.lfs:
        return {"type": "file", "path": path, "oid": file.promised_etag, "size": file.size}
    digest = Digest(file.promised_etag)
    pointer = LfsPointer(digest, file.size)
    lfs = {"oid": digest.hex, "size": file.size, "pointerSize": pointer.pointer_size}
    return {"type": "file", "path": path, "oid": pointer.oid.hex, "size": file.size, "lfs": lfs, "xetHash": "f" * 64}


def _error(status: int, code: str, message: str, more: dict[str, str] | None = None) -> web.Response:
    headers = {"X-Error-Code": code, "X-Error-Message": message, **(more or {})}
    return web.json_response({"error": message}, status=status, headers=headers)


def cut_after(count: int) -> Fault:
    """Announces all of it, sends `count` bytes, and drops the connection."""

    async def fault(request: web.Request, body: bytes, file: FakeFile) -> web.StreamResponse:
        response = web.StreamResponse(status=206 if "Range" in request.headers else 200)
        response.content_length = len(body)
        if "Range" in request.headers:
            start = len(file.data) - len(body)
            response.headers["Content-Range"] = f"bytes {start}-{len(file.data) - 1}/{len(file.data)}"
        await response.prepare(request)
        await response.write(body[:count])
        await asyncio.sleep(0.05)
        if request.transport is not None:
            request.transport.abort()
        return response

    return fault


def stall_after(count: int, until: asyncio.Event) -> Fault:
    """Sends `count` bytes, and then nothing until the event."""

    async def fault(request: web.Request, body: bytes, file: FakeFile) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = len(body)
        await response.prepare(request)
        await response.write(body[:count])
        await until.wait()
        await response.write(body[count:])
        return response

    return fault


def refuse(status: int, **headers: str) -> Fault:
    """Answers with a status instead of bytes."""

    async def fault(request: web.Request, body: bytes, file: FakeFile) -> web.StreamResponse:
        return web.Response(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return fault


@asynccontextmanager
async def running_hub() -> AsyncIterator[FakeHub]:
    """A hub that listens for as long as the block lasts."""
    hub = FakeHub()
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()

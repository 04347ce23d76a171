"""Uploads: which files go which way, and the commit that names them."""

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response

from entrepot.domain.attributes import Attributes, IgnoreRules, upload_mode
from entrepot.domain.changes import CopyFile, DeleteFile, DeleteFolder
from entrepot.domain.digest import Digest
from entrepot.domain.errors import Invalid, TooLarge
from entrepot.domain.names import FilePath, RefName
from entrepot.http.receive import read_json, stream
from entrepot.http.routes import Call
from entrepot.operations import discuss, manage
from entrepot.operations.manage import Workplace
from entrepot.operations.peruse import standing
from entrepot.operations.publish import Draft, InlineFile, Item, LargeFile, largest_regular, publish
from entrepot.protocols.huggingface import names

MAX_PREUPLOAD = 8 << 20
MAX_ATTRIBUTES = 4 << 20
MAX_ASKED = 1000
"""How many files one preupload may ask about; clients ask about 256 at once."""
ROOM = 2 << 20
"""What a line of a commit may have beside one regular file: its path, or the commit's message."""
OLD_CLIENTS = ("hf_hub/0.", *(f"hf_hub/1.{minor}." for minor in range(20)))
"""These crash on an upload that changes nothing, unless they are left to make the commit."""


async def preupload(call: Call) -> Response:
    """For each file whether it travels with the commit or before it, and whether the client should leave it out."""
    here = await _workplace(call)
    body = await read_json(call.request, MAX_PREUPLOAD)
    asked = body.get("files", [])
    if not isinstance(asked, list) or len(asked) > MAX_ASKED:
        raise Invalid(f"'files' has to be a list of at most {MAX_ASKED} files")
    ref = call.params["rev"] if not _opens_pull_request(call) else "main"
    there = await standing(call.registry, here.repository, here.package, ref)
    attributes, ignored = await there.text(".gitattributes", MAX_ATTRIBUTES), str(body.get("gitIgnore") or "")
    present = {} if _is_old(call) else {path: file.etag for path, file in there.files.items()}
    largest = largest_regular(call.registry)

    def judge() -> list[dict[str, Any]]:
        rules = _Rules(Attributes(attributes), IgnoreRules(ignored), present, largest)
        return [rules.judge(item) for item in asked]

    # Patterns can be made to take milliseconds for each path.
    return JSONResponse({"files": await asyncio.to_thread(judge)})


def _is_old(call: Call) -> bool:
    agent = call.request.headers.get("user-agent", "")
    return any(mark in agent for mark in OLD_CLIENTS)


@dataclass(frozen=True, slots=True)
class _Rules:
    attributes: Attributes
    ignored: IgnoreRules
    present: Mapping[str, str]
    largest: int

    def judge(self, item: object) -> dict[str, Any]:
        """What the client should do with one file."""
        if not isinstance(item, dict) or not isinstance(item.get("path"), str):
            raise Invalid("each file of a preupload needs a 'path'")
        path, size = FilePath(item["path"]).text, item.get("size", 0)
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise Invalid(f"{path}: 'size' has to be a number of bytes")
        mode = upload_mode(path, size, _sample(path, item.get("sample", "")), self.attributes, self.largest)
        answer = {"path": path, "uploadMode": mode, "shouldIgnore": self.ignored.ignores(path)}
        return answer | ({"oid": self.present[path]} if path in self.present else {})


def _sample(path: str, text: object) -> bytes:
    try:
        return base64.b64decode(str(text or ""), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid(f"{path}: 'sample' is not base64") from None


def _opens_pull_request(call: Call) -> bool:
    return call.flag("create_pr")


async def _workplace(call: Call) -> Workplace:
    return await manage.workplace(call.registry, names.repository(call), names.package(call), call.actor)


async def commit(call: Call) -> Response:
    """A commit, its lines read one by one: nothing of it is visible until all of it is."""
    here = await _workplace(call)
    lines = _lines(call)
    header = await _header(lines)
    branch, url = RefName.branch(call.params["rev"]), ""
    if _opens_pull_request(call):
        opened = await discuss.open_pull_request(call.registry, here, header.title, header.description, call.actor)
        branch = opened.branch
        url = f"{names.page_url(call.base, here.package.name)}/discussions/{opened.number}"
    draft = Draft(here.package, branch, header.message, header.parent, _items(lines))
    revision = await publish(call.registry, here.repository, call.actor, draft)
    page = names.page_url(call.base, here.package.name)
    answer = {"success": True, "commitOid": revision.commit.hex, "commitUrl": f"{page}/commit/{revision.commit}"}
    return JSONResponse(answer | ({"pullRequestUrl": url} if url else {}))


@dataclass(frozen=True, slots=True)
class _Header:
    title: str
    description: str
    parent: str

    @property
    def message(self) -> str:
        return f"{self.title}\n\n{self.description}" if self.description else self.title


@dataclass(slots=True)
class _Reader:
    """Cuts a stream into lines, none longer than the limit."""

    limit: int
    rest: bytearray = field(default_factory=bytearray)

    def take(self, piece: bytes) -> list[bytes]:
        """The lines that end in this piece."""
        self.rest += piece
        lines: list[bytes] = []
        if b"\n" in piece:
            *lines, rest = bytes(self.rest).split(b"\n")
            self.rest = bytearray(rest)
        if max(map(len, [*lines, self.rest])) > self.limit:
            raise TooLarge(f"a line of the commit has more than {self.limit} bytes; upload large files before it")
        return lines


async def _lines(call: Call) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
    # Twice: base64 takes a third more, and JSON may write some characters in several.
    reader, number = _Reader(2 * largest_regular(call.registry) + ROOM), 0
    async for piece in stream(call.request):
        for line in reader.take(piece):
            number += 1
            if line.strip():
                yield _parsed(line, number)
    if reader.rest.strip():
        yield _parsed(bytes(reader.rest), number + 1)


def _parsed(line: bytes, number: int) -> tuple[str, Mapping[str, Any]]:
    try:
        value = json.loads(line)
        key, content = value["key"], value["value"]
    except (ValueError, RecursionError, TypeError, KeyError):
        raise Invalid(f"line {number} of the commit is not a JSON object with 'key' and 'value'") from None
    if not isinstance(key, str) or not isinstance(content, dict):
        raise Invalid(f"line {number} of the commit needs a word as its 'key' and an object as its 'value'")
    return key, content


async def _header(lines: AsyncIterator[tuple[str, Mapping[str, Any]]]) -> _Header:
    async for key, value in lines:
        if key != "header":
            break
        title = str(value.get("summary") or "").strip() or "Upload files"
        return _Header(title, str(value.get("description") or "").strip(), str(value.get("parentCommit") or ""))
    raise Invalid("a commit begins with its header")


async def _items(lines: AsyncIterator[tuple[str, Mapping[str, Any]]]) -> AsyncIterator[Item]:
    async for key, value in lines:
        path = FilePath(
            str(value.get("path", "")).rstrip("/") if key == "deletedFolder" else str(value.get("path", ""))
        )
        match key:
            case "file":
                yield InlineFile(path, _content(path, value))
            case "lfsFile":
                yield _large(path, value)
            case "deletedFile":
                yield DeleteFile(path)
            case "deletedFolder":
                yield DeleteFolder(path)
            case "copyFile":
                yield CopyFile(path, FilePath(str(value.get("srcPath", ""))), str(value.get("srcRevision") or ""))
            case _:
                raise Invalid(f"{path}: a commit has no operation {key[:40]!r}")


def _content(path: FilePath, value: Mapping[str, Any]) -> bytes:
    text, encoding = value.get("content"), value.get("encoding", "utf-8")
    if not isinstance(text, str) or encoding not in ("base64", "utf-8"):
        raise Invalid(f"{path}: 'content' has to be a text, and 'encoding' base64 or utf-8")
    try:
        return base64.b64decode(text, validate=True) if encoding == "base64" else text.encode()
    except (binascii.Error, ValueError):
        raise Invalid(f"{path}: the content is not {encoding}") from None


def _large(path: FilePath, value: Mapping[str, Any]) -> LargeFile:
    size = value.get("size")
    if value.get("algo", "sha256") != "sha256":
        raise Invalid(f"{path}: large files are named by their sha256")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise Invalid(f"{path}: 'size' has to be a number of bytes")
    return LargeFile(path, Digest(str(value.get("oid", ""))), size)

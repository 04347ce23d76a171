"""Files elsewhere, read by ranges: of a 10 GB model, what the verdict needs."""

import http.client
import json
import re
import ssl
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit

from entrepot import __version__
from entrepot.commands import Failed, Wrong

BLOCK = 64 << 10
"""Bytes that are fetched at least, so that a hundred small reads are one request."""
_KEPT = 256
"""Blocks kept: 16 MiB."""
_MAX_REDIRECTS = 10
_MAX_LIST = 64 << 20
_TIMEOUT_SECONDS = 60
_TRIES = 3
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_HUB = re.compile(r"(?:(datasets|spaces|models)/)?([^/@]+/[^/@]+|[^/@]+)(?:@([^/]+))?(?:/(.+))?")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to read by ranges; `path` is what reports call it."""

    path: str
    url: str


@dataclass(slots=True)
class Web:
    """Connections that are kept open, and what was fetched over them."""

    token: str = ""
    """Sent to the origin that was typed, and to no other."""
    origin: str = ""
    fetched: int = 0
    _open: dict[tuple[str, str], http.client.HTTPConnection] = field(default_factory=dict)

    def get(self, url: str, headers: Mapping[str, str]) -> tuple[http.client.HTTPResponse, str]:
        """The answer and the address that gave it, after redirects. Raises `OSError`."""
        for _ in range(_MAX_REDIRECTS):
            answer = self._ask(url, headers)
            if answer.status not in (301, 302, 303, 307, 308):
                return answer, url
            answer.read()
            url = urljoin(url, answer.headers.get("Location", ""))
        raise OSError(f"more than {_MAX_REDIRECTS} redirects")

    def close(self) -> None:
        """Let the connections go."""
        for connection in self._open.values():
            connection.close()

    def _ask(self, url: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        parts = urlsplit(url)
        sent = {"User-Agent": f"entrepot/{__version__}", "Accept-Encoding": "identity", **headers}
        if self.token and f"{parts.scheme}://{parts.netloc}" == self.origin:
            sent["Authorization"] = f"Bearer {self.token}"
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        for attempt in range(_TRIES):
            connection = self._connection(parts.scheme, parts.netloc)
            try:
                connection.request("GET", path, headers=sent)
                return connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if attempt == _TRIES - 1:
                    raise OSError(f"{parts.netloc} can't be reached: {error}") from None
        raise AssertionError("the loop returns or raises")

    def _connection(self, scheme: str, host: str) -> http.client.HTTPConnection:
        if scheme not in ("http", "https") or not host:
            raise OSError(f"refers to {scheme}://{host}, which is no address on the web")
        if (scheme, host) not in self._open:
            self._open[scheme, host] = (
                http.client.HTTPSConnection(host, timeout=_TIMEOUT_SECONDS, context=ssl.create_default_context())
                if scheme == "https"
                else http.client.HTTPConnection(host, timeout=_TIMEOUT_SECONDS)
            )
        return self._open[scheme, host]


class RangeSource:
    """A file on the web as a `Source`: blocks are fetched when somebody reads them."""

    def __init__(self, web: Web, url: str) -> None:
        """Asks for the first block. Raises `OSError`, also where the server can't send ranges."""
        self._web = web
        self._url = self._final = url
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._tag: str | None = None
        self._size = -1
        self._fetch(0, 1)

    @property
    def size(self) -> int:
        return self._size

    def read(self, offset: int, size: int) -> bytes:
        size = max(0, min(size, self._size - offset))
        if not size:
            return b""
        first, last = offset // BLOCK, (offset + size - 1) // BLOCK
        if last - first >= _KEPT // 2:
            return self._range(offset, offset + size)
        missing = [block for block in range(first, last + 1) if block not in self._blocks]
        if missing:
            self._fetch(missing[0], missing[-1] - missing[0] + 1)
        data = b"".join(self._blocks[block] for block in range(first, last + 1))
        return data[offset - first * BLOCK : offset - first * BLOCK + size]

    def _fetch(self, block: int, count: int) -> None:
        start = block * BLOCK
        data = self._range(start, start + count * BLOCK)
        for number in range(count):
            self._blocks[block + number] = data[number * BLOCK : (number + 1) * BLOCK]
        while len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)

    def _range(self, start: int, end: int) -> bytes:
        headers = {"Range": f"bytes={start}-{end - 1}"}
        answer, self._final = self._web.get(self._final, headers)
        if answer.status in (401, 403, 404, 410) and self._final != self._url and self._size >= 0:
            answer.read()  # a signed address that has expired: the first one knows a new one
            answer, self._final = self._web.get(self._url, headers)
        if answer.status == 416 and self._size < 0:
            answer.read()
            self._size = 0
            return b""
        return self._body(answer, start, end)

    def _body(self, answer: http.client.HTTPResponse, start: int, end: int) -> bytes:
        match = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if answer.status != 206 or not match:
            raise _refusal(answer)
        size, tag = int(match[3]), answer.headers.get("ETag")
        if int(match[1]) != start or (self._size >= 0 and (size, tag) != (self._size, self._tag)):
            raise OSError("the file changed while it was read")
        self._size, self._tag = size, tag
        try:
            data = answer.read(end - start)
        except http.client.HTTPException as error:
            raise OSError(f"the answer broke off: {error}") from None
        if len(data) != min(end, size) - start:
            raise OSError("the answer broke off")
        self._web.fetched += len(data)
        answer.read(1)
        return data


def _refusal(answer: http.client.HTTPResponse) -> OSError:
    why = answer.headers.get("X-Error-Message") or answer.reason
    answer.close()
    if answer.status == 200:
        return OSError("the server sends no ranges; download the file and scan it here")
    return OSError(f"the server answered {answer.status} {why}")


def files_at(address: str, web: Web, endpoint: str) -> Iterator[RemoteFile]:
    """What an address stands for: one file for http(s), a revision's files for `hf://`. Raises `Failed`, `Wrong`."""
    if not address.startswith("hf://"):
        parts = urlsplit(address)
        if not parts.hostname:
            raise Wrong(f"{address} is no address; write https://host/path")
        yield RemoteFile(address, address)
        return
    match = _HUB.fullmatch(address.removeprefix("hf://").rstrip("/"))
    if not match:
        raise Wrong(
            f"{address} is no address of a package; write hf://org/name, hf://org/name@revision or hf://datasets/org/name"
        )
    kind, name, revision, below = match[1] or "models", match[2], match[3] or "main", match[4]
    commit, paths = _listed(web, f"{endpoint}/api/{kind}/{name}/revision/{quote(revision, safe='')}", address)
    prefix = "" if kind == "models" else f"{kind}/"
    chosen = [path for path in paths if not below or path == below or path.startswith(f"{below}/")]
    if not chosen:
        raise Wrong(f"{address}: there is no such file in that revision")
    for path in chosen:
        url = f"{endpoint}/{prefix}{name}/resolve/{quote(commit or revision, safe='')}/{quote(path)}"
        yield RemoteFile(address if path == below else f"hf://{prefix}{name}@{revision}/{path}", url)


def _listed(web: Web, url: str, address: str) -> tuple[str, list[str]]:
    """The commit of a revision and the paths in it."""
    try:
        answer, _ = web.get(url, {})
        body = answer.read(_MAX_LIST)
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"{address}: {error}") from None
    if answer.status != 200:
        why = answer.headers.get("X-Error-Message") or answer.reason
        raise Failed(f"{address}: the server answered {answer.status} {why}")
    web.fetched += len(body)
    try:
        found = json.loads(body)
        names = [str(entry["rfilename"]) for entry in found["siblings"]]
        return str(found.get("sha") or ""), names
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise Failed(f"{address}: {url} does not answer as a hub does") from None

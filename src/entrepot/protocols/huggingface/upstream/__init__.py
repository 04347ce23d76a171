"""Upstreams that speak the Hub's protocol: huggingface.co, its mirrors, and other registries like this one."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from entrepot.catalog.search import Query
from entrepot.domain.content import File, Folder, Package, Ref, Revision
from entrepot.domain.digest import GitOid
from entrepot.domain.errors import FileNotFound, Invalid, NotFound, PackageNotFound, UpstreamRefused
from entrepot.domain.names import FilePath, PackageName, PackageType, RepositoryKey
from entrepot.protocols.huggingface.upstream import parse
from entrepot.protocols.huggingface.upstream.parse import suspicion
from entrepot.protocols.huggingface.upstream.pool import Pool
from entrepot.protocols.huggingface.upstream.refusals import Unexplained
from entrepot.protocols.huggingface.upstream.wire import Reply, Wire
from entrepot.repositories.upstream import Page

MAX_ENTRIES = 1_000_000
"""The longest listing that is put together; beyond it an upstream is broken, or wants our memory."""
HISTORY_PAGE = 1000
MAX_PAGE = 1000
"""How many lines of one page are read."""
NOT_FILTERS = frozenset({"full", "config", "cardData", "expand", "expand[]", "limit", "cursor", "sort", "direction"})
"""Parameters of lists that would change their shape rather than what is found."""


class HubUpstream:
    """One upstream, by the URL that people would set as their `HF_ENDPOINT`."""

    def __init__(self, pool: Pool, key: RepositoryKey, url: str, token: str) -> None:
        self._key = key
        self._wire = Wire(pool, url, token)

    async def describe(self, name: PackageName, ref: str | None) -> Revision:
        path = _api(name) + (f"/revision/{_segment(ref)}" if ref else "")
        what = f"{name} at {ref}" if ref else str(name)
        try:
            said, _ = await self._wire.json(path, [], what)
        except Unexplained as missing:
            if not str(missing):
                raise UpstreamRefused(f"{self._wire.host} does not speak the Hub's protocol", 404) from None
            raise PackageNotFound(str(missing)) from None
        with suspicion(what):
            return parse.revision(self._key, name.type, said)

    async def head(self, name: PackageName, commit: GitOid, path: FilePath) -> File:
        what = f"{name}/{path} at {commit}"
        try:
            hops = await self._wire.head(_resolve(name, commit, path), what)
        except Unexplained:
            raise await self._explained(name, commit, f"there is no file {path}") from None
        with suspicion(what):
            return parse.file(path, commit, hops)

    async def tree(
        self, name: PackageName, commit: GitOid, folder: FilePath | None, recursive: bool
    ) -> list[File | Folder]:
        path = f"{_api(name)}/tree/{commit}" + (f"/{_segment(folder.text)}" if folder else "")
        what = f"the files of {name} at {commit}"
        query = [("recursive", "true" if recursive else "false"), ("expand", "false")]
        try:
            lines = await self._pages(path, query, what, MAX_ENTRIES + 1)
        except Unexplained:
            raise await self._explained(name, commit, f"there is no folder {folder or '/'}") from None
        if len(lines) > MAX_ENTRIES:
            raise UpstreamRefused(f"{what} are more than {MAX_ENTRIES}", 502)
        with suspicion(what):
            entries = [parse.entry(line) for line in lines]
            return list({item.path: item for item in entries}.values())

    async def last_changes(
        self, package: Package, commit: GitOid, folder: FilePath | None
    ) -> Mapping[FilePath, Revision]:
        path = f"{_api(package.name)}/tree/{commit}" + (f"/{_segment(folder.text)}" if folder else "")
        what = f"the last commits of {package.name} at {commit}"
        query = [("recursive", "false"), ("expand", "true")]
        said, _ = await self._known(package.name, lambda: self._wire.json(path, query, what))
        with suspicion(what):
            return dict(parse.last_change(package, line) for line in said[:MAX_PAGE] if line.get("lastCommit"))

    async def _explained(self, name: PackageName, commit: GitOid, missing: str) -> NotFound | UpstreamRefused:
        """What a 404 without a word means: the package, the revision, or what is in it."""
        found = await self.describe(name, commit.hex)
        return FileNotFound(f"{missing} in {found.package.name} at {commit}", commit.hex)

    async def _pages(self, path: str, query: Sequence[tuple[str, str]], what: str, enough: int) -> list[Any]:
        lines: list[Any] = []
        cursor = ""
        while True:
            page, headers = await self._wire.json(path, [*query, ("cursor", cursor)] if cursor else query, what)
            with suspicion(what):
                if not isinstance(page, list):
                    raise TypeError
                lines += page
                before, cursor = cursor, parse.next_cursor(headers)
            if not cursor or len(lines) >= enough:
                return lines
            if not page or cursor == before:
                raise UpstreamRefused(f"the list of {what} has no end", 502)

    async def refs(self, name: PackageName) -> list[Ref]:
        what = f"the branches and tags of {name}"
        said = await self._known(name, lambda: self._wire.json(f"{_api(name)}/refs", [("include_prs", "1")], what))
        with suspicion(what):
            return parse.refs(said[0])

    async def history(self, package: Package, ref: str, limit: int) -> list[Revision]:
        what = f"the history of {package.name} at {ref}"
        query = [("limit", str(min(limit, HISTORY_PAGE)))]
        path = f"{_api(package.name)}/commits/{_segment(ref)}"
        lines = await self._known(package.name, lambda: self._pages(path, query, what, limit))
        with suspicion(what):
            return [parse.commit(package, line) for line in lines[:limit]]

    async def _known(self, name: PackageName, ask: Callable[[], Any]) -> Any:
        try:
            return await ask()
        except Unexplained:
            await self.describe(name, None)
            raise UpstreamRefused(f"{self._wire.host} does not tell this about {name}", 404) from None

    async def search(self, query: Query, cursor: str) -> Page:
        what = f"the list of {query.type.plural}"
        try:
            said, headers = await self._wire.json(f"/api/{query.type.plural}", _parameters(query, cursor), what)
        except (Unexplained, NotFound):
            raise UpstreamRefused(f"{self._wire.host} has no {what}", 404) from None
        with suspicion(what):
            return Page(self._listed(query.type, said), parse.next_cursor(headers))

    def _listed(self, kind: PackageType, said: Sequence[Mapping[str, Any]]) -> list[Package]:
        found = []
        for line in said:
            try:
                with suspicion("a package"):
                    found.append(parse.package(self._key, kind, line))
            except UpstreamRefused:
                # Names that can't be written here could not be asked for either.
                continue
        return found

    async def tags_by_type(self, kind: PackageType) -> Mapping[str, object]:
        try:
            said, _ = await self._wire.json(f"/api/{kind.plural}-tags-by-type", [], "the tags")
        except (Unexplained, NotFound):
            return {}
        with suspicion("the tags"):
            return parse.tags(said)

    async def open(
        self, name: PackageName, commit: GitOid, file: File, start: int, end: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        what = f"{name}/{file.path} at {commit}"
        headers = {"Range": f"bytes={start}-{'' if end is None else end - 1}"} if start or end is not None else {}
        left = (file.size if end is None else min(end, file.size)) - start
        try:
            async with self._wire.exchange("GET", _resolve(name, commit, file.path), what, headers=headers) as reply:
                with suspicion(what):
                    skip = _skip(reply, file, start)
                if skip and end is not None:
                    raise UpstreamRefused(f"{self._wire.host} sends no part of {what} by itself", 502)
                async for piece in reply.response.content.iter_any():
                    if skip < len(piece):
                        yield piece[skip:] if skip else piece
                    left -= max(0, len(piece) - skip)
                    skip = max(0, skip - len(piece))
                    if left <= 0 and end is not None:
                        return
        except Unexplained:
            raise await self._explained(name, commit, f"there is no file {file.path}") from None


def _skip(reply: Reply, file: File, start: int) -> int:
    """How much of the body comes before `start`; raises `Invalid` where the body is not the file's."""
    parse.same_file(file, reply.hops)
    response = reply.response
    if response.status == 206:
        if parse.range_start(response.headers.get("Content-Range", ""), file.size) != start:
            raise ValueError(start)
        return 0
    length = response.headers.get("Content-Length")
    if response.status != 200 or (length is not None and length != str(file.size)):
        raise Invalid(f"{file.size} bytes were promised, and {length} are being sent")
    return start


def _parameters(query: Query, cursor: str) -> list[tuple[str, str]]:
    named = [("search", query.text), ("author", query.namespace), ("cursor", cursor)]
    parameters = [(name, value) for name, value in named if value]
    parameters += [("filter", tag) for tag in query.tags]
    parameters += [("sort", query.order), ("direction", "-1"), ("limit", str(query.limit))]
    return parameters + [(name, value) for name, value in query.more if name not in NOT_FILTERS]


def _api(name: PackageName) -> str:
    return f"/api/{name.type.plural}/{name.id}"


def _resolve(name: PackageName, commit: GitOid, path: FilePath) -> str:
    prefix = "" if name.type is PackageType.MODEL else f"{name.type.plural}/"
    return f"/{prefix}{name.id}/resolve/{commit}/{quote(path.text, safe='/')}"


def _segment(text: str) -> str:
    return quote(text, safe="")

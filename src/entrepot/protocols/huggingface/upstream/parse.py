"""What an upstream says, as values of the domain. Nothing here believes it: all that is wrong is `UpstreamRefused`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from yarl import URL

from entrepot.domain.content import Author, File, Folder, Json, Package, Ref, Revision
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import Invalid, UpstreamRefused
from entrepot.domain.git import LfsPointer
from entrepot.domain.names import FilePath, PackageName, PackageType, RefName, RepositoryKey
from entrepot.protocols.huggingface.upstream.facts import facts_of
from entrepot.protocols.huggingface.upstream.wire import Hop

MAX_SIZE = 1 << 62
"""Beyond what any disk holds, and within what the catalog can count."""
MAX_CURSOR = 2048
MAX_TEXT = 64 << 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEXT = re.compile(r'<([^<>]{1,8192})>\s*;\s*rel="?next"?')


@contextmanager
def suspicion(what: str) -> Iterator[None]:
    """Turns everything that malformed answers cause into `UpstreamRefused`."""
    try:
        yield
    except (Invalid, KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        reason = str(error) if isinstance(error, Invalid) else type(error).__name__
        raise UpstreamRefused(f"what upstream says about {what} makes no sense: {reason}", 502) from None


def package(key: RepositoryKey, kind: PackageType, said: Mapping[str, Any]) -> Package:
    """The package that a description is of, under the name that it has upstream."""
    created = _moment(said.get("createdAt"), _EPOCH)
    gated = said.get("gated")
    return Package(
        repository=key,
        name=PackageName.parse(kind, _text(said["id"] if "id" in said else said["modelId"])),
        created_at=created,
        updated_at=_moment(said.get("lastModified"), created),
        private=said.get("private") is True,
        gated=gated if gated in ("auto", "manual") else "auto" if gated else "",
        downloads=_count(said.get("downloads")),
        likes=_count(said.get("likes")),
        facts=facts_of(said),
    )


def revision(key: RepositoryKey, kind: PackageType, said: Mapping[str, Any]) -> Revision:
    """The revision that a description is of."""
    described = package(key, kind, said)
    return Revision(described, GitOid(said["sha"]), described.updated_at)


def entry(said: Mapping[str, Any]) -> File | Folder:
    """One line of a tree."""
    path, oid = FilePath(_text(said["path"])), GitOid(said["oid"])
    if said["type"] == "directory":
        return Folder(path, oid)
    if said["type"] != "file":
        raise Invalid(f"{path} is neither a file nor a directory")
    lfs = said.get("lfs")
    if lfs is None:
        return File(path, _size(said["size"]), oid)
    # Older hubs prefix the digest with its algorithm.
    return File(path, _size(lfs["size"]), oid, Digest(_text(lfs["oid"]).removeprefix("sha256:")))


def file(path: FilePath, commit: GitOid, hops: Sequence[Hop]) -> File:
    """The file that the answers to a HEAD tell of; identity comes from upstream itself, never from a CDN."""
    home = [hop.headers for hop in hops if hop.at_home]
    told = _first(home, "X-Repo-Commit")
    if told != commit.hex:
        raise Invalid(f"{path} was asked for at {commit}, and upstream answered for {told[:40] or 'no commit'}")
    etag = (_first(home, "X-Linked-Etag") or _first(home, "ETag")).removeprefix("W/").strip('"')
    size = _size_text(_first(home, "X-Linked-Size") or _length(hops))
    if len(etag) == 64:
        digest = Digest(etag)
        return File(path, size, LfsPointer(digest, size).oid, digest)
    return File(path, size, GitOid(etag))


def _first(headers: Sequence[Mapping[str, str]], name: str) -> str:
    return next((one[name] for one in headers if name in one), "")


def _length(hops: Sequence[Hop]) -> str:
    return next((hop.headers.get("Content-Length", "") for hop in hops if hop.is_last), "")


def same_file(wanted: File, hops: Sequence[Hop]) -> None:
    """Go on, or raise `Invalid` where upstream names another file than the one that is wanted."""
    home = [hop.headers for hop in hops if hop.at_home]
    etag = (_first(home, "X-Linked-Etag") or _first(home, "ETag")).removeprefix("W/").strip('"')
    if len(etag) in (40, 64) and etag != wanted.etag:
        raise Invalid(f"{wanted.path} has become another file")


def refs(said: Mapping[str, Any]) -> list[Ref]:
    """Every ref that can be named here; others could not be asked for."""
    found: dict[str, Ref] = {}
    for group in ("branches", "tags", "converts", "pullRequests"):
        for line in said.get(group) or ():
            ref = _ref(line)
            if ref is not None:
                found[ref.name.text] = ref
    return [found[name] for name in sorted(found)]


def _ref(line: Mapping[str, Any]) -> Ref | None:
    commit = GitOid(line["targetCommit"])
    try:
        return Ref(RefName(_text(line["ref"])), commit)
    except Invalid:
        return None


def commit(described: Package, said: Mapping[str, Any]) -> Revision:
    """One line of a history."""
    people = [person for person in said.get("authors") or () if isinstance(person, dict)]
    return Revision(
        package=described,
        commit=GitOid(said["id"]),
        date=_moment(said.get("date"), _EPOCH),
        title=_text(said.get("title") or ""),
        message=_text(said.get("message") or ""),
        authors=tuple(Author(_text(person.get("user") or "")) for person in people[:100]),
    )


def last_change(described: Package, said: Mapping[str, Any]) -> tuple[FilePath, Revision]:
    """What stands at a line of a tree, and the commit that made it what it is."""
    return FilePath(_text(said["path"])), commit(described, said["lastCommit"])


def tags(said: Mapping[str, Any]) -> dict[str, Json]:
    """Tags by their group, as far as they have the usual shape."""
    return {
        _text(group): [_tag(tag) for tag in members if isinstance(tag, dict)]
        for group, members in said.items()
        if isinstance(members, list)
    }


def _tag(tag: Mapping[str, Any]) -> dict[str, Json]:
    return {name: tag[name] for name in ("id", "label", "type", "subType") if isinstance(tag.get(name), str)}


def next_cursor(headers: Mapping[str, str]) -> str:
    """Where the next page begins; empty on the last. Of upstream's link nothing but the cursor is used."""
    found = _NEXT.search(headers.get("Link", ""))
    if found is None:
        return ""
    cursor = URL(found[1]).query.get("cursor", "")
    if not cursor or len(cursor) > MAX_CURSOR:
        raise Invalid("the link to the next page has no cursor")
    return cursor


def range_start(content_range: str, size: int) -> int:
    """Where a partial answer begins; raises `Invalid` where it is of a file of another size."""
    match = re.fullmatch(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)", content_range)
    if match is None or (match[3] != "*" and int(match[3]) != size):
        raise Invalid(f"a part of {size} bytes was asked for, and {content_range[:80]!r} came")
    return int(match[1])


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise Invalid("a text is missing or too long")
    return value


def _count(value: Any) -> int:
    return min(value, MAX_SIZE) if type(value) is int and value > 0 else 0


def _size(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MAX_SIZE:
        raise Invalid("a size is missing or impossible")
    return value


def _size_text(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Invalid("the size of a file is missing or impossible")
    return _size(int(text))


def _moment(value: Any, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return otherwise

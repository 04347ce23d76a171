"""The Hub's JSON: packages, revisions, files, refs and commits, as its clients read them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from entrepot.domain.content import File, Folder, Package, Ref, Revision
from entrepot.domain.git import LfsPointer
from entrepot.domain.names import PackageType

NOT_PASSED_ON = frozenset({"xetEnabled", "xetHash", "url", "host", "_id", "id", "modelId", "sha", "siblings"})
"""What upstream says of itself that would be wrong here."""


def moment(when: datetime) -> str:
    """The time as clients parse it: UTC, with a literal Z."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"


def package(item: Package) -> dict[str, Any]:
    """What lists and `info` say of a package."""
    name = item.name
    facts = {key: value for key, value in item.facts.items() if key not in NOT_PASSED_ON}
    tags = facts.get("tags")
    shape: dict[str, Any] = {
        "author": name.namespace or "",
        "cardData": {},
        "disabled": False,
        "gated": item.gated or False,
        "likes": item.likes,
        "downloads": item.downloads,
        **facts,
        "_id": f"{item.repository}/{name.type.plural}/{name.id}",
        "id": name.id,
        "private": item.private,
        "lastModified": moment(item.updated_at),
        "createdAt": moment(item.created_at),
        "tags": tags if isinstance(tags, list) else [],
    }
    if name.type is PackageType.MODEL:
        shape["modelId"] = name.id
    return shape


def revision(item: Revision, files: Sequence[File], *, blobs: bool) -> dict[str, Any]:
    """What `info` says of a revision: the package, the commit, and the files there."""
    shape = package(item.package)
    shape["sha"] = item.commit.hex
    shape["lastModified"] = moment(item.date)
    shape["siblings"] = [_sibling(file, blobs=blobs) for file in files]
    shape["usedStorage"] = sum(file.size for file in files)
    return shape


def _sibling(file: File, *, blobs: bool) -> dict[str, Any]:
    if not blobs:
        return {"rfilename": file.path.text}
    shape: dict[str, Any] = {"rfilename": file.path.text, "size": file.size, "blobId": file.oid.hex}
    if file.lfs:
        pointer = LfsPointer(file.lfs, file.size)
        shape["lfs"] = {"sha256": file.lfs.hex, "size": file.size, "pointerSize": pointer.pointer_size}
    return shape


def only(shape: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, Any]:
    """The id and what was asked for by `expand`; words that nobody knows are passed over."""
    if not wanted:
        return dict(shape)
    return {key: value for key, value in shape.items() if key in ("_id", "id") or key in wanted}


def entry(item: File | Folder, xet_hash: str | None, last: Revision | None) -> dict[str, Any]:
    """One line of a tree."""
    if isinstance(item, Folder):
        shape: dict[str, Any] = {"type": "directory", "oid": item.oid.hex, "size": 0, "path": item.path.text}
    else:
        shape = {"type": "file", "oid": item.oid.hex, "size": item.size, "path": item.path.text}
        if item.lfs:
            pointer = LfsPointer(item.lfs, item.size)
            shape["lfs"] = {"oid": item.lfs.hex, "size": item.size, "pointerSize": pointer.pointer_size}
        if xet_hash:
            shape["xetHash"] = xet_hash
    if last:
        shape["lastCommit"] = {"id": last.commit.hex, "title": last.title, "date": moment(last.date)}
    return shape


def refs(items: Sequence[Ref]) -> dict[str, Any]:
    """The branches, tags, conversions and pull requests of a package."""
    groups = {"heads": "branches", "tags": "tags", "convert": "converts", "pr": "pullRequests"}
    shape: dict[str, Any] = {group: [] for group in groups.values()}
    for item in items:
        line = {"name": item.name.short, "ref": item.name.text, "targetCommit": item.commit.hex}
        shape[groups[item.name.kind]].append(line)
    return shape


def commit(item: Revision, *, formatted: bool) -> dict[str, Any]:
    """One line of a history."""
    shape: dict[str, Any] = {
        "id": item.commit.hex,
        "title": item.title,
        "message": item.message,
        "authors": [{"user": author.name, "avatar": ""} for author in item.authors],
        "date": moment(item.date),
    }
    if formatted:
        shape["formatted"] = {"title": _escaped(item.title), "message": _escaped(item.message)}
    return shape


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")

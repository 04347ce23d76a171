"""Commits and what points to them: history, branches, tags."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from entrepot.catalog.moments import now
from entrepot.catalog.tables import packages, refs, revisions
from entrepot.domain.content import Author, Package, Ref, Revision
from entrepot.domain.digest import GitOid
from entrepot.domain.errors import AlreadyExists, Conflict, Invalid, RevisionNotFound
from entrepot.domain.git import CommitObject
from entrepot.domain.names import RefName
from entrepot.domain.text import checked

MAIN = RefName("refs/heads/main")
_PARENT = slice(53, 93)
"""Where in a commit object the id of its first parent stands, after its tree."""
MAX_TAG_MESSAGE = 64 << 10
SHORTEST_ID = 7
"""The shortest beginning of a commit id that clients send."""


_AT_REF = (
    select(revisions)
    .join(refs, (refs.c.package_id == revisions.c.package_id) & (refs.c.commit_id == revisions.c.commit_id))
    .where(refs.c.package_id == bindparam("package_id"), refs.c.name == bindparam("name"))
)


def commit_of(connection: Connection, package_id: int, ref: str) -> GitOid:
    """The commit that a branch, tag, full ref or commit id leads to; raises `RevisionNotFound`."""
    if GitOid.looks_like(ref):
        return GitOid(ref)
    for name in _names(ref):
        found = read_ref(connection, package_id, name)
        if found is not None:
            return found
    raise RevisionNotFound(f"Invalid rev id: {ref[:200]}")


def _names(ref: str) -> Iterator[RefName]:
    if ref == "HEAD":
        yield MAIN
        return
    try:
        if ref.startswith("refs/"):
            yield RefName(ref)
            return
        yield RefName.branch(ref)
        yield RefName.tag(ref)
    except Invalid:
        return


def read_ref(connection: Connection, package_id: int, name: RefName) -> GitOid | None:
    """Where a ref points; None where there is no such ref."""
    query = select(refs.c.commit_id).where(refs.c.package_id == package_id, refs.c.name == name.text)
    found = connection.execute(query).scalar()
    return GitOid(found) if found else None


def find(connection: Connection, package: Package, ref: str) -> Revision:
    """The revision that a ref or commit id leads to; raises `RevisionNotFound`."""
    row = _row_at(connection, package.id, ref)
    if row is None:
        raise RevisionNotFound(f"Invalid rev id: {ref[:200]}")
    return _revision(package, row)


def _row_at(connection: Connection, package_id: int, ref: str) -> Row[tuple[object, ...]] | None:
    if GitOid.looks_like(ref):
        return _row(connection, package_id, GitOid(ref))
    # Ref and commit in one statement, since every request asks it; a branch comes before a tag of the same name.
    for name in _names(ref):
        row = connection.execute(_AT_REF, {"package_id": package_id, "name": name.text}).one_or_none()
        if row is not None:
            return row
    return None


def starting_with(connection: Connection, package_id: int, beginning: str) -> GitOid | None:
    """The one commit whose id begins so; None where there is none, or more than one."""
    if len(beginning) < SHORTEST_ID or not GitOid.looks_like(beginning.ljust(40, "0")):
        return None
    query = select(revisions.c.commit_id).where(
        revisions.c.package_id == package_id, revisions.c.commit_id.startswith(beginning)
    )
    found = connection.execute(query.limit(2)).scalars().all()
    return GitOid(found[0]) if len(found) == 1 else None


def _row(connection: Connection, package_id: int, commit: GitOid) -> Row[tuple[object, ...]] | None:
    query = select(revisions).where(revisions.c.package_id == package_id, revisions.c.commit_id == commit.hex)
    return connection.execute(query).one_or_none()


def _revision(package: Package, row: Row[tuple[object, ...]]) -> Revision:
    commit = CommitObject.parse(bytes(row.data))
    title, _, message = commit.message.partition("\n")
    return Revision(
        package=package,
        commit=GitOid(row.commit_id),
        date=datetime.fromtimestamp(commit.author.date, UTC),
        title=title,
        message=message.strip("\n"),
        authors=(Author(commit.author.name, commit.author.email),),
        parents=commit.parents,
        tree=commit.tree,
    )


def commit_data(connection: Connection, package_id: int, commit: GitOid) -> bytes:
    """The commit object as git has it; raises `RevisionNotFound`."""
    row = _row(connection, package_id, commit)
    if row is None:
        raise RevisionNotFound(f"Invalid rev id: {commit}")
    return bytes(row.data)


def history(connection: Connection, package: Package, start: GitOid, limit: int) -> list[Revision]:
    """The commits from `start` back along first parents, at most `limit`."""
    found: list[Revision] = []
    here: GitOid | None = start
    while here is not None and len(found) < limit:
        row = _row(connection, package.id, here)
        if row is None:
            raise RevisionNotFound(f"Invalid rev id: {here}")
        found.append(_revision(package, row))
        here = found[-1].parents[0] if found[-1].parents else None
    return found


def history_length(connection: Connection, package_id: int, start: GitOid) -> int:
    """How many commits lead from `start` back along first parents."""
    beginnings = select(revisions.c.commit_id, func.substr(revisions.c.data, 1, _PARENT.stop))
    parents = {
        commit: bytes(data[_PARENT]).decode() if data[: _PARENT.start].endswith(b"\nparent ") else ""
        for commit, data in connection.execute(beginnings.where(revisions.c.package_id == package_id))
    }
    length, here = 0, start.hex
    while here in parents:
        length, here = length + 1, parents[here]
    return length


def store(connection: Connection, package_id: int, commit: CommitObject) -> GitOid:
    """The id of the commit, stored if it was not; its date is that of its author."""
    if _row(connection, package_id, commit.oid) is None:
        connection.execute(
            insert(revisions).values(
                package_id=package_id,
                commit_id=commit.oid.hex,
                tree=commit.tree.hex,
                date=datetime.fromtimestamp(commit.author.date, UTC),
                data=commit.encode(),
            )
        )
    return commit.oid


def all_refs(connection: Connection, package_id: int) -> list[Ref]:
    """Every ref of the package, by name."""
    rows = connection.execute(select(refs).where(refs.c.package_id == package_id).order_by(refs.c.name))
    return [Ref(RefName(row.name), GitOid(row.commit_id)) for row in rows]


def point(connection: Connection, package_id: int, name: RefName, commit: GitOid) -> None:
    """Let a ref point to a commit, whatever it pointed to before."""
    here = (refs.c.package_id == package_id, refs.c.name == name.text)
    if connection.execute(update(refs).where(*here).values(commit_id=commit.hex)).rowcount == 0:
        connection.execute(insert(refs).values(package_id=package_id, name=name.text, commit_id=commit.hex))
    _count_change(connection, package_id, updated_at=now())


def _count_change(connection: Connection, package_id: int, **values: datetime) -> None:
    # Also locks the package's row: the collector drops a commit only while nobody can point to it.
    connection.execute(
        update(packages).where(packages.c.id == package_id).values(changes=packages.c.changes + 1, **values)
    )


def create_ref(connection: Connection, package_id: int, name: RefName, commit: GitOid, message: str = "") -> None:
    """A new branch or tag; raises `AlreadyExists`, and `RevisionNotFound` for a commit that is not there.

    Raises `Conflict` beside a ref that git could not keep in the same folder: it keeps `a` as a file, and `a/b` in a
    folder of that name.
    """
    checked(message, "the message", MAX_TAG_MESSAGE)
    _count_change(connection, package_id)
    if _row(connection, package_id, commit) is None:
        raise RevisionNotFound(f"Invalid rev id: {commit}")
    if read_ref(connection, package_id, name) is not None:
        raise AlreadyExists(f"there is a {'tag' if name.kind == 'tags' else 'branch'} {name.short} already")
    for other in connection.execute(select(refs.c.name).where(refs.c.package_id == package_id)).scalars():
        if f"{other}/".startswith(f"{name}/") or f"{name}/".startswith(f"{other}/"):
            raise Conflict(f"{name.short} can't stand beside {RefName(other).short}: git keeps one as a folder")
    connection.execute(
        insert(refs).values(package_id=package_id, name=name.text, commit_id=commit.hex, message=message)
    )


def delete_ref(connection: Connection, package_id: int, name: RefName) -> None:
    """Take a branch or tag away; raises `RevisionNotFound`."""
    _count_change(connection, package_id)
    gone = connection.execute(delete(refs).where(refs.c.package_id == package_id, refs.c.name == name.text))
    if gone.rowcount == 0:
        raise RevisionNotFound(f"there is no {'tag' if name.kind == 'tags' else 'branch'} {name.short}")

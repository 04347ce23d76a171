"""Committing: one transaction that makes files, trees, the commit and its branch visible together."""

from sqlalchemy import Connection, insert, select

from entrepot.catalog import blobs, revisions, trees
from entrepot.catalog.tables import files, packages
from entrepot.domain.changes import Change, CopyFile, DeleteFile, NewCommit, PutFile
from entrepot.domain.digest import GitOid
from entrepot.domain.errors import FileNotFound, Invalid, PackageNotFound, RevisionNotFound, StaleParent
from entrepot.domain.git import CommitObject, Mode, Signature, tree_oid
from entrepot.domain.names import RefName


def commit(connection: Connection, package_id: int, branch: RefName, new: NewCommit) -> GitOid:
    """The branch's head after the changes: a new commit, or the old one where nothing changed.

    Raises `StaleParent` where the branch is no longer where the author saw it, `NotReady` where bytes were
    collected meanwhile, and `FileNotFound` or `Invalid` for changes that make no sense.
    """
    _lock(connection, package_id)
    head = revisions.read_ref(connection, package_id, branch)
    if head is None and branch != revisions.MAIN:
        raise RevisionNotFound(f"Invalid rev id: {branch.short}")
    root = _root(connection, package_id, head)
    try:
        _check_parent(new.parent, head)
        tree = _changed(connection, package_id, root, new)
    except (StaleParent, FileNotFound):
        if head is not None and _is_made_already(connection, package_id, head, new):
            return head
        raise
    if head is not None and tree == (root or tree_oid(b"")):
        return head
    made = CommitObject(tree, (head,) if head else (), _signature(new), new.message)
    revisions.store(connection, package_id, made)
    revisions.point(connection, package_id, branch, made.oid)
    blobs.note_named(connection, package_id, [change.blob_id for change in new.changes if isinstance(change, PutFile)])
    return made.oid


def _is_made_already(connection: Connection, package_id: int, head: GitOid, new: NewCommit) -> bool:
    """Whether the head is this very commit: its answer got lost, and the client has sent it again."""
    there = CommitObject.parse(revisions.commit_data(connection, package_id, head))
    same = CommitObject(there.tree, there.parents, _signature(new), new.message)
    if len(there.parents) != 1 or (there.message, there.author.name) != (same.message, same.author.name):
        return False
    if not there.parents[0].hex.startswith(new.parent):
        return False
    root = _root(connection, package_id, there.parents[0])
    try:
        return _changed(connection, package_id, root, new) == there.tree
    except (FileNotFound, Invalid):
        return False


def _signature(new: NewCommit) -> Signature:
    return Signature(new.author.name, new.author.email, int(new.date.timestamp()))


def _changed(connection: Connection, package_id: int, root: GitOid | None, new: NewCommit) -> GitOid:
    """The tree that the changes make of one, stored."""
    draft = trees.Draft.of(connection, package_id, root)
    for change in new.changes:
        _apply(connection, package_id, draft, change)
    return draft.write()


def squash(connection: Connection, package_id: int, branch: RefName, message: str, by: Signature) -> GitOid:
    """The branch's head after its history was folded into one commit without parents."""
    _lock(connection, package_id)
    head = revisions.read_ref(connection, package_id, branch)
    if head is None:
        raise RevisionNotFound(f"Invalid rev id: {branch.short}")
    tree = CommitObject.parse(revisions.commit_data(connection, package_id, head)).tree
    made = CommitObject(tree, (), by, message)
    revisions.store(connection, package_id, made)
    revisions.point(connection, package_id, branch, made.oid)
    return made.oid


def _lock(connection: Connection, package_id: int) -> None:
    # Two commits to one package take turns, or both would build on the same head and one would be lost.
    if connection.execute(select(packages.c.id).where(packages.c.id == package_id).with_for_update()).first() is None:
        raise PackageNotFound("the package was deleted meanwhile")


def _check_parent(expected: str, head: GitOid | None) -> None:
    if expected and (head is None or not head.hex.startswith(expected)):
        raise StaleParent("A commit has happened since. Please refresh and try again.")


def _root(connection: Connection, package_id: int, head: GitOid | None) -> GitOid | None:
    if head is None:
        return None
    return CommitObject.parse(revisions.commit_data(connection, package_id, head)).tree


def _apply(connection: Connection, package_id: int, draft: trees.Draft, change: Change) -> None:
    match change:
        case PutFile():
            _name(connection, package_id, change)
            draft.put(change.path, change.oid)
        case CopyFile():
            draft.put(change.path, _source(connection, package_id, draft, change))
        case DeleteFile():
            draft.remove(change.path, folder=False)
        case _:
            draft.remove(change.path, folder=True)


def _source(connection: Connection, package_id: int, draft: trees.Draft, copy: CopyFile) -> GitOid:
    if copy.revision:
        commit = revisions.commit_of(connection, package_id, copy.revision)
        root = CommitObject.parse(revisions.commit_data(connection, package_id, commit)).tree
        entry = trees.find_entry(connection, package_id, root, copy.source)
    else:
        entry = draft.get(copy.source)
    if entry is None or entry.mode is Mode.FOLDER:
        raise FileNotFound(f"there is no file {copy.source} to copy")
    return entry.oid


def _name(connection: Connection, package_id: int, put: PutFile) -> None:
    # Touched first: from here on until the end of the transaction the collector can't take the bytes away.
    blob = blobs.touch(connection, put.blob_id)
    here = (files.c.package_id == package_id, files.c.oid == put.oid.hex)
    if connection.execute(select(files.c.id).where(*here)).first() is None:
        connection.execute(
            insert(files).values(package_id=package_id, oid=put.oid.hex, size=blob.size, lfs=put.lfs, blob_id=blob.id)
        )

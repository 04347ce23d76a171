"""Folders as git has them: trees of a package, read by path and written by change."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, insert, select

from entrepot.catalog.tables import blobs, files, trees
from entrepot.domain.content import Blob, File, Folder
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import FileNotFound, Invalid, RevisionNotFound
from entrepot.domain.git import Mode, TreeEntry, encode_tree, parse_tree, tree_oid
from entrepot.domain.names import FilePath

IN_LIST = 500
"""How many values one query compares with; both databases take more, none is faster with more."""

# Made once: putting a statement together costs more than running it, and these are run for every request.
_TREES = select(trees.c.oid, trees.c.data).where(
    trees.c.package_id == bindparam("package_id"), trees.c.oid.in_(bindparam("oids", expanding=True))
)
_FILES = (
    select(files.c.oid, files.c.size, files.c.lfs, blobs.c.id, blobs.c.digest, blobs.c.xet, blobs.c.chunked)
    .join(blobs, blobs.c.id == files.c.blob_id)
    .where(files.c.package_id == bindparam("package_id"), files.c.oid.in_(bindparam("oids", expanding=True)))
)
_TREE = select(trees.c.data).where(trees.c.package_id == bindparam("package_id"), trees.c.oid == bindparam("oid"))


def tree_data(connection: Connection, package_id: int, oid: GitOid) -> bytes:
    """The tree object; the empty tree needs no row."""
    if oid == tree_oid(b""):
        return b""
    data = connection.execute(_TREE, {"package_id": package_id, "oid": oid.hex}).scalar()
    if data is None:
        raise _gone()
    return bytes(data)


def _gone() -> RevisionNotFound:
    # Between finding a revision and reading its trees it may be deleted and collected.
    return RevisionNotFound("the revision was deleted a moment ago")


def entries(connection: Connection, package_id: int, oid: GitOid) -> tuple[TreeEntry, ...]:
    """What stands in one folder."""
    return parse_tree(tree_data(connection, package_id, oid))


def find_entry(connection: Connection, package_id: int, root: GitOid, path: FilePath) -> TreeEntry | None:
    """The file or folder at a path; None where there is none."""
    here = root
    *folders, name = path.segments
    for folder in folders:
        entry = _named(connection, package_id, here, folder)
        if entry is None or entry.mode is not Mode.FOLDER:
            return None
        here = entry.oid
    return _named(connection, package_id, here, name)


def _named(connection: Connection, package_id: int, tree: GitOid, name: str) -> TreeEntry | None:
    return next((entry for entry in entries(connection, package_id, tree) if entry.name == name), None)


def find_file(connection: Connection, package_id: int, root: GitOid, path: FilePath) -> File | None:
    """The file at a path with its blob; None where there is none, or a folder."""
    entry = find_entry(connection, package_id, root, path)
    if entry is None or entry.mode is Mode.FOLDER:
        return None
    return next(_files(connection, package_id, [(path, entry.oid)]))


def listing(
    connection: Connection, package_id: int, root: GitOid, *, recursive: bool, at: FilePath | None = None
) -> list[File | Folder]:
    """What stands in a folder, or also below it, by path; raises `FileNotFound` where there is no such folder."""
    start = root
    if at is not None:
        entry = find_entry(connection, package_id, root, at)
        if entry is None or entry.mode is not Mode.FOLDER:
            raise FileNotFound(f"there is no folder {at}")
        start = entry.oid
    folders: list[Folder] = []
    leaves: list[tuple[FilePath, GitOid]] = []
    _walk(_Walk(connection, package_id, recursive, folders, leaves), start, at.text + "/" if at else "")
    found: list[File | Folder] = [*folders, *_files(connection, package_id, leaves)]
    return sorted(found, key=lambda item: item.path.segments)


@dataclass(frozen=True, slots=True)
class _Walk:
    connection: Connection
    package_id: int
    recursive: bool
    folders: list[Folder]
    leaves: list[tuple[FilePath, GitOid]]


def _walk(walk: _Walk, tree: GitOid, prefix: str) -> None:
    # A level of folders at a time: as many statements as the tree is deep, not as it has folders.
    level = [(tree, prefix)]
    while level:
        data = _trees_data(walk.connection, walk.package_id, {oid for oid, _ in level})
        below: list[tuple[GitOid, str]] = []
        for oid, start in level:
            if oid not in data:
                raise _gone()
            for entry in parse_tree(data[oid]):
                path = FilePath(start + entry.name)
                if entry.mode is not Mode.FOLDER:
                    walk.leaves.append((path, entry.oid))
                    continue
                walk.folders.append(Folder(path, entry.oid))
                below.append((entry.oid, path.text + "/"))
        level = below if walk.recursive else []


def _trees_data(connection: Connection, package_id: int, oids: set[GitOid]) -> dict[GitOid, bytes]:
    found = {tree_oid(b""): b""}
    wanted = sorted(oid.hex for oid in oids)
    for start in range(0, len(wanted), IN_LIST):
        part = wanted[start : start + IN_LIST]
        rows = connection.execute(_TREES, {"package_id": package_id, "oids": part})
        found.update((GitOid(row.oid), bytes(row.data)) for row in rows)
    return found


def changed(
    connection: Connection, package_id: int, roots: tuple[GitOid, GitOid], paths: Collection[FilePath]
) -> set[FilePath]:
    """Which of the paths are not the same below both roots. Folders that are the same are not opened."""
    found: set[FilePath] = set()
    waiting: list[tuple[GitOid | None, GitOid | None, int, list[FilePath]]] = [(*roots, 0, list(paths))]
    while waiting:
        one, other, depth, below = waiting.pop()
        if one == other:
            continue
        groups: dict[str, list[FilePath]] = {}
        for path in below:
            groups.setdefault(path.segments[depth], []).append(path)
        here, there = (_by_name(connection, package_id, tree) for tree in (one, other))
        for name, group in groups.items():
            mine, theirs = here.get(name), there.get(name)
            if mine != theirs:
                found.update(path for path in group if len(path.segments) == depth + 1)
                deeper = [path for path in group if len(path.segments) > depth + 1]
                waiting.append((_folder_of(mine), _folder_of(theirs), depth + 1, deeper))
    return found


def _by_name(connection: Connection, package_id: int, tree: GitOid | None) -> dict[str, TreeEntry]:
    return {entry.name: entry for entry in entries(connection, package_id, tree)} if tree else {}


def _folder_of(entry: TreeEntry | None) -> GitOid | None:
    return entry.oid if entry is not None and entry.mode is Mode.FOLDER else None


def _files(connection: Connection, package_id: int, leaves: list[tuple[FilePath, GitOid]]) -> Iterator[File]:
    for start in range(0, len(leaves), IN_LIST):
        part = leaves[start : start + IN_LIST]
        oids = sorted({oid.hex for _, oid in part})
        rows = connection.execute(_FILES, {"package_id": package_id, "oids": oids})
        by_oid = {row.oid: row for row in rows}
        for path, oid in part:
            row = by_oid.get(oid.hex)
            if row is None:
                raise _gone()
            blob = Blob(row.id, Digest(row.digest), row.size, row.xet, row.chunked)
            yield File(path, row.size, oid, blob.digest if row.lfs else None, blob)


@dataclass(slots=True)
class Draft:
    """A folder that is being changed: what it had, what it has now, and the folders below that were opened."""

    connection: Connection
    package_id: int
    entries: dict[str, TreeEntry] = field(default_factory=dict)
    opened: dict[str, "Draft"] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection, package_id: int, tree: GitOid | None) -> "Draft":
        """The folder that a tree describes, or an empty one, ready for changes."""
        standing = entries(connection, package_id, tree) if tree else ()
        return cls(connection, package_id, {entry.name: entry for entry in standing})

    def put(self, path: FilePath, oid: GitOid) -> None:
        """Put a file there; raises `Invalid` where a file stands in the way of one of its folders."""
        *folders, name = path.segments
        here = self
        for folder in folders:
            here = here._folder(folder, path)
        if name in here.opened or (name in here.entries and here.entries[name].mode is Mode.FOLDER):
            raise Invalid(f"the path {path} is a folder and can't be a file as well")
        here.entries[name] = TreeEntry(Mode.FILE, name, oid)

    def _folder(self, name: str, path: FilePath) -> "Draft":
        if name not in self.opened:
            entry = self.entries.get(name)
            if entry is not None and entry.mode is not Mode.FOLDER:
                raise Invalid(f"the path {path} leads through {name!r}, which is a file")
            self.opened[name] = Draft.of(self.connection, self.package_id, entry.oid if entry else None)
        return self.opened[name]

    def get(self, path: FilePath) -> TreeEntry | None:
        """What stands at a path, with the changes so far; a folder that was opened counts as one."""
        *folders, name = path.segments
        here = self
        for folder in folders:
            entry = here.entries.get(folder)
            if folder not in here.opened and (entry is None or entry.mode is not Mode.FOLDER):
                return None
            here = here._folder(folder, path)
        return here.entries.get(name)

    def remove(self, path: FilePath, *, folder: bool) -> None:
        """Take a file or a folder away; raises `FileNotFound` where there is none of that kind."""
        *folders, name = path.segments
        here = self
        for step in folders:
            entry = here.entries.get(step)
            if step not in here.opened and (entry is None or entry.mode is not Mode.FOLDER):
                raise FileNotFound(f"there is no {path} to delete")
            here = here._folder(step, path)
        entry = here.entries.get(name)
        is_folder = name in here.opened or (entry is not None and entry.mode is Mode.FOLDER)
        if is_folder != folder or (entry is None and not is_folder):
            raise FileNotFound(f"there is no {'folder' if folder else 'file'} {path} to delete")
        here.entries.pop(name, None)
        here.opened.pop(name, None)

    def write(self) -> GitOid:
        """The id of the folder as it is now, its tree and those below stored. Git knows no empty folders."""
        for name, draft in self.opened.items():
            oid = draft.write()
            if oid == tree_oid(b""):
                self.entries.pop(name, None)
            else:
                self.entries[name] = TreeEntry(Mode.FOLDER, name, oid)
        data = encode_tree(self.entries.values())
        return store_tree(self.connection, self.package_id, data)


def store_tree(connection: Connection, package_id: int, data: bytes) -> GitOid:
    """The id of a tree object, stored if it was not."""
    oid = tree_oid(data)
    if data and connection.execute(_TREE, {"package_id": package_id, "oid": oid.hex}).first() is None:
        connection.execute(insert(trees).values(package_id=package_id, oid=oid.hex, data=data))
    return oid

"""Which commits, trees and files a git client lacks: a walk over objects as git has them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from entrepot.domain.digest import GitOid
from entrepot.domain.errors import Corrupt, TooLarge
from entrepot.domain.names import FilePath

MAX_OBJECTS = 1_000_000
"""More would keep one reader of the catalog busy for minutes; such packages are downloaded file by file."""
MAX_COMPARED = 32
"""How many of the commits that a client has are looked into for files that need not be sent again."""

_COMMIT = re.compile(rb"tree ([0-9a-f]{40})\n((?:parent [0-9a-f]{40}\n)*)")
_ENTRY = re.compile(rb"([0-7]{5,6}) ([^\0]+)\0(.{20})", re.DOTALL)
_FOLDER, _SUBMODULE = b"40000", b"160000"


class Objects(Protocol):
    """Where commits and trees are read from."""

    def commit(self, oid: GitOid) -> bytes | None:
        """The commit object; None where there is no such commit."""

    def tree(self, oid: GitOid) -> bytes:
        """The tree object."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asks for, and what it says that it has."""

    wants: tuple[GitOid, ...]
    haves: tuple[GitOid, ...] = ()
    shallow: frozenset[GitOid] = frozenset()
    """Commits that it has without their parents."""
    depth: int = 0
    """How many commits deep; 0 for all of them."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A file that the client lacks: its id, and a place where it stands."""

    oid: GitOid
    path: FilePath
    commit: GitOid


@dataclass(slots=True)
class Walked:
    """What the client lacks."""

    commits: list[GitOid] = field(default_factory=list)
    trees: list[GitOid] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    """Every place of every file: each place has to be allowed."""
    shallow: list[GitOid] = field(default_factory=list)
    unshallow: list[GitOid] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many objects there are, at most."""
        return len(self.commits) + len(self.trees) + len(self.leaves)


def common(objects: Objects, haves: Iterable[GitOid]) -> list[GitOid]:
    """Those of the client's commits that are here too."""
    return [oid for oid in haves if objects.commit(oid) is not None]


def walk(objects: Objects, wanted: Wanted) -> Walked:
    """What the client lacks; raises `TooLarge` where that is more than one pack should hold."""
    history = _History(objects, wanted.shallow)
    haves = common(objects, wanted.haves)
    there = history.below(haves)
    selected, boundary = history.levels(wanted.wants, wanted.depth)
    walked = Walked()
    walked.commits = [oid for oid in selected if oid not in there]
    if wanted.depth:
        walked.shallow = [oid for oid in boundary if oid not in wanted.shallow]
        walked.unshallow = [oid for oid in selected if oid in wanted.shallow and oid not in boundary]
    files = _Files(objects, walked)
    edge = {parent for oid in walked.commits for parent in history.parents(oid, cut=False) if parent in there}
    for oid in [*haves, *sorted(edge)][:MAX_COMPARED]:
        files.skip(history.tree(oid))
    for oid in walked.commits:
        files.collect(history.tree(oid), oid)
    return walked


def files_at(objects: Objects, commit: GitOid) -> Iterator[tuple[FilePath, GitOid]]:
    """Every file of a commit, with its id; raises `Corrupt`, and `TooLarge` where there are too many."""
    found = _COMMIT.match(objects.commit(commit) or b"")
    if found is None:
        raise Corrupt(f"the commit {commit} is missing or malformed")
    waiting, seen = [(GitOid(found[1].decode()), b"")], 0
    while waiting:
        tree, prefix = waiting.pop()
        for mode, name, oid in _ENTRY.findall(objects.tree(tree)):
            seen += 1
            if seen > MAX_OBJECTS:
                raise TooLarge(f"the commit {commit} has more than {MAX_OBJECTS} files and folders")
            if mode == _FOLDER:
                waiting.append((GitOid(oid.hex()), prefix + name + b"/"))
            elif mode != _SUBMODULE:
                yield FilePath((prefix + name).decode("utf-8", "surrogateescape")), GitOid(oid.hex())


class _History:
    """Commits and their parents; those of a client's shallow commits can be left out, as the client does."""

    def __init__(self, objects: Objects, shallow: frozenset[GitOid]) -> None:
        self._objects = objects
        self._shallow = shallow
        self._read: dict[GitOid, tuple[GitOid, tuple[GitOid, ...]]] = {}

    def _commit(self, oid: GitOid) -> tuple[GitOid, tuple[GitOid, ...]]:
        if oid not in self._read:
            if len(self._read) > MAX_OBJECTS:
                raise TooLarge(f"the history has more than {MAX_OBJECTS} commits; clone it with --depth")
            found = _COMMIT.match(self._objects.commit(oid) or b"")
            if found is None:
                raise Corrupt(f"the commit {oid} is missing or malformed")
            parents = tuple(GitOid(line[7:].decode()) for line in found[2].splitlines())
            self._read[oid] = GitOid(found[1].decode()), parents
        return self._read[oid]

    def tree(self, oid: GitOid) -> GitOid:
        return self._commit(oid)[0]

    def parents(self, oid: GitOid, *, cut: bool) -> tuple[GitOid, ...]:
        return () if cut and oid in self._shallow else self._commit(oid)[1]

    def below(self, heads: Iterable[GitOid]) -> set[GitOid]:
        """The commits that somebody who has the heads has."""
        found: set[GitOid] = set()
        waiting = list(heads)
        while waiting:
            oid = waiting.pop()
            if oid not in found:
                found.add(oid)
                waiting.extend(self.parents(oid, cut=True))
        return found

    def levels(self, heads: Iterable[GitOid], depth: int) -> tuple[list[GitOid], set[GitOid]]:
        """The commits from the heads back, at most `depth` deep, and those where it ends before history does."""
        found: dict[GitOid, None] = {}
        boundary: set[GitOid] = set()
        level, deep = list(dict.fromkeys(heads)), 1
        while level:
            found.update(dict.fromkeys(level))
            below = {oid: self.parents(oid, cut=not depth) for oid in level}
            if depth and deep >= depth:
                boundary = {oid for oid, parents in below.items() if parents}
                break
            level = [oid for oid in dict.fromkeys(p for ps in below.values() for p in ps) if oid not in found]
            deep += 1
        return list(found), boundary


class _Files:
    """The trees and files below commits, each once."""

    def __init__(self, objects: Objects, walked: Walked) -> None:
        self._objects = objects
        self._walked = walked
        self._skipped: set[bytes] = set()
        self._trees: set[bytes] = set()
        self._places: set[tuple[bytes, bytes]] = set()

    def skip(self, root: GitOid) -> None:
        """What stands here need not be sent."""
        waiting = [root.raw]
        while waiting:
            tree = waiting.pop()
            if tree not in self._skipped:
                self._skipped.add(tree)
                entries = list(self._entries(tree))
                waiting.extend(oid for mode, _, oid in entries if mode == _FOLDER)
                self._skipped.update(oid for mode, _, oid in entries if mode != _FOLDER)

    def _entries(self, tree: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
        data = self._objects.tree(GitOid(tree.hex()))
        return (entry for entry in _ENTRY.findall(data) if entry[0] != _SUBMODULE)

    def collect(self, root: GitOid, commit: GitOid) -> None:
        """What stands here has to be sent, but for what is skipped."""
        waiting = [(root.raw, b"")]
        while waiting:
            tree, prefix = waiting.pop()
            if tree in self._skipped or (tree, prefix) in self._places:
                continue
            self._places.add((tree, prefix))
            if tree not in self._trees:
                self._trees.add(tree)
                self._walked.trees.append(GitOid(tree.hex()))
            for mode, name, oid in self._entries(tree):
                if mode == _FOLDER:
                    waiting.append((oid, prefix + name + b"/"))
                else:
                    self._leaf(oid, prefix + name, commit)
            if self._walked.size > MAX_OBJECTS:
                raise TooLarge(f"this is more than {MAX_OBJECTS} files and folders; clone it with --depth 1")

    def _leaf(self, oid: bytes, path: bytes, commit: GitOid) -> None:
        if oid in self._skipped or (oid, path) in self._places:
            return
        self._places.add((oid, path))
        self._walked.leaves.append(Leaf(GitOid(oid.hex()), FilePath(path.decode("utf-8", "surrogateescape")), commit))

"""Within a package: commits that no ref leads to, and the trees and files that only they had."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from entrepot.catalog.moments import now
from entrepot.catalog.repositories import Kind
from entrepot.catalog.tables import files, packages, refs, repositories, revisions, trees
from entrepot.catalog.trees import IN_LIST

_PARENTS = re.compile(rb"tree [0-9a-f]{40}\n((?:parent [0-9a-f]{40}\n)*)")
_ENTRY = re.compile(rb"([0-7]{5,6}) [^\0]+\0(.{20})", re.DOTALL)
"""Trees here were written by us; reading a large one name by name would take a hundred times as long."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What can be pruned from a package, as long as its count of changes is still the one that was seen."""

    package_id: int
    changes: int
    revisions: frozenset[str] = frozenset()
    trees: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    """Commits that no ref leads to any more, and that stay until the grace period is over."""
    regained: frozenset[str] = frozenset()
    """Commits that a ref leads to again."""
    settled: bool = True
    """Whether nothing is left to wait for."""

    @property
    def frees_something(self) -> bool:
        """Whether anything goes, rather than being marked alone."""
        return bool(self.revisions or self.trees or self.files)


@dataclass(slots=True)
class _Standing:
    """Every commit of a package: its parents, its tree, and since when no ref leads to it."""

    parents: dict[str, list[str]] = field(default_factory=dict)
    trees: dict[str, str] = field(default_factory=dict)
    since: dict[str, datetime | None] = field(default_factory=dict)


def changed_packages(connection: Connection) -> list[int]:
    """Local packages whose refs have moved since nothing was left to prune in them."""
    query = (
        select(packages.c.id)
        .join(repositories, repositories.c.id == packages.c.repository_id)
        .where(repositories.c.kind == Kind.LOCAL.value, packages.c.changes != packages.c.pruned)
        .order_by(packages.c.id)
    )
    return list(connection.execute(query).scalars())


def plan(connection: Connection, package_id: int, before: datetime) -> Plan | None:
    """What to prune of what no ref has led to since `before`; None where the package is gone. Changes nothing."""
    changes = connection.execute(select(packages.c.changes).where(packages.c.id == package_id)).scalar()
    if changes is None:
        return None
    standing = _standing(connection, package_id)
    heads = set(connection.execute(select(refs.c.commit_id).where(refs.c.package_id == package_id)).scalars())
    reachable = _reachable(standing, heads)
    unreachable = standing.trees.keys() - reachable
    doomed = {commit for commit in unreachable if _is_before(standing.since[commit], before)}
    lost = {commit for commit in unreachable if standing.since[commit] is None}
    kept_trees, kept_files = _contents(connection, package_id, standing, doomed)
    return Plan(
        package_id,
        changes,
        frozenset(doomed),
        frozenset(_oids(connection, package_id, "trees") - kept_trees),
        frozenset(_oids(connection, package_id, "files") - kept_files),
        frozenset(lost),
        frozenset(commit for commit in reachable if standing.since.get(commit) is not None),
        settled=unreachable == doomed,
    )


def _is_before(since: datetime | None, before: datetime) -> bool:
    return since is not None and since < before


def _standing(connection: Connection, package_id: int) -> _Standing:
    standing = _Standing()
    query = select(revisions).where(revisions.c.package_id == package_id)
    for row in connection.execute(query):
        found = _PARENTS.match(bytes(row.data))
        lines = found[1].decode().splitlines() if found else []
        standing.parents[row.commit_id] = [line.removeprefix("parent ") for line in lines]
        standing.trees[row.commit_id] = row.tree
        standing.since[row.commit_id] = row.unreachable_since
    return standing


def _reachable(standing: _Standing, heads: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(heads)
    while waiting:
        commit = waiting.pop()
        if commit not in found:
            found.add(commit)
            waiting.extend(standing.parents.get(commit, []))
    return found


def _contents(
    connection: Connection, package_id: int, standing: _Standing, doomed: set[str]
) -> tuple[set[str], set[str]]:
    """The trees and the files of every commit that stays."""
    trees_found: set[str] = set()
    files_found: set[str] = set()
    waiting = {tree for commit, tree in standing.trees.items() if commit not in doomed}
    while waiting:
        trees_found |= waiting
        below: set[str] = set()
        for data in _tree_data(connection, package_id, sorted(waiting)):
            for mode, oid in _ENTRY.findall(data):
                (below if mode == b"40000" else files_found).add(oid.hex())
        waiting = below - trees_found
    return trees_found, files_found


def _tree_data(connection: Connection, package_id: int, oids: list[str]) -> list[bytes]:
    found: list[bytes] = []
    for start in range(0, len(oids), IN_LIST):
        query = select(trees.c.data).where(
            trees.c.package_id == package_id, trees.c.oid.in_(oids[start : start + IN_LIST])
        )
        found.extend(bytes(data) for data in connection.execute(query).scalars())
    return found


def _oids(connection: Connection, package_id: int, name: str) -> set[str]:
    table = {"trees": trees, "files": files}[name]
    return set(connection.execute(select(table.c.oid).where(table.c.package_id == package_id)).scalars())


def prune(connection: Connection, planned: Plan) -> bool:
    """Do what was planned; False, and nothing is done, where the package's refs have moved since."""
    changes = connection.execute(
        select(packages.c.changes).where(packages.c.id == planned.package_id).with_for_update()
    ).scalar()
    if changes != planned.changes:
        return False
    for table, column, values in (
        (revisions, revisions.c.commit_id, planned.revisions),
        (trees, trees.c.oid, planned.trees),
        (files, files.c.oid, planned.files),
    ):
        for part in _parts(values):
            connection.execute(delete(table).where(table.c.package_id == planned.package_id, column.in_(part)))
    _mark(connection, planned.package_id, planned.lost, now())
    _mark(connection, planned.package_id, planned.regained, None)
    if planned.settled:
        connection.execute(update(packages).where(packages.c.id == planned.package_id).values(pruned=changes))
    return True


def _mark(connection: Connection, package_id: int, commits: frozenset[str], since: datetime | None) -> None:
    for part in _parts(commits):
        here = (revisions.c.package_id == package_id, revisions.c.commit_id.in_(part))
        connection.execute(update(revisions).where(*here).values(unreachable_since=since))


def _parts(values: frozenset[str]) -> list[list[str]]:
    ordered = sorted(values)
    return [ordered[start : start + IN_LIST] for start in range(0, len(ordered), IN_LIST)]

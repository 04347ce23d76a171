"""Trees and commits against a dictionary: whatever is put and deleted, the catalog has what the dictionary has."""

import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.catalog import blobs, commits, packages, repositories, revisions, trees
from entrepot.catalog.database import Database
from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.catalog.schema import metadata
from entrepot.domain.changes import Change, DeleteFile, DeleteFolder, NewCommit, PutFile
from entrepot.domain.content import Author, File, Folder, Package
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import FileNotFound, Invalid
from entrepot.domain.git import CommitObject, blob_oid
from entrepot.domain.names import FilePath, PackageName, PackageType, RepositoryKey

Model: TypeAlias = dict[str, bytes]
Step: TypeAlias = tuple[str, str, bytes]

# Names that sort differently as files and as folders are the ones to get wrong.
NAMES = st.sampled_from(["a", "a.b", "a0", "a-", "B", "ü"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
STEPS = st.lists(st.tuples(st.sampled_from(["put", "put", "file", "folder"]), PATHS, st.binary(max_size=2)), max_size=8)


class Catalog:
    """A catalog in memory with one package."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(f"sqlite:///{folder / 'catalog.db'}", readers=1)
        metadata.create_all(self.database.engine)
        row = self.database.now(repositories.create, RepositoryRow(RepositoryKey("models"), Kind.LOCAL))
        self._repository = row.id
        self._made = 0

    def new_package(self) -> Package:
        self._made += 1
        name = PackageName(PackageType.MODEL, "ada", f"model{self._made}")
        return self.database.now(packages.create, self._repository, name, private=False)

    def change(self, step: Step) -> Change:
        kind, path, data = step
        if kind != "put":
            return DeleteFile(FilePath(path)) if kind == "file" else DeleteFolder(FilePath(path))
        blob = self.database.now(blobs.announce, Digest.of(data), len(data))
        return PutFile(FilePath(path), blob_oid(data), len(data), False, blob.id)

    def commit(self, package: Package, steps: list[Step]) -> GitOid:
        changes = tuple(self.change(step) for step in steps)
        new = NewCommit(changes, Author("ada"), datetime.now(UTC), "m")
        return self.database.now(commits.commit, package.id, revisions.MAIN, new)

    def root(self, package: Package, commit: GitOid) -> GitOid:
        return CommitObject.parse(self.database.now(revisions.commit_data, package.id, commit)).tree

    def listing(self, package: Package, commit: GitOid) -> list[File | Folder]:
        return self.database.now(trees.listing, package.id, self.root(package, commit), recursive=True)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = Catalog(tmp_path_factory.mktemp("catalog"))
    yield made
    made.database.close()


def applied(model: Mapping[str, bytes], steps: list[Step]) -> Model | None:
    """What the steps make of the model; None where one of them makes no sense."""
    after = dict(model)
    for kind, path, data in steps:
        above = {path.rsplit("/", count)[0] for count in range(1, path.count("/") + 1)}
        below = {other for other in after if other.startswith(f"{path}/")}
        if kind == "put":
            if below or above & set(after):
                return None
            after[path] = data
        elif kind == "file":
            if path not in after:
                return None
            del after[path]
        elif not below:
            return None
        else:
            after = {other: content for other, content in after.items() if other not in below}
    return after


def folders_of(model: Mapping[str, bytes]) -> set[str]:
    return {path.rsplit("/", count)[0] for path in model for count in range(1, path.count("/") + 1)}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(STEPS, min_size=1, max_size=4))
def test_commits_make_what_a_dictionary_would(catalog: Catalog, rounds: list[list[Step]]) -> None:
    package, model = catalog.new_package(), dict[str, bytes]()
    history: list[tuple[GitOid, Model]] = []
    for steps in rounds:
        after = applied(model, steps)
        if after is None:
            with pytest.raises((Invalid, FileNotFound)):
                catalog.commit(package, steps)
            continue
        model = after
        history.append((catalog.commit(package, steps), model))
    for commit, then in history:
        found = catalog.listing(package, commit)
        assert {item.path.text: item.oid for item in found if isinstance(item, File)} == {
            path: blob_oid(data) for path, data in then.items()
        }
        assert {item.path.text for item in found if isinstance(item, Folder)} == folders_of(then)
        assert [item.path.segments for item in found] == sorted(item.path.segments for item in found)
    for (one, _), (other, _) in pairwise(history):
        _compare(catalog, package, one, other)


def _compare(catalog: Catalog, package: Package, one: GitOid, other: GitOid) -> None:
    here, there = ({item.path: item.oid for item in catalog.listing(package, commit)} for commit in (one, other))
    paths = {*here, *there, FilePath("nowhere/at/all")}
    roots = (catalog.root(package, one), catalog.root(package, other))
    wanted = {path for path in paths if here.get(path) != there.get(path)}
    assert catalog.database.now(trees.changed, package.id, roots, paths) == wanted


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_a_tree_has_the_id_that_git_gives_it(catalog: Catalog, tmp_path_factory: Any, steps: list[Step]) -> None:
    model = applied({}, steps)
    if not model:
        return
    package = catalog.new_package()
    folder = tmp_path_factory.mktemp("git")
    for path, data in model.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    for arguments in (["init", "-q"], ["-c", "core.autocrlf=false", "add", "-A", "-f"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    written = subprocess.run(["git", "write-tree"], cwd=folder, check=True, capture_output=True, text=True)
    assert catalog.root(package, catalog.commit(package, steps)).hex == written.stdout.strip()


def test_folders_as_deep_as_a_path_can_be(catalog: Catalog) -> None:
    package = catalog.new_package()
    path = "a/" * 511 + "b"
    commit = catalog.commit(package, [("put", path, b"x")])
    assert [item.path.text for item in catalog.listing(package, commit) if isinstance(item, File)] == [path]
    empty = catalog.commit(package, [("file", path, b"")])
    assert catalog.listing(package, empty) == []

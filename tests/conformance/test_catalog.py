"""What the catalog does, on SQLite and on a real PostgreSQL, also when two do it at once."""

import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

import real_postgres
from entrepot.catalog import (
    access,
    blobs,
    commits,
    consistency,
    garbage,
    packages,
    pruning,
    repositories,
    revisions,
    search,
    tables,
    trees,
    xorb_holders,
)
from entrepot.catalog.access import NewToken
from entrepot.catalog.database import Database
from entrepot.catalog.moments import now
from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.domain.actor import Action, Grant
from entrepot.domain.changes import CopyFile, DeleteFile, DeleteFolder, NewCommit, PutFile
from entrepot.domain.content import Author, File, Package
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import (
    AlreadyExists,
    FileNotFound,
    Invalid,
    NotReady,
    PackageNotFound,
    RevisionNotFound,
    StaleParent,
)
from entrepot.domain.git import Signature, blob_oid
from entrepot.domain.names import FilePath, PackageName, PackageType, RefName, RepositoryKey

NUMBERS = count(1)
SOON = timedelta(hours=1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A PostgreSQL for the whole session."""
    server = real_postgres.start(tmp_path_factory.mktemp("catalog-postgres"))
    yield server
    server.cleanup()


@dataclass(frozen=True)
class Catalog:
    """A catalog with one local repository and one package in it."""

    database: Database
    repository: int
    package: Package

    def now(self, function: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        return self.database.now(function, *args, **kw)

    def put(self, path: str, data: bytes) -> PutFile:
        """The change that puts a file there, its bytes announced."""
        blob = self.now(blobs.announce, Digest.of(data), len(data))
        return PutFile(FilePath(path), blob_oid(data), len(data), False, blob.id)

    def commit(self, *changes: Any, branch: RefName = revisions.MAIN, parent: str = "") -> GitOid:
        new = NewCommit(tuple(changes), Author("ada"), datetime.now(UTC), "a message", parent)
        return self.now(commits.commit, self.package.id, branch, new)

    def paths(self, ref: str = "main") -> list[str]:
        revision = self.now(revisions.find, self.package, ref)
        found = self.now(trees.listing, self.package.id, revision.tree, recursive=True)
        return [item.path.text for item in found if isinstance(item, File)]

    def count(self, table: Any) -> int:
        return int(self.now(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one()))

    def collect(self, before: datetime) -> list[Digest]:
        """All that a collector does to the catalog; the digests that it condemned."""
        for package_id in self.now(pruning.changed_packages):
            self.now(pruning.prune, self.now(pruning.plan, package_id, before))
        self.now(garbage.drop_uploads, before)
        self.now(garbage.condemn, before)
        gone = self.now(garbage.condemned)
        self.now(garbage.forget, [blob.id for blob in gone])
        return [blob.digest for blob in gone]

    def age(self, by: timedelta) -> None:
        """Everything was seen, sent and lost that much earlier."""
        for column in (tables.blobs.c.seen_at, tables.uploads.c.created_at, tables.revisions.c.unreachable_since):
            moment = {column.name: now() - by}
            self.now(
                lambda c, t=column.table, k=column, v=moment: (
                    c.execute(update(t).where(k.is_not(None)).values(v)).rowcount
                )
            )


@pytest.fixture(params=["sqlite", "postgres"])
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalog]:
    """An empty catalog on each database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'catalog.db'}"
    else:
        server = request.getfixturevalue("postgres")
        url = real_postgres.new_database(server, f"catalog_{next(NUMBERS)}")
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    database = Database(url, readers=4)
    tables.metadata.create_all(database.engine)
    row = database.now(repositories.create, RepositoryRow(RepositoryKey("models"), Kind.LOCAL))
    package = database.now(packages.create, row.id, _name("ada/model"), private=False)
    yield Catalog(database, row.id, package)
    database.close()


def _name(text: str, kind: PackageType = PackageType.MODEL) -> PackageName:
    return PackageName.parse(kind, text)


def _together(*functions: Callable[[], Any]) -> list[Any]:
    """What each returned or raised, all begun at the same moment."""
    barrier = threading.Barrier(len(functions))

    def run(function: Callable[[], Any]) -> Any:
        barrier.wait()
        return function()

    with ThreadPoolExecutor(len(functions)) as threads:
        futures = [threads.submit(run, function) for function in functions]
    return [future.exception() or future.result() for future in futures]


def test_a_package_is_found_in_any_case_and_made_once(catalog: Catalog) -> None:
    assert catalog.now(packages.find, catalog.repository, _name("ADA/Model")).name == _name("ada/model")
    with pytest.raises(AlreadyExists):
        catalog.now(packages.create, catalog.repository, _name("Ada/model"), private=False)
    with pytest.raises(PackageNotFound):
        catalog.now(packages.find, catalog.repository, _name("ada/model", PackageType.DATASET))


def test_a_moved_package_is_found_by_its_old_name_until_that_is_taken(catalog: Catalog) -> None:
    catalog.now(packages.move, catalog.package, _name("ada/renamed"))
    assert catalog.now(packages.find, catalog.repository, _name("ada/model")).name == _name("ada/renamed")
    new = catalog.now(packages.create, catalog.repository, _name("ada/model"), private=False)
    assert catalog.now(packages.find, catalog.repository, _name("ada/model")).id == new.id


def test_a_package_is_found_by_its_tags_and_words(catalog: Catalog) -> None:
    catalog.now(packages.describe, catalog.package.id, "0" * 40, {"tags": ["tiny", "safetensors"]})
    found = catalog.now(search.find, catalog.repository, search.Query(PackageType.MODEL, tags=("tiny",)))
    assert [package.name.id for package in found] == ["ada/model"]
    assert catalog.now(search.find, catalog.repository, search.Query(PackageType.MODEL, tags=("large",))) == []


def test_a_commit_makes_its_files_visible_and_the_next_builds_on_it(catalog: Catalog) -> None:
    first = catalog.commit(catalog.put("a.txt", b"a"), catalog.put("deep/b.txt", b"b"))
    second = catalog.commit(catalog.put("c.txt", b"c"), DeleteFile(FilePath("a.txt")), parent=first.hex)
    assert catalog.paths(first.hex) == ["a.txt", "deep/b.txt"]
    assert catalog.paths() == ["c.txt", "deep/b.txt"]
    history = catalog.now(revisions.history, catalog.package, second, 10)
    assert [revision.commit for revision in history] == [second, first]
    assert catalog.now(consistency.wrong_in_package, catalog.package.id) == []


def test_a_commit_that_changes_nothing_is_the_old_one(catalog: Catalog) -> None:
    first = catalog.commit(catalog.put("a.txt", b"a"))
    assert catalog.commit(catalog.put("a.txt", b"a")) == first


def test_changes_that_make_no_sense_change_nothing(catalog: Catalog) -> None:
    head = catalog.commit(catalog.put("a.txt", b"a"))
    for change, error in (
        (DeleteFile(FilePath("nothing")), FileNotFound),
        (DeleteFolder(FilePath("a.txt")), FileNotFound),
        (CopyFile(FilePath("b"), FilePath("nothing"), ""), FileNotFound),
        (catalog.put("a.txt/below", b"x"), Invalid),
    ):
        with pytest.raises(error):
            catalog.commit(catalog.put("new.txt", b"new"), change)
    assert catalog.paths() == ["a.txt"]
    assert catalog.now(revisions.read_ref, catalog.package.id, revisions.MAIN) == head


def test_a_stale_parent_is_refused(catalog: Catalog) -> None:
    first = catalog.commit(catalog.put("a.txt", b"a"))
    catalog.commit(catalog.put("b.txt", b"b"), parent=first.hex)
    with pytest.raises(StaleParent):
        catalog.commit(catalog.put("c.txt", b"c"), parent=first.hex)


def test_of_two_commits_on_one_parent_one_wins(catalog: Catalog) -> None:
    first = catalog.commit(catalog.put("a.txt", b"a"))
    puts = [catalog.put(f"{number}.txt", str(number).encode()) for number in range(4)]
    results = _together(*(lambda put=put: catalog.commit(put, parent=first.hex) for put in puts))
    assert sorted(type(result).__name__ for result in results) == ["GitOid", *["StaleParent"] * 3]
    assert len(catalog.paths()) == 2


def test_commits_without_a_parent_all_arrive_in_some_order(catalog: Catalog) -> None:
    catalog.commit(catalog.put("first.txt", b"first"))
    puts = [catalog.put(f"{number}.txt", str(number).encode()) for number in range(6)]
    results = _together(*(lambda put=put: catalog.commit(put) for put in puts))
    assert all(isinstance(result, GitOid) for result in results), results
    assert catalog.paths() == [*(f"{number}.txt" for number in range(6)), "first.txt"]
    head = catalog.now(revisions.read_ref, catalog.package.id, revisions.MAIN)
    assert len(catalog.now(revisions.history, catalog.package, head, 100)) == 7


def test_the_first_commits_of_an_empty_package_all_arrive(catalog: Catalog) -> None:
    puts = [catalog.put(f"{number}.txt", str(number).encode()) for number in range(4)]
    results = _together(*(lambda put=put: catalog.commit(put) for put in puts))
    assert all(isinstance(result, GitOid) for result in results), results
    assert len(catalog.paths()) == 4


def test_a_branch_and_a_tag_stay_where_they_were_made(catalog: Catalog) -> None:
    first = catalog.commit(catalog.put("a.txt", b"a"))
    catalog.now(revisions.create_ref, catalog.package.id, RefName.branch("side"), first)
    catalog.now(revisions.create_ref, catalog.package.id, RefName.tag("v1"), first, "one")
    catalog.commit(catalog.put("b.txt", b"b"))
    assert catalog.paths("side") == catalog.paths("v1") == ["a.txt"]
    with pytest.raises(AlreadyExists):
        catalog.now(revisions.create_ref, catalog.package.id, RefName.tag("v1"), first)
    catalog.now(revisions.delete_ref, catalog.package.id, RefName.branch("side"))
    with pytest.raises(RevisionNotFound):
        catalog.paths("side")


def test_a_token_is_known_by_its_secret_until_it_is_revoked(catalog: Catalog) -> None:
    secret = "hf_" + secrets.token_hex(18) + "a"
    grants = (Grant("models", frozenset({Action.READ})),)
    catalog.now(access.create_token, NewToken(secret, "laptop", "ada", grants))
    actor = catalog.now(access.actor, secret)
    assert actor.name == "ada"
    assert actor.may(Action.READ, RepositoryKey("models"))
    assert not actor.may(Action.WRITE, RepositoryKey("models"))
    catalog.now(access.revoke, actor.token_id)
    assert catalog.now(access.actor, secret) is None


def test_many_announce_the_same_bytes_and_get_the_same_row(catalog: Catalog) -> None:
    results = _together(*(lambda: catalog.now(blobs.announce, Digest.of(b"same"), 4) for _ in range(6)))
    assert len({blob.id for blob in results}) == 1


def test_an_id_is_never_used_twice(catalog: Catalog) -> None:
    first = catalog.now(blobs.announce, Digest.of(b"x"), 1)
    assert catalog.collect(now() + SOON) == [Digest.of(b"x")]
    assert catalog.now(blobs.announce, Digest.of(b"x"), 1).id != first.id
    with pytest.raises(NotReady):
        catalog.now(blobs.touch, first.id)


def test_what_is_condemned_can_neither_be_announced_nor_named(catalog: Catalog) -> None:
    put = catalog.put("a.txt", b"a")
    assert catalog.now(garbage.condemn, now() + SOON) == 1
    with pytest.raises(NotReady):
        catalog.now(blobs.announce, Digest.of(b"a"), 1)
    with pytest.raises(NotReady):
        catalog.commit(put)
    with pytest.raises(RevisionNotFound):
        catalog.paths()


def test_what_is_named_or_was_just_seen_is_not_condemned(catalog: Catalog) -> None:
    catalog.commit(catalog.put("a.txt", b"a"))
    catalog.put("b.txt", b"b")
    assert catalog.now(garbage.condemn, now() - SOON) == 0
    assert catalog.now(garbage.condemn, now() + SOON) == 1
    assert [blob.digest for blob in catalog.now(garbage.condemned)] == [Digest.of(b"b")]


def test_naming_and_condemning_at_once_never_leave_a_condemned_name(catalog: Catalog) -> None:
    for number in range(12):
        put = catalog.put(f"{number}.txt", str(number).encode())
        _together(lambda put=put: catalog.commit(put), lambda: catalog.now(garbage.condemn, now() + SOON))
        condemned_names = (
            select(func.count())
            .select_from(tables.blobs)
            .where(tables.blobs.c.condemned_at.is_not(None), garbage.NAMED)
        )
        assert catalog.now(lambda c, query=condemned_names: c.execute(query).scalar_one()) == 0
        catalog.now(garbage.forget, [blob.id for blob in catalog.now(garbage.condemned)])


def test_uploads_that_nobody_names_are_forgotten(catalog: Catalog) -> None:
    put = catalog.put("a.txt", b"a")
    catalog.now(blobs.record_upload, catalog.repository, put.blob_id)
    assert catalog.collect(now() - SOON) == []
    catalog.age(2 * SOON)
    assert catalog.collect(now() - SOON) == [Digest.of(b"a")]


def test_who_has_bytes_is_told_of_packages_and_of_what_was_sent(catalog: Catalog) -> None:
    put = catalog.put("a.bin", b"a")
    digest, here = Digest.of(b"a"), (catalog.repository, catalog.package.id)
    assert catalog.now(blobs.at_hand, digest, *here) is catalog.now(blobs.reachable, digest, here[0]) is None
    assert catalog.now(blobs.held, digest, [here[0]], [], 5) == []
    catalog.commit(put)
    (held,) = catalog.now(blobs.held, digest, [here[0]], [], 5)
    assert (held.repository.text, held.package, held.blob.id) == ("models", catalog.package.name, put.blob_id)
    assert catalog.now(blobs.held, digest, [], [here[0]], 5) == [held], "it is public"
    assert catalog.now(blobs.at_hand, digest, *here) == catalog.now(blobs.reachable, digest, here[0]) == held.blob
    assert catalog.now(blobs.at_hand, digest, here[0], here[1] + 1) is None, "another package of the repository"
    catalog.now(blobs.record_upload, here[0], put.blob_id)
    assert catalog.now(blobs.at_hand, digest, here[0], here[1] + 1) == held.blob
    catalog.commit(catalog.put("again.bin", b"a"))
    assert catalog.now(blobs.at_hand, digest, here[0], here[1] + 1) is None, "it was sent for that commit"


def test_whose_chunks_a_xorb_has_is_known(catalog: Catalog) -> None:
    def add(connection: Any, blob_id: int, number: int, xorb_id: int) -> None:
        xorb = {"id": xorb_id, "hash": f"{xorb_id}", "blob_id": blob_id, "chunks": b"", "unpacked": 1, "seen_at": now()}
        connection.execute(tables.xorbs.insert().values(**xorb))
        term = {"blob_id": blob_id, "position": 0, "offset": 0, "xorb_id": xorb_id}
        connection.execute(tables.terms.insert().values(**term, chunk_start=0, chunk_end=1, length=number))

    named, other = catalog.put("a.bin", b"a"), catalog.put("b.bin", b"b")
    for number, put in enumerate((named, other), start=1):
        catalog.now(add, put.blob_id, 1, number)
    catalog.commit(named)
    here, package = catalog.repository, catalog.package
    assert catalog.now(xorb_holders.within, {1, 2}, [package.id]) == {1}
    assert catalog.now(xorb_holders.own, {1, 2}, here, package.id) == {1}
    assert catalog.now(xorb_holders.own, {1, 2}, here, package.id + 1) == set()
    (holder,) = catalog.now(xorb_holders.holders, {1, 2}, [here], set(), 5)
    assert holder == xorb_holders.Holder(package.id, RepositoryKey("models"), package.name)
    assert catalog.now(xorb_holders.holders, {1, 2}, [here], {package.id}, 5) == []
    assert catalog.now(xorb_holders.holders, {1, 2}, [here + 1], set(), 5) == []
    assert catalog.now(xorb_holders.holders, {2}, [here], set(), 5) == []
    catalog.now(blobs.record_upload, here, other.blob_id)
    assert catalog.now(xorb_holders.own, {1, 2}, here, package.id + 1) == {2}


def test_a_squashed_history_stays_for_those_who_pinned_it_until_the_grace_period_is_over(catalog: Catalog) -> None:
    first = catalog.commit(catalog.put("old.txt", b"old"))
    catalog.commit(catalog.put("new.txt", b"new"), DeleteFile(FilePath("old.txt")))
    catalog.now(commits.squash, catalog.package.id, revisions.MAIN, "folded", Signature("ada", "", 1))
    catalog.age(2 * SOON)
    assert catalog.collect(now() - SOON) == []
    assert catalog.paths(first.hex) == ["old.txt"]
    catalog.age(2 * SOON)
    assert catalog.collect(now() - SOON) == [Digest.of(b"old")]
    with pytest.raises(RevisionNotFound):
        catalog.paths(first.hex)
    assert catalog.paths() == ["new.txt"]
    assert catalog.count(tables.revisions) == catalog.count(tables.trees) == catalog.count(tables.files) == 1
    assert catalog.now(pruning.changed_packages) == []


def test_a_lost_commit_that_a_new_ref_leads_to_is_kept(catalog: Catalog) -> None:
    first = catalog.commit(catalog.put("old.txt", b"old"))
    catalog.now(commits.squash, catalog.package.id, revisions.MAIN, "folded", Signature("ada", "", 1))
    catalog.collect(now() - SOON)
    catalog.now(revisions.create_ref, catalog.package.id, RefName.tag("kept"), first)
    catalog.age(2 * SOON)
    catalog.collect(now() - SOON)
    assert catalog.paths("kept") == ["old.txt"]
    assert catalog.now(consistency.wrong_in_package, catalog.package.id) == []


def test_a_package_that_moved_on_since_it_was_looked_at_is_not_pruned(catalog: Catalog) -> None:
    catalog.commit(catalog.put("a.txt", b"a"))
    plan = catalog.now(pruning.plan, catalog.package.id, now())
    catalog.commit(catalog.put("b.txt", b"b"))
    assert not catalog.now(pruning.prune, plan)
    assert catalog.paths() == ["a.txt", "b.txt"]


def test_what_a_deleted_package_had_is_garbage(catalog: Catalog) -> None:
    catalog.commit(catalog.put("a.txt", b"a"), catalog.put("b/c.txt", b"c"))
    catalog.now(packages.remove, catalog.package.id)
    assert sorted(catalog.collect(now() + SOON)) == sorted([Digest.of(b"a"), Digest.of(b"c")])
    assert catalog.count(tables.blobs) == catalog.count(tables.trees) == catalog.count(tables.revisions) == 0


def test_one_collector_at_a_time(catalog: Catalog) -> None:
    turn = garbage.Turn(catalog.database.engine)
    if not catalog.database.is_sqlite:
        with pytest.raises(NotReady):
            garbage.Turn(catalog.database.engine)
    turn.confirm()
    turn.end()
    again = garbage.Turn(catalog.database.engine)
    again.end()


def test_a_rehearsal_changes_nothing_and_tells_what_a_collection_would_do(catalog: Catalog) -> None:
    catalog.commit(catalog.put("a.txt", b"a"))
    catalog.put("b.txt", b"b")
    moments = garbage.Moments(now() + SOON, now() + SOON)
    for _ in range(2):
        with pytest.raises(garbage.Rehearsed) as ended:
            catalog.now(garbage.rehearse, moments)
        assert [blob.digest for blob in ended.value.freed.condemned] == [Digest.of(b"b")]
    assert catalog.count(tables.blobs) == 2
    assert catalog.collect(now() + SOON) == [Digest.of(b"b")]

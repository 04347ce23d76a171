"""Policies, waivers, reports and dossiers in the catalog, on SQLite and on a real PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import real_postgres
from entrepot.catalog import blobs, dossiers, law, packages, policies, reports, repositories, waivers
from entrepot.catalog.database import Database
from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.catalog.schema import metadata
from entrepot.catalog.waivers import Plea
from entrepot.domain.content import File
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import Conflict, NotFound
from entrepot.domain.git import blob_oid
from entrepot.domain.names import FilePath, PackageName, PackageType, RepositoryKey
from entrepot.domain.report import Category, Confidence, Coverage, Finding, Location, Report, Severity, Unread
from entrepot.domain.waiver import Scope, Standing

NUMBERS = count(1)
NOW = datetime.now(UTC)
BYTES = b"some bytes"
DIGEST = Digest.of(BYTES)
FINDING = Finding("pickle.call", Severity.HIGH, Confidence.HIGH, Category.MALWARE, Location("a!b", 3), "m\ud800", "\0")
REPORT = Report("scanner 1", Coverage.PARTIAL, ("pickle",), (FINDING, FINDING), (Unread("why", 1, 2, "c"),), size=10)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A PostgreSQL for the whole session."""
    server = real_postgres.start(tmp_path_factory.mktemp("firewall-postgres"))
    yield server
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty catalog on each database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'catalog.db'}"
    else:
        server = request.getfixturevalue("postgres")
        url = real_postgres.new_database(server, f"firewall_{next(NUMBERS)}")
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    opened = Database(url, readers=6)
    metadata.create_all(opened.engine)
    yield opened
    opened.close()


def together(*functions: Callable[[], Any]) -> list[Any]:
    """What each returned, all begun at the same moment."""
    barrier = threading.Barrier(len(functions))

    def run(function: Callable[[], Any]) -> Any:
        barrier.wait()
        return function()

    with ThreadPoolExecutor(len(functions)) as threads:
        return [done.result(60) for done in [threads.submit(run, function) for function in functions]]


def apply(database: Database, name: str, text: str = "a text") -> policies.PolicyRow:
    return database.now(policies.apply, name, text, "a note", "ada")


def ask(database: Database, scope: Scope, days: float = 1) -> int:
    return database.now(waivers.ask, Plea(scope, "a reason", NOW + timedelta(days=days), "uid"), "ada").id


def test_the_newest_version_of_each_policy_is_in_force(database: Database) -> None:
    for name, text in (("b", "one"), ("a", "one"), ("b", "two"), ("c", "one"), ("c", "")):
        apply(database, name, text)
    found = database.now(policies.in_force)
    assert [(row.name, row.version, row.text) for row in found] == [("a", 1, "one"), ("b", 2, "two")]
    assert [row.version for row in database.now(policies.versions, "c")] == [2, 1]
    assert (found[0].note, found[0].applied_by, found[0].applied_at.tzinfo) == ("a note", "ada", UTC)
    with pytest.raises(NotFound):
        database.now(policies.versions, "d")


def test_every_change_counts_also_those_that_come_at_once(database: Database) -> None:
    rounds, writers = 5, 4
    for _ in range(rounds):
        made = together(*(lambda name=name: apply(database, name) for name in ("same", "same", "other", "third")))
        assert made[0].version != made[1].version
    assert database.now(policies.generation) == str(rounds * writers)
    assert len(database.now(policies.versions, "same")) == 2 * rounds


def test_a_new_instance_begins_with_one_policy_and_is_not_given_it_again(database: Database) -> None:
    assert database.now(policies.begin, "default", "text", "entrepot") is True
    assert database.now(policies.begin, "default", "text", "entrepot") is False
    database.now(policies.apply, "default", "", "taken back", "ada")
    assert database.now(policies.begin, "default", "text", "entrepot") is False
    assert database.now(policies.in_force) == []


def test_a_waiver_goes_its_way_once(database: Database) -> None:
    scope = Scope("a rule", "hub", "model/org/name", "c" * 40, "d" * 64, "a policy")
    number = ask(database, scope)
    waiting = database.now(waivers.find, number)
    assert (waiting.scope, waiting.standing, waiting.asked_by) == (scope, Standing.ASKED, "ada")
    assert database.now(waivers.in_force, NOW) == []
    granted = database.now(waivers.decide, number, Standing.GRANTED, "eve", "it is fine")
    assert (granted.standing, granted.decided_by, granted.answer) == (Standing.GRANTED, "eve", "it is fine")
    assert database.now(waivers.in_force, NOW) == [granted]
    assert database.now(waivers.in_force, NOW + timedelta(days=2)) == []
    with pytest.raises(Conflict, match="granted already"):
        database.now(waivers.decide, number, Standing.REFUSED, "eve", "no")
    assert database.now(waivers.decide, number, Standing.WITHDRAWN, "ada", "over").standing is Standing.WITHDRAWN
    assert database.now(waivers.in_force, NOW) == []
    for standing in Standing:
        if standing is not Standing.ASKED:
            with pytest.raises(Conflict):
                database.now(waivers.decide, number, standing, "eve", "again")
    with pytest.raises(NotFound):
        database.now(waivers.find, number + 1)


def test_of_two_who_decide_at_once_one_does(database: Database) -> None:
    number = ask(database, Scope(rule="a rule"))

    def decide(standing: Standing) -> Standing | None:
        try:
            return database.now(waivers.decide, number, standing, "eve", "so").standing
        except Conflict:
            return None

    said = together(lambda: decide(Standing.GRANTED), lambda: decide(Standing.REFUSED))
    (won,) = [standing for standing in said if standing]
    assert database.now(waivers.find, number).standing is won


def test_waivers_are_listed_by_how_they_stand(database: Database) -> None:
    first, second, third = (ask(database, Scope(rule=f"rule {n}")) for n in range(3))
    database.now(waivers.decide, second, Standing.GRANTED, "eve", "yes")
    assert [waiver.id for waiver in database.now(waivers.everything)] == [third, second, first]
    assert [waiver.id for waiver in database.now(waivers.everything, Standing.ASKED)] == [third, first]
    assert [waiver.id for waiver in database.now(waivers.everything, Standing.GRANTED)] == [second]


def test_what_decides_is_read_at_one_moment(database: Database) -> None:
    database.now(repositories.create, RepositoryRow(RepositoryKey("models"), Kind.LOCAL))
    apply(database, "a")
    number = ask(database, Scope(rule="a rule"))
    before = database.now(law.read, NOW)
    assert (before.generation, [row.name for row in before.policies], before.waivers) == ("1", ["a"], [])
    assert [row.key.text for row in before.repositories] == ["models"]
    database.now(waivers.decide, number, Standing.GRANTED, "eve", "yes")
    after = database.now(law.read, NOW)
    assert (after.generation, [waiver.id for waiver in after.waivers]) == ("2", [number])


def test_a_report_is_kept_once_for_each_scanner_and_read_again(database: Database) -> None:
    subject = reports.of_bytes(DIGEST, "deep/model.pkl")
    database.now(reports.keep, subject, replace(REPORT, findings=()))
    database.now(reports.keep, subject, REPORT)
    assert database.now(reports.find, subject, "scanner 1") == REPORT
    assert database.now(reports.find, subject, "scanner 2") is None
    newer = replace(REPORT, scanner="scanner 2", findings=())
    database.now(reports.keep, subject, newer)
    assert database.now(reports.find, subject, "scanner 1") == REPORT
    assert database.now(reports.latest, [subject, "other"])[subject].report == newer


def test_many_reports_are_found_by_few_questions(database: Database) -> None:
    subjects = [reports.of_bytes(Digest.of(bytes([n % 256, n // 256])), "a") for n in range(700)]
    for subject in subjects[::50]:
        database.now(reports.keep, subject, REPORT)
    assert sorted(database.now(reports.find_many, subjects, "scanner 1")) == sorted(subjects[::50])
    assert database.now(reports.find_many, [], "scanner 1") == {}


def test_the_same_report_by_two_at_once_is_one(database: Database) -> None:
    subject = reports.of_bytes(DIGEST, "a")
    together(*(lambda: database.now(reports.keep, subject, REPORT) for _ in range(4)))
    assert database.now(reports.find, subject, "scanner 1") == REPORT


def test_a_report_belongs_to_bytes_under_a_name_or_to_one_upstreams_file(database: Database) -> None:
    long = "x" * 5000 + ".py"
    names = ["a.py", "a.txt", "b.py", long, long.replace("x", "y"), "ü.py", "ö.py"]
    assert len({reports.of_bytes(DIGEST, name) for name in names}) == len(names)
    assert reports.of_bytes(DIGEST, "deep/er/A.py") == reports.of_bytes(DIGEST, "a.py")
    file = File(FilePath("a.py"), 10, blob_oid(BYTES))
    others = [replace(file, size=11), replace(file, path=FilePath("b.py")), replace(file, lfs=DIGEST)]
    subjects = {reports.of_upstream(1, one) for one in (file, *others)} | {reports.of_upstream(2, file)}
    assert len(subjects) == 5
    for subject in (*subjects, *(reports.of_bytes(DIGEST, name) for name in names)):
        database.now(reports.keep, subject, REPORT)
        assert database.now(reports.find, subject, "scanner 1") == REPORT


def test_what_an_earlier_scanner_looked_at_and_what_nobody_did_is_found(database: Database) -> None:
    row = database.now(repositories.create, RepositoryRow(RepositoryKey("models"), Kind.LOCAL))
    old, new, none = (database.now(blobs.announce, Digest.of(data), 1) for data in (b"1", b"2", b"3"))
    for blob in (old, new, none):
        database.now(blobs.record_upload, row.id, blob.id)
    database.now(reports.keep, reports.of_bytes(old.digest, "dir/old.PKL"), REPORT)
    database.now(reports.keep, reports.of_bytes(new.digest, "new"), REPORT)
    database.now(reports.keep, reports.of_bytes(new.digest, "new"), replace(REPORT, scanner="scanner 2"))
    (found,) = database.now(reports.outdated, "scanner 2", 0, 10)
    assert (found.name, found.blob.id) == ("old.pkl", old.id)
    assert database.now(reports.outdated, "scanner 2", found.number, 10) == []
    assert [blob.id for blob in database.now(reports.unseen, 0, 10)] == [none.id]
    assert database.now(reports.unseen, none.id, 10) == []


def test_a_dossier_is_kept_for_one_commit_and_scanner_and_goes_with_its_package(database: Database) -> None:
    row = database.now(repositories.create, RepositoryRow(RepositoryKey("models"), Kind.LOCAL))
    name = PackageName.parse(PackageType.MODEL, "ada/model")
    package = database.now(packages.create, row.id, name, private=False)
    commit, other = GitOid("a" * 40), GitOid("b" * 40)
    for content in (b"one", b"two"):
        database.now(dossiers.keep, package.id, commit, "scanner 1", content)
    assert database.now(dossiers.find, package.id, commit, "scanner 1") == b"two"
    assert database.now(dossiers.find, package.id, other, "scanner 1") is None
    assert database.now(dossiers.find, package.id, commit, "scanner 2") is None
    database.now(packages.remove, package.id)
    assert database.now(dossiers.find, package.id, commit, "scanner 1") is None

"""Decisions as they stand in the catalog, on SQLite and on a real PostgreSQL: what is changed is named."""

import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

import real_postgres
from entrepot.catalog import decisions, instance
from entrepot.catalog.database import Database
from entrepot.catalog.decisions import HEAD, Filter
from entrepot.catalog.firewall_tables import decisions as rows
from entrepot.catalog.firewall_tables import traces
from entrepot.catalog.schema import metadata
from entrepot.domain.decision import ALLOWED, Decision, Effect, Outcome, Reading, Step
from entrepot.domain.door import Door, Recorded

NUMBERS = count(1)
WHEN = datetime(2026, 3, 1, 12, 0, 0, 123456, UTC)
READING = Reading("verdict", "malicious", "malicious: pickle.call (critical)", True)
STEP = Step("default@3", "nothing malicious", Effect.BLOCK, Outcome.MATCHED, (READING,), "it is malicious")
BLOCKED = Decision(Effect.BLOCK, ("it is malicious", "and old"), "nothing malicious", "default@3", (STEP,))
HELD = Decision(Effect.HOLD, ("nobody has looked",), "nothing unseen", "default@3", (STEP, replace(STEP, rule="b")))

Tamper = Callable[[Connection], object]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A PostgreSQL for the whole session."""
    server = real_postgres.start(tmp_path_factory.mktemp("decisions-postgres"))
    yield server
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty catalog is, on each database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'catalog.db'}"
    server = request.getfixturevalue("postgres")
    made = real_postgres.new_database(server, f"decisions_{next(NUMBERS)}")
    return made.replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An empty catalog."""
    opened = Database(url, readers=4)
    metadata.create_all(opened.engine)
    yield opened
    opened.close()


def decided(decision: Decision = ALLOWED, **given: Any) -> Recorded:
    """A decision of somebody who downloads a file."""
    made = Recorded(
        uid=f"{next(NUMBERS):016x}",
        at=WHEN,
        actor="ada",
        token_id=7,
        token_name="laptop",
        address="127.0.0.1",
        client="hf_hub/1.0",
        door=Door.FILE,
        repository="hub",
        package="model/org/name",
        commit="c" * 40,
        path="model.bin",
        size=1 << 40,
        digest="d" * 64,
        gives=not decision.effect.refuses,
        decision=decision,
        milliseconds=12,
    )
    return replace(made, **given)


def told(database: Database) -> list[str]:
    return list(database.now(lambda connection: list(decisions.broken(connection, piece=2))))


def written(database: Database, wanted: Filter | None = None) -> list[int]:
    """The numbers of the decisions that fit, the oldest first."""
    return sorted(line.number for line in database.now(decisions.page, wanted or Filter(), 1000))


def test_what_was_written_is_read_again_with_its_trace(database: Database) -> None:
    batch = [decided(BLOCKED), decided(size=None, token_id=None, path="", digest="", door=Door.PACKAGE), decided(HELD)]
    database.now(decisions.append, batch)
    for number, recorded in enumerate(batch, 1):
        line = database.now(decisions.find, recorded.uid)
        reasons = ("; ".join(recorded.decision.reasons),) if recorded.decision.reasons else ()
        assert line.number == number
        assert line.recorded == replace(recorded, decision=replace(recorded.decision, reasons=reasons))
    assert database.now(decisions.find, "nothing") is None
    assert told(database) == []


def test_a_chain_of_many_batches_holds_and_shares_its_traces(database: Database) -> None:
    assert told(database) == []
    database.now(decisions.append, [])
    for _ in range(4):
        database.now(decisions.append, [decided(BLOCKED), decided(BLOCKED), decided()])
    assert written(database) == list(range(1, 13))
    assert len(database.now(lambda connection: connection.execute(select(traces)).all())) == 1
    assert told(database) == []


def test_what_was_written_before_anybody_measured_holds_as_it_is(database: Database) -> None:
    database.now(decisions.append, [decided(milliseconds=None), decided()])
    assert told(database) == []
    database.now(_change(milliseconds=0, number=1))
    (said,) = told(database)
    assert said.startswith("the decision 1 ")


def test_what_is_handed_over_again_after_its_answer_was_lost_stands_there_once(database: Database) -> None:
    batch = [decided(BLOCKED), decided(), decided(HELD)]
    database.now(decisions.append, batch[:2])
    database.now(decisions.append, batch)
    database.now(decisions.append, batch)
    assert written(database) == [1, 2, 3]
    assert told(database) == []


def _change(number: int = 3, **values: Any) -> Tamper:
    return lambda connection: connection.execute(update(rows).where(rows.c.id == number).values(**values)).rowcount


def _delete(*numbers: int) -> Tamper:
    return lambda connection: connection.execute(delete(rows).where(rows.c.id.in_(numbers))).rowcount


def _swap(connection: Connection) -> None:
    for old, new in ((3, 100), (4, 3), (100, 4)):
        connection.execute(update(rows).where(rows.c.id == old).values(id=new))


def _copy(number: int, **values: Any) -> Tamper:
    def tamper(connection: Connection) -> None:
        row = connection.execute(select(rows).where(rows.c.id == 3)).one()._asdict()
        connection.execute(insert(rows).values({**row, "id": number, "uid": "forged", **values}))

    return tamper


def _trace(content: bytes) -> Tamper:
    return lambda connection: connection.execute(update(traces).values(content=content)).rowcount


TAMPERED: dict[str, tuple[Tamper, str]] = {
    "who": (_change(actor="eve"), "the decision 3"),
    "when": (_change(at=WHEN + timedelta(microseconds=1)), "the decision 3"),
    "what": (_change(path="other.bin"), "the decision 3"),
    "which bytes": (_change(digest="e" * 64), "the decision 3"),
    "how it ended": (_change(effect="allow"), "the decision 3"),
    "whether bytes left": (_change(gives=True), "the decision 3"),
    "why": (_change(reason=""), "the decision 3"),
    "whose trace": (_change(trace=""), "the decision 3"),
    "how long it took": (_change(milliseconds=11), "the decision 3"),
    "that it took any time": (_change(milliseconds=None), "the decision 3"),
    "a token's number": (_change(token_id=None), "the decision 3"),
    "its own hash": (_change(hash="0" * 64), "the decision 3"),
    "the first is gone": (_delete(1), "1 rows are missing before the decision 2"),
    "one in the middle is gone": (_delete(3), "1 rows are missing before the decision 4"),
    "several are gone": (_delete(2, 3), "2 rows are missing before the decision 4"),
    "the last is gone": (_delete(6), "number 6, the last one there is 5"),
    "all are gone": (_delete(*range(1, 7)), "number 6, the last one there is 0"),
    "two have changed places": (_swap, "the decision 3"),
    "one too many at the end": (_copy(7), "the decision 7"),
    "one too many before the first": (_copy(0), "before the first"),
    "one with a number below zero": (_copy(-9), "before the first"),
    "a trace says something else": (_trace(zlib.compress(b"[]")), "the trace"),
    "a trace is noise": (_trace(b"noise"), "the trace"),
    "a trace is gone": (lambda connection: connection.execute(delete(traces)).rowcount, "is missing"),
    "the fact about the end": (lambda c: instance.write(c, HEAD, f"5:{'0' * 64}"), "is number 5, the last one"),
}


@pytest.mark.parametrize("tampering", TAMPERED)
def test_what_was_tampered_with_is_named(database: Database, tampering: str) -> None:
    database.now(decisions.append, [decided(BLOCKED) for _ in range(6)])
    assert told(database) == []
    tamper, expected = TAMPERED[tampering]
    database.now(tamper)
    assert [said for said in told(database) if expected in said]


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "\x1b[31m", "ü" * 10, "x" * 5000])
def test_whatever_a_stranger_says_of_itself_is_written_down(database: Database, text: str) -> None:
    decision = replace(BLOCKED, reasons=(text,), trace=(replace(STEP, reason=text),))
    database.now(decisions.append, [decided(decision, client=text, path=text, address=text, token_name=text)])
    assert written(database) == [1]
    assert told(database) == []


def test_several_writers_make_one_chain(url: str) -> None:
    databases = [Database(url, readers=2) for _ in range(3)]
    metadata.create_all(databases[0].engine)
    barrier = threading.Barrier(len(databases))

    def write(database: Database) -> None:
        barrier.wait()
        for _ in range(8):
            database.now(decisions.append, [decided(BLOCKED), decided(HELD)])

    with ThreadPoolExecutor(len(databases)) as threads:
        for done in [threads.submit(write, database) for database in databases]:
            done.result(60)
    assert written(databases[0]) == list(range(1, 49))
    assert told(databases[0]) == []
    for database in databases:
        database.close()


def test_filters_narrow_down_and_add_up(database: Database) -> None:
    hour = timedelta(hours=1)
    batch = [
        decided(BLOCKED),
        decided(HELD, door=Door.HEAD, actor="eve", at=WHEN + hour),
        decided(repository="other", package="dataset/org/name", at=WHEN + 2 * hour),
        decided(replace(ALLOWED, effect=Effect.WARN), package="model/org/name-2", digest="e" * 64),
        decided(package="model/gpt2", gives=False),
    ]
    database.now(decisions.append, batch)
    expected: list[tuple[Filter, list[int]]] = [
        (Filter(), [1, 2, 3, 4, 5]),
        (Filter(since=WHEN + hour), [2, 3]),
        (Filter(until=WHEN + hour), [1, 4, 5]),
        (Filter(since=WHEN + hour, until=WHEN + 2 * hour), [2]),
        (Filter(refused=True), [1, 2]),
        (Filter(effect="warn"), [4]),
        (Filter(package="org/name"), [1, 2, 3]),
        (Filter(package="model/org/name"), [1, 2]),
        (Filter(package="gpt2"), [5]),
        (Filter(package="model/gpt2"), [5]),
        (Filter(package="org"), []),
        (Filter(repository="other"), [3]),
        (Filter(actor="eve"), [2]),
        (Filter(digest="e" * 64), [4]),
        (Filter(rule="nothing unseen"), [2]),
        (Filter(door="head"), [2]),
        (Filter(gives=True), [3, 4]),
        (Filter(before=3), [1, 2]),
        (Filter(refused=True, actor="ada"), [1]),
    ]
    for wanted, numbers in expected:
        assert written(database, wanted) == numbers, wanted
        assert database.now(decisions.count, wanted) == len(numbers), wanted
    newest = [line.number for line in database.now(decisions.page, Filter(), 2)]
    assert newest == [5, 4]
    assert [line.number for line in database.now(decisions.page, Filter(before=newest[-1]), 2)] == [3, 2]


def test_bytes_were_given_only_where_they_left(database: Database) -> None:
    refused, shown, given = "1" * 64, "2" * 64, "3" * 64
    batch = [decided(BLOCKED, digest=refused), decided(digest=shown, gives=False), decided(digest=given)]
    database.now(decisions.append, batch)
    assert [database.now(decisions.was_given, digest) for digest in (refused, shown, given, "")] == [
        False,
        False,
        True,
        False,
    ]

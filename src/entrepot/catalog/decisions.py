"""Decisions in the catalog: append-only, each row hashed together with the hash of the row before it."""

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, insert, or_, select

from entrepot.catalog import instance
from entrepot.catalog.firewall_tables import decisions, traces
from entrepot.domain.decision import Decision, Effect
from entrepot.domain.decision_text import dump_trace, load_trace
from entrepot.domain.door import Door, Recorded

HEAD = "decisions-head"
"""The fact that holds the number and the hash of the last row: what is cut off at the end is missed, too."""
BEGINNING = "0" * 64
MAX_PAGE = 1000
_HASHED = (
    "uid",
    "at",
    "actor",
    "token_id",
    "token_name",
    "address",
    "client",
    "door",
    "repository",
    "package",
    "commit_id",
    "path",
    "size",
    "digest",
    "effect",
    "gives",
    "rule",
    "policy",
    "reason",
    "trace",
)
_TOOK = "milliseconds"
"""Hashed where it is there: rows of before nobody measured are as they were written."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which decisions to show; what is empty does not narrow them down."""

    since: datetime | None = None
    until: datetime | None = None
    refused: bool = False
    """Only what was blocked or held."""
    effect: str = ""
    package: str = ""
    """`org/name`, with or without its type before it."""
    repository: str = ""
    actor: str = ""
    digest: str = ""
    rule: str = ""
    door: str = ""
    gives: bool = False
    """Only those that let bytes out."""
    before: int = 0
    """Only rows with a smaller number: how the next page is asked for."""


@dataclass(frozen=True, slots=True)
class Line:
    """A decision as it was written down, with the number of its row."""

    number: int
    recorded: Recorded
    hash: str


def append(connection: Connection, batch: Sequence[Recorded]) -> None:
    """Write decisions down, in their order. Writers take turns by the fact that holds the last hash.

    What stands there already is left out: whoever never heard that it was written hands it over again.
    """
    count, _, last = instance.lock(connection, HEAD, f"0:{BEGINNING}").partition(":")
    batch = _unwritten(connection, batch)
    # Numbered here: what a database counts up has gaps where a transaction was run again, and a gap is a missing row.
    number = int(count)
    rows: list[dict[str, Any]] = []
    for recorded, trace in zip(batch, _keep_traces(connection, batch), strict=True):
        values = _values(recorded, trace)
        number, last = number + 1, _hash(last, values)
        rows.append({"id": number, **values, "hash": last})
    if rows:
        connection.execute(insert(decisions), rows)
        instance.write(connection, HEAD, f"{number}:{last}")


def _unwritten(connection: Connection, batch: Sequence[Recorded]) -> Sequence[Recorded]:
    # A batch is written whole or not at all: where its first decision is new, so are the others.
    first = select(decisions.c.id).where(decisions.c.uid == batch[0].uid) if batch else None
    if first is None or connection.execute(first).first() is None:
        return batch
    uids = [recorded.uid for recorded in batch]
    known = set(connection.execute(select(decisions.c.uid).where(decisions.c.uid.in_(uids))).scalars())
    return [recorded for recorded in batch if recorded.uid not in known]


def _keep_traces(connection: Connection, batch: Sequence[Recorded]) -> list[str]:
    texts = [dump_trace(recorded.decision.trace) if recorded.decision.trace else b"" for recorded in batch]
    names = [hashlib.sha256(text).hexdigest() if text else "" for text in texts]
    wanted = {name: text for name, text in zip(names, texts, strict=True) if name}
    known = set(connection.execute(select(traces.c.hash).where(traces.c.hash.in_(list(wanted)))).scalars())
    rows = [{"hash": name, "content": zlib.compress(text)} for name, text in wanted.items() if name not in known]
    if rows:
        connection.execute(insert(traces), rows)
    return names


def _values(recorded: Recorded, trace: str) -> dict[str, Any]:
    decision = recorded.decision
    values = {
        "uid": recorded.uid,
        "at": recorded.at,
        "actor": recorded.actor,
        "token_id": recorded.token_id,
        "token_name": recorded.token_name,
        "address": recorded.address,
        "client": recorded.client,
        "door": recorded.door.value,
        "repository": recorded.repository,
        "package": recorded.package,
        "commit_id": recorded.commit,
        "path": recorded.path,
        "size": recorded.size,
        "digest": recorded.digest,
        "effect": decision.effect.value,
        "gives": recorded.gives,
        "rule": decision.rule,
        "policy": decision.policy,
        "reason": "; ".join(decision.reasons),
        "trace": trace,
        _TOOK: recorded.milliseconds,
    }
    return {name: _storable(value) if isinstance(value, str) else value for name, value in values.items()}


def _storable(text: str) -> str:
    """The text without what no database takes: one decision that can't be written would keep all others waiting."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _hash(previous: str, values: dict[str, Any]) -> str:
    shown = {name: values[name] for name in _HASHED} | {"at": values["at"].isoformat()}
    if values[_TOOK] is not None:
        shown[_TOOK] = values[_TOOK]
    content = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{previous}\n{content}".encode()).hexdigest()


def find(connection: Connection, uid: str) -> Line | None:
    """The decision of that id, with its trace; None where there is none."""
    row = connection.execute(select(decisions).where(decisions.c.uid == uid)).one_or_none()
    if row is None:
        return None
    content = connection.execute(select(traces.c.content).where(traces.c.hash == row.trace)).scalar()
    return _line(row, _unpacked(content) if content is not None else b"")


def _unpacked(content: bytes) -> bytes:
    """The bytes of a trace; none where they were tampered with."""
    try:
        return zlib.decompress(content)
    except zlib.error:
        return b""


def page(connection: Connection, wanted: Filter, limit: int) -> list[Line]:
    """The decisions that fit, the newest first; without their traces."""
    query = _narrowed(select(decisions), wanted).order_by(decisions.c.id.desc()).limit(min(limit, MAX_PAGE))
    return [_line(row, b"") for row in connection.execute(query)]


def count(connection: Connection, wanted: Filter) -> int:
    """How many decisions fit."""
    return int(connection.execute(_narrowed(select(func.count()).select_from(decisions), wanted)).scalar_one())


def was_given(connection: Connection, digest: str) -> bool:
    """Whether bytes of that digest have ever left."""
    query = select(decisions.c.id).where(decisions.c.digest == digest, decisions.c.gives).limit(1)
    return connection.execute(query).first() is not None


def _narrowed(query: Select[Any], wanted: Filter) -> Select[Any]:
    columns = decisions.c
    refusing = [effect.value for effect in Effect if effect.refuses]
    tests = (
        (wanted.since, lambda: columns.at >= wanted.since),
        (wanted.until, lambda: columns.at < wanted.until),
        (wanted.refused, lambda: columns.effect.in_(refusing)),
        (wanted.effect, lambda: columns.effect == wanted.effect),
        (wanted.package, lambda: _is_package(wanted.package)),
        (wanted.repository, lambda: columns.repository == wanted.repository),
        (wanted.actor, lambda: columns.actor == wanted.actor),
        (wanted.digest, lambda: columns.digest == wanted.digest),
        (wanted.rule, lambda: columns.rule == wanted.rule),
        (wanted.door, lambda: columns.door == wanted.door),
        (wanted.gives, lambda: columns.gives),
        (wanted.before, lambda: columns.id < wanted.before),
    )
    return query.where(and_(True, *[make() for is_wanted, make in tests if is_wanted]))


def _is_package(text: str) -> Any:
    kinds = ("model", "dataset", "space", "kernel")
    if text.partition("/")[0] in kinds and text.count("/") >= 1:
        return or_(decisions.c.package == text, decisions.c.package == f"model/{text}")
    return decisions.c.package.in_([f"{kind}/{text}" for kind in kinds])


def _line(row: Row[Any], trace: bytes) -> Line:
    steps = load_trace(trace) if trace else ()
    reasons = (row.reason,) if row.reason else ()
    recorded = Recorded(
        uid=row.uid,
        at=row.at,
        actor=row.actor,
        token_id=row.token_id,
        token_name=row.token_name,
        address=row.address,
        client=row.client,
        door=Door(row.door),
        repository=row.repository,
        package=row.package,
        commit=row.commit_id,
        path=row.path,
        size=row.size,
        digest=row.digest,
        gives=row.gives,
        decision=Decision(Effect(row.effect), reasons, row.rule, row.policy, steps),
        milliseconds=row.milliseconds,
    )
    return Line(row.id, recorded, row.hash)


def broken(connection: Connection, piece: int = 1000) -> Iterator[str]:
    """Every place where the chain does not hold, as a sentence. Nothing where all is as it was written."""
    number, last = 0, BEGINNING
    if (added := connection.execute(select(func.count()).where(decisions.c.id < 1)).scalar_one()) > 0:
        yield f"{added} rows were put before the first decision"
    while rows := connection.execute(
        select(decisions).where(decisions.c.id > number).order_by(decisions.c.id).limit(piece)
    ).all():
        for row in rows:
            if row.id != number + 1:
                yield f"{row.id - number - 1} rows are missing before the decision {row.id}"
            values = {name: getattr(row, name) for name in (*_HASHED, _TOOK)}
            if _hash(last, values) != row.hash:
                yield f"the decision {row.id} ({row.uid}), or the one before it, is not what was written"
            number, last = row.id, row.hash
        yield from _changed_traces(connection, [row.trace for row in rows])
    head = instance.read(connection, HEAD) or f"0:{BEGINNING}"
    if head != f"{number}:{last}":
        yield f"the last decision that was written is number {head.partition(':')[0]}, the last one there is {number}"


def _changed_traces(connection: Connection, names: Sequence[str]) -> Iterator[str]:
    wanted = {name for name in names if name}
    found = set()
    for row in connection.execute(select(traces).where(traces.c.hash.in_(sorted(wanted)))):
        found.add(row.hash)
        if hashlib.sha256(_unpacked(row.content)).hexdigest() != row.hash:
            yield f"the trace {row.hash[:12]} is not what was written"
    for name in sorted(wanted - found):
        yield f"the trace {name[:12]} is missing"

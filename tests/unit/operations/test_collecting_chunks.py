"""Files that are kept as chunks: their chunks go when nobody uses them any more, and not before."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from entrepot.catalog.moments import now
from entrepot.catalog.tables import blobs, uploads
from entrepot.catalog.tables import terms as term_rows
from entrepot.catalog.tables import xorbs as xorb_rows
from entrepot.domain.content import Blob
from entrepot.domain.names import PackageName
from entrepot.operations.check import Kind, check
from entrepot.operations.collect import Collected, collect
from entrepot.operations.registry import Registry
from entrepot.operations.stored import stored
from entrepot.operations.xet import commit_shard
from entrepot.operations.xet.keep_xorb import keep_xorb
from entrepot_testing import run
from xet_making import ONE, TWO, Bench, Pack, Piece, content, make_bench, shard, stream

PACK = Pack(tuple(bytes([i]) * (1000 + i) for i in range(40)))
WHOLE, PART = (Piece(PACK, 0, 40),), (Piece(PACK, 3, 30),)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = make_bench(tmp_path)
    yield made
    made.registry.database.close()


async def _send(bench: Bench, *files: tuple[Piece, ...], name: PackageName = ONE) -> list[Blob]:
    ticket = await bench.package(name)
    await keep_xorb(bench.registry, ticket, PACK.hash, stream(PACK.data))
    announcement = await commit_shard.check(bench.registry, ticket, stream(shard(*files)))
    return await commit_shard.record(bench.registry, announcement, commit_shard.Progress(len(announcement.files)))


def _age(registry: Registry, days: float) -> None:
    """Everything was seen that much earlier."""

    def age(connection: Any) -> int:
        moment = now() - timedelta(days=days)
        connection.execute(update(blobs).values(seen_at=moment))
        connection.execute(update(uploads).values(created_at=moment))
        connection.execute(update(xorb_rows).values(seen_at=moment))
        return 0

    registry.database.now(age)


async def _kinds(registry: Registry) -> list[Kind]:
    return [finding.kind async for finding in check(registry, deep=True)]


def test_a_chunked_file_that_nobody_names_frees_its_xorb_and_that_its_bytes(bench: Bench) -> None:
    async def test() -> None:
        await _send(bench, WHOLE, PART)
        assert await _kinds(bench.registry) == []
        _age(bench.registry, 30)
        said = await collect(bench.registry, dry_run=True)
        done = await collect(bench.registry)
        assert said == done == Collected(blobs=3, bytes=done.bytes, uploads=2, xorbs=1)
        assert 0 < done.bytes <= len(PACK.data)
        assert len([item async for item in bench.registry.blobs.walk()]) == 1  # .gitattributes, which has a name
        assert bench.registry.database.now(lambda c: c.execute(term_rows.select()).all()) == []
        assert await _kinds(bench.registry) == []

    run(test)


def test_chunks_outlive_their_file_for_clients_that_remember_them(bench: Bench) -> None:
    async def test() -> None:
        await _send(bench, WHOLE)
        _age(bench.registry, 7)
        assert await collect(bench.registry) == Collected(blobs=1, uploads=1)
        (again,) = await _send(bench, WHOLE, name=TWO)
        source = await _stored_bytes(bench.registry, again)
        assert source == content(WHOLE)

    run(test)


async def _stored_bytes(registry: Registry, blob: Blob) -> bytes:
    source = await stored(registry, blob)
    return b"".join([piece async for piece in source.read(0, blob.size)])


@pytest.mark.parametrize(
    "values",
    [{"chunk_end": 41}, {"chunk_start": 1}, {"length": 7}, {"offset": 5}, {"position": 3}],
    ids=lambda values: next(iter(values)),
)
def test_terms_that_cant_be_right_are_named(bench: Bench, values: dict[str, int]) -> None:
    async def test() -> None:
        (blob,) = await _send(bench, WHOLE)
        here = term_rows.c.blob_id == blob.id
        bench.registry.database.now(lambda c: c.execute(update(term_rows).where(here).values(**values)).rowcount)
        found = [finding async for finding in check(bench.registry)]
        assert [finding.kind for finding in found] == [Kind.BROKEN_TERMS]
        assert blob.digest.hex in found[0].sentence

    run(test)

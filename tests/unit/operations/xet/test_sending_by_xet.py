"""Sending by Xet: only what its chunks make of it gets in, and nobody gets at what others sent."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from entrepot.catalog import access, blobs, terms, xorbs
from entrepot.domain.actor import Action
from entrepot.domain.content import Blob
from entrepot.domain.digest import Digest
from entrepot.domain.errors import FileNotFound, Forbidden, Invalid, TooLarge, Unauthenticated
from entrepot.domain.names import PackageName, PackageType, RepositoryKey
from entrepot.operations import publish, storage
from entrepot.operations.stored import stored
from entrepot.operations.xet import reach
from entrepot.operations.xet.admit import Ticket, admit, pass_to_read, pass_to_write
from entrepot.operations.xet.commit_shard import Progress, check, record
from entrepot.operations.xet.epoch import epoch, renew
from entrepot.operations.xet.keep_xorb import keep_xorb
from entrepot.operations.xet.known_chunks import known_chunks
from entrepot.xet.merkle import chunk_hash
from entrepot.xet.shard import is_dedup_eligible
from entrepot.xet.xorb import MAX_UPLOAD, XorbIndex
from entrepot_testing import apply_policy, rule_about, run
from xet_making import KEY, ONE, TWO, Bench, Pack, Piece, content, hash_of, make_bench, new_actor, shard, stream

FIRST = Pack(tuple(bytes([i]) * (1000 + i) for i in range(40)))
SECOND = Pack((b"second" * 99, b"chunks" * 77, b"more of them"))
FILE = (Piece(FIRST, 3, 30), Piece(SECOND, 0, 3), Piece(FIRST, 0, 40), Piece(SECOND, 1, 2))
SECRET = RepositoryKey("secret")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = make_bench(tmp_path)
    yield made
    made.registry.database.close()


async def send(bench: Bench, ticket: Ticket, *packs: Pack) -> list[bool]:
    return [await keep_xorb(bench.registry, ticket, pack.hash, stream(pack.data)) for pack in packs]


async def commit(bench: Bench, ticket: Ticket, data: bytes) -> list[Blob]:
    announcement = await check(bench.registry, ticket, stream(data))
    return await record(bench.registry, announcement, Progress(len(announcement.files)))


async def read(bench: Bench, blob: Blob, start: int = 0, end: int | None = None) -> bytes:
    source = await stored(bench.registry, blob)
    return b"".join([piece async for piece in source.read(start, blob.size if end is None else end)])


def test_a_file_is_what_its_chunks_are_from_any_byte_to_any_other(bench: Bench) -> None:
    async def test() -> None:
        ticket = await bench.package()
        assert await send(bench, ticket, FIRST, SECOND) == [True, True]
        (blob,) = await commit(bench, ticket, shard(FILE))
        whole = content(FILE)
        assert (blob.digest, blob.size, blob.xet) == (Digest.of(whole), len(whole), hash_of(FILE).text)
        assert blob.chunked
        assert await read(bench, blob) == whole
        for start, end in [(0, 1), (5, 5), (999, 3002), (len(whole) - 1, len(whole)), (40_000, 60_000)]:
            assert await read(bench, blob, start, end) == whole[start:end]

    run(test)


def test_a_xorb_is_news_once_and_kept_once(bench: Bench) -> None:
    async def test() -> None:
        ticket = await bench.package()
        assert await send(bench, ticket, FIRST, FIRST) == [True, False]
        assert (await storage.measure(bench.registry)).unique < len(FIRST.data) + 3000

    run(test)


def test_what_another_repository_was_sent_makes_no_difference_to_the_answer(bench: Bench) -> None:
    async def test() -> None:
        hidden = await bench.package(ONE, SECRET)
        await send(bench, hidden, FIRST)
        outsider = new_actor(bench.registry, ("models", set(Action)), name="eve")
        ticket = await bench.package(TWO, actor=outsider)
        with pytest.raises(Invalid, match=f"xorb {FIRST.hash} is not here"):
            await commit(bench, ticket, shard((Piece(FIRST, 0, 40),)))
        with pytest.raises(FileNotFound):
            await known_chunks(bench.registry, ticket, chunk_hash(FIRST.chunks[0]))
        with pytest.raises(Invalid):
            await keep_xorb(bench.registry, ticket, FIRST.hash, stream(SECOND.data))
        assert await send(bench, ticket, FIRST) == [True]
        assert await commit(bench, ticket, shard((Piece(FIRST, 0, 40),)))

    run(test)


def test_chunks_of_what_the_sender_may_read_need_not_be_sent_again(bench: Bench) -> None:
    async def test() -> None:
        hidden = await bench.package(ONE, SECRET)
        await send(bench, hidden, FIRST)
        (blob,) = await commit(bench, hidden, shard((Piece(FIRST, 0, 40),)))
        ticket = await bench.package(TWO)
        with pytest.raises(Invalid):
            await commit(bench, ticket, shard((Piece(FIRST, 0, 20),)))  # sent there, but not named by anything yet
        await _name(bench, hidden, blob)
        (index,) = await known_chunks(bench.registry, ticket, chunk_hash(FIRST.chunks[0]))
        assert index.hash == FIRST.hash
        assert await commit(bench, ticket, shard((Piece(FIRST, 0, 20),)))

    run(test)


def test_a_package_that_is_blocked_is_not_put_together_from_its_chunks(bench: Bench) -> None:
    async def test() -> None:
        source = await bench.package(ONE, SECRET)
        await send(bench, source, FIRST)
        (blob,) = await commit(bench, source, shard((Piece(FIRST, 0, 40),)))
        await _name(bench, source, blob)
        ticket = await bench.package(TWO)
        apply_policy(bench.registry, rule_about('package = ["ada/one"]', name="not that one"))
        with pytest.raises(FileNotFound):
            await known_chunks(bench.registry, ticket, chunk_hash(FIRST.chunks[0]))
        with pytest.raises(Invalid, match=f"xorb {FIRST.hash} is not here"):
            await commit(bench, ticket, shard((Piece(FIRST, 0, 20),)))
        # Whoever works on the package itself goes on with what it has, and others with what they send.
        assert await commit(bench, source, shard((Piece(FIRST, 0, 20),)))
        assert await send(bench, ticket, FIRST) == [True]
        assert await commit(bench, ticket, shard((Piece(FIRST, 0, 20),)))

    run(test)


@pytest.mark.parametrize("at_once", [1, 20])
def test_one_package_that_may_be_had_is_enough_for_chunks(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(reach, "JUDGED_AT_ONCE", at_once)

    async def test() -> None:
        names = [PackageName(PackageType.MODEL, "ada", f"copy-{number}") for number in range(4)]
        for number, name in enumerate(names):
            source = await bench.package(name, SECRET)
            for pack in (FIRST, SECOND):
                await keep_xorb(bench.registry, source, pack.hash, stream(pack.data))
            (blob,) = await commit(bench, source, shard((Piece(FIRST, 0, 20 + number),)))
            await _name(bench, source, blob)
        ticket = await bench.package(TWO)
        apply_policy(bench.registry, rule_about('package = ["ada/copy-*"]'))
        with pytest.raises(FileNotFound):
            await known_chunks(bench.registry, ticket, chunk_hash(FIRST.chunks[0]))
        apply_policy(bench.registry, rule_about('package = ["ada/copy-*"]\nunless.package = ["ada/copy-0"]'))
        assert await known_chunks(bench.registry, ticket, chunk_hash(FIRST.chunks[0]))
        assert await commit(bench, ticket, shard((Piece(FIRST, 0, 20),)))
        with pytest.raises(Invalid, match=f"xorb {SECOND.hash} is not here"):
            await commit(bench, ticket, shard((Piece(SECOND, 0, 2),)))

    run(test)


async def _name(bench: Bench, ticket: Ticket, blob: Blob) -> None:
    from entrepot.domain.names import FilePath, RefName
    from entrepot.operations.manage import workplace

    here = await workplace(bench.registry, ticket.key, ticket.package, ticket.actor)

    async def items():  # type: ignore[no-untyped-def]
        yield publish.LargeFile(FilePath("a.bin"), blob.digest, blob.size)

    draft = publish.Draft(here.package, RefName("refs/heads/main"), "a file", "", items())
    await publish.publish(bench.registry, here.repository, ticket.actor, draft)


@pytest.mark.parametrize("broken", [b"", b"\0" * 7, b"XETBLOB", b"\1" + FIRST.data[1:], FIRST.data[:-1]])
def test_a_xorb_that_is_not_what_it_says_is_refused_and_leaves_nothing(bench: Bench, broken: bytes) -> None:
    async def test() -> None:
        ticket = await bench.package()
        with pytest.raises(Invalid, match=str(FIRST.hash)):
            await keep_xorb(bench.registry, ticket, FIRST.hash, stream(broken))
        assert not list(bench.registry.staging.folder.iterdir())
        assert await bench.registry.database.read(xorbs.find, FIRST.hash) is None

    run(test)


def test_a_xorb_without_end_is_cut_off_at_the_limit(bench: Bench) -> None:
    async def endless():  # type: ignore[no-untyped-def]
        for _ in range(MAX_UPLOAD // (1 << 20) + 2):
            yield bytes(1 << 20)
        raise AssertionError("nobody should read as far as this")

    async def test() -> None:
        ticket = await bench.package()
        with pytest.raises(TooLarge):
            await keep_xorb(bench.registry, ticket, FIRST.hash, endless())
        assert not list(bench.registry.staging.folder.iterdir())

    run(test)


def test_a_footer_is_not_kept(bench: Bench) -> None:
    async def test() -> None:
        ticket = await bench.package()
        data = FIRST.data + b"XETBLOB" + bytes(100)
        assert await keep_xorb(bench.registry, ticket, FIRST.hash, stream(data))
        row = await bench.registry.database.read(xorbs.find, FIRST.hash)
        assert row is not None
        assert row.size == len(FIRST.data)
        assert await bench.registry.blobs.size(row.digest) == len(FIRST.data)

    run(test)


def test_a_lost_xorb_is_named_and_can_be_sent_again(bench: Bench) -> None:
    async def test() -> None:
        ticket = await bench.package()
        await send(bench, ticket, FIRST, SECOND)
        row = await bench.registry.database.read(xorbs.find, SECOND.hash)
        assert row is not None
        await bench.registry.blobs.delete(row.digest)
        with pytest.raises(Invalid, match=f"xorb {SECOND.hash} is not here"):
            await commit(bench, ticket, shard(FILE))
        await send(bench, ticket, SECOND)
        (blob,) = await commit(bench, ticket, shard(FILE))
        assert await read(bench, blob) == content(FILE)

    run(test)


def test_the_clients_word_for_the_digest_is_not_taken(bench: Bench) -> None:
    async def test() -> None:
        ticket = await bench.package()
        await send(bench, ticket, FIRST, SECOND)
        with pytest.raises(Invalid, match="SHA-256"):
            await commit(bench, ticket, shard(FILE, claims=[Digest.of(b"something else")]))
        assert await bench.registry.database.read(blobs.find, Digest.of(content(FILE))) is None
        (blob,) = await commit(bench, ticket, shard(FILE, claims=[None]))
        assert blob.digest == Digest.of(content(FILE))

    run(test)


@pytest.mark.parametrize(
    "data", [b"", b"nonsense" * 50, shard(FILE)[:-20], shard(FILE).replace(FIRST.hash.raw, bytes(32))]
)
def test_a_broken_shard_is_refused(bench: Bench, data: bytes) -> None:
    async def test() -> None:
        ticket = await bench.package()
        await send(bench, ticket, FIRST, SECOND)
        with pytest.raises(Invalid):
            await commit(bench, ticket, data)

    run(test)


def test_the_same_shard_twice_changes_nothing(bench: Bench) -> None:
    async def test() -> None:
        ticket = await bench.package()
        await send(bench, ticket, FIRST, SECOND)
        first = await commit(bench, ticket, shard(FILE, (Piece(SECOND, 0, 3),)))
        again = await asyncio.gather(*(commit(bench, ticket, shard(FILE, (Piece(SECOND, 0, 3),))) for _ in range(3)))
        assert [[blob.id for blob in found] for found in again] == [[blob.id for blob in first]] * 3
        assert await read(bench, first[0]) == content(FILE)

    run(test)


def test_what_is_stored_plain_stays_plain_and_gets_its_true_hash(bench: Bench) -> None:
    async def test() -> None:
        ticket = await bench.package()
        data = content(FILE)
        repository = await bench.registry.repository(KEY)
        plain = await publish.upload(bench.registry, repository, stream(data), Digest.of(data), len(data))
        await send(bench, ticket, FIRST, SECOND)
        (blob,) = await commit(bench, ticket, shard(FILE))
        assert blob == replace(plain, xet=hash_of(FILE).text)
        assert await bench.registry.database.read(terms.between, blob.id, 0, blob.size) == []
        assert await read(bench, blob) == data

    run(test)


def test_a_row_whose_bytes_never_came_is_served_from_chunks(bench: Bench) -> None:
    async def test() -> None:
        ticket = await bench.package()
        data = content(FILE)
        await bench.registry.database.write(blobs.announce, Digest.of(data), len(data))
        await send(bench, ticket, FIRST, SECOND)
        (blob,) = await commit(bench, ticket, shard(FILE))
        assert blob.chunked
        assert await read(bench, blob) == data

    run(test)


def test_a_pass_ends_with_the_token_behind_it(bench: Bench) -> None:
    async def test() -> None:
        given = await pass_to_write(bench.registry, KEY, (await bench.package()).package, "None", bench.actor)
        assert (await admit(bench.registry, KEY, given.text)).may_write
        assert bench.actor.token_id is not None
        await bench.registry.database.write(access.revoke, bench.actor.token_id)
        with pytest.raises(Unauthenticated, match="revoked"):
            await admit(bench.registry, KEY, given.text)

    run(test)


@pytest.mark.parametrize("text", [None, "", "nonsense", "a.b", "é.ü", "x" * 5000])
def test_what_is_no_pass_is_refused(bench: Bench, text: str | None) -> None:
    with pytest.raises(Unauthenticated):
        run(admit, bench.registry, KEY, text)


def test_a_pass_is_for_one_repository_and_one_purpose(bench: Bench) -> None:
    async def test() -> None:
        ticket = await bench.package()
        given = await pass_to_read(bench.registry, KEY, ONE, "main", bench.actor)
        with pytest.raises(Unauthenticated):
            await admit(bench.registry, SECRET, given.text)
        other = bench.registry.signer.sign("lfs", ticket.claims(), 60)
        with pytest.raises(Unauthenticated):
            await admit(bench.registry, KEY, other)
        reader = await admit(bench.registry, KEY, given.text)
        with pytest.raises(Forbidden):
            await keep_xorb(bench.registry, reader, FIRST.hash, stream(FIRST.data))
        with pytest.raises(Forbidden):
            await check(bench.registry, reader, stream(shard(FILE)))

    run(test)


def test_an_expired_pass_is_refused(bench: Bench) -> None:
    async def test() -> None:
        ticket = await bench.package()
        expired = bench.registry.signer.sign("xet", ticket.claims(), -1)
        with pytest.raises(Unauthenticated, match="expired"):
            await admit(bench.registry, KEY, expired)

    run(test)


def test_the_epoch_stays_until_it_is_renewed(bench: Bench) -> None:
    async def test() -> None:
        first = await epoch(bench.registry)
        assert await epoch(bench.registry) == first
        assert await renew(bench.registry) == await epoch(bench.registry) != first

    run(test)


def test_unused_xorbs_can_be_dropped_and_used_ones_can_not(bench: Bench) -> None:
    async def test() -> None:
        ticket = await bench.package()
        spare = Pack((b"nobody", b"needs", b"this"))
        await send(bench, ticket, FIRST, SECOND, spare)
        await commit(bench, ticket, shard(FILE))
        database, later = bench.registry.database, datetime.now(UTC) + timedelta(days=1)
        assert await database.write(xorbs.unused, later - timedelta(days=2)) == []
        row = await database.read(xorbs.find, spare.hash)
        assert row is not None
        assert await database.write(xorbs.unused, later) == [row.id]
        used = await database.read(xorbs.find, FIRST.hash)
        assert used is not None
        assert await database.write(xorbs.drop, [row.id, used.id]) == 1
        assert await database.read(xorbs.find, spare.hash) is None

    run(test)


def test_clients_are_told_of_eligible_chunks_anywhere_in_a_xorb(bench: Bench) -> None:
    chunk = next(data for i in range(100_000) if is_dedup_eligible(chunk_hash(data := b"%d" % i)))
    pack = Pack((b"first", chunk, b"last"))

    async def test() -> None:
        ticket = await bench.package()
        await send(bench, ticket, pack)
        (index,) = await known_chunks(bench.registry, ticket, chunk_hash(chunk))
        assert isinstance(index, XorbIndex)
        assert index.hash == pack.hash
        with pytest.raises(FileNotFound):
            await known_chunks(bench.registry, ticket, chunk_hash(b"last"))

    run(test)


def test_storage_counts_chunks_once_and_files_as_people_see_them(bench: Bench) -> None:
    async def test() -> None:
        ticket = await bench.package()
        before = await storage.measure(bench.registry)
        await send(bench, ticket, FIRST, SECOND)
        (blob,) = await commit(bench, ticket, shard(FILE))
        await _name(bench, ticket, blob)
        after = await storage.measure(bench.registry)
        assert after.logical == before.logical + len(content(FILE))
        assert after.unique - before.unique == len(FIRST.data) + len(SECOND.data)
        assert after.repositories[0].unique == after.unique

    run(test)

"""Reading by Xet: every plan leads to the file's bytes, every fetch goes through the gate and to nothing else."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from entrepot.catalog import access, decisions, packages
from entrepot.catalog.decisions import Filter
from entrepot.catalog.packages import Settings
from entrepot.domain.actor import Action
from entrepot.domain.content import Blob
from entrepot.domain.digest import Digest
from entrepot.domain.door import Door
from entrepot.domain.errors import Blocked, FileNotFound, Forbidden, RangeNotSatisfiable
from entrepot.domain.names import FilePath, RefName, RepositoryKey
from entrepot.operations import publish
from entrepot.operations.manage import workplace
from entrepot.operations.xet import locate as locating
from entrepot.operations.xet.admit import Ticket, admit, pass_to_read
from entrepot.operations.xet.commit_shard import Progress, check, record
from entrepot.operations.xet.fetch import fetch
from entrepot.operations.xet.keep_xorb import keep_xorb
from entrepot.operations.xet.reconstruct import LINK, Reconstruction, Wanted, reconstruct
from entrepot.xet import virtual
from entrepot.xet.merkle import XetHash
from entrepot_testing import apply_policy, rule_about, run
from xet_making import KEY, ONE, TWO, Bench, Pack, Piece, content, hash_of, make_bench, new_actor, shard, stream

FIRST = Pack(tuple(bytes([i]) * (1000 + i) for i in range(40)))
SECOND = Pack((b"second" * 99, b"chunks" * 77, b"more of them"))
FILE = (Piece(FIRST, 3, 30), Piece(SECOND, 0, 3), Piece(FIRST, 0, 20), Piece(SECOND, 1, 2))
PLAIN = bytes(range(256)) * 1200 + b"the end"
RANGES = [(0, None), (0, 0), (1, 1_000), (27_000, 31_000), (40_000, 40_001), (5, 1 << 40)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = make_bench(tmp_path)
    yield made
    made.registry.database.close()


async def by_xet(bench: Bench, ticket: Ticket) -> Blob:
    for pack in (FIRST, SECOND):
        await keep_xorb(bench.registry, ticket, pack.hash, stream(pack.data))
    announcement = await check(bench.registry, ticket, stream(shard(FILE)))
    return (await record(bench.registry, announcement, Progress(1)))[0]


async def plain(bench: Bench) -> Blob:
    repository = await bench.registry.repository(KEY)
    return await publish.upload(bench.registry, repository, stream(PLAIN), Digest.of(PLAIN), len(PLAIN))


async def name(bench: Bench, ticket: Ticket, path: str, blob: Blob) -> None:
    here = await workplace(bench.registry, ticket.key, ticket.package, ticket.actor)

    async def items() -> AsyncIterator[publish.Item]:
        yield publish.LargeFile(FilePath(path), blob.digest, blob.size)

    draft = publish.Draft(here.package, RefName("refs/heads/main"), "a file", "", items())
    await publish.publish(bench.registry, here.repository, ticket.actor, draft)


async def reader(bench: Bench) -> Ticket:
    given = await pass_to_read(bench.registry, KEY, ONE, "main", bench.actor)
    return await admit(bench.registry, KEY, given.text)


async def both(bench: Bench) -> Ticket:
    """A package with a file of either kind, and a ticket to read it."""
    writer = await bench.package()
    await name(bench, writer, "chunked.bin", await by_xet(bench, writer))
    await name(bench, writer, "plain.bin", await plain(bench))
    return await reader(bench)


async def put_together(bench: Bench, found: Reconstruction, length: int) -> bytes:
    """What a client makes of a plan: it verifies nothing, and unpacks what it is sent."""
    chunks: dict[tuple[XetHash, int], bytes] = {}
    for wanted in found.plan.fetches:
        parcel = await fetch(bench.registry, KEY, found.links[wanted.xorb], bench.actor)
        clearance = await parcel.clear(wanted.first_byte, wanted.last_byte + 1)
        pieces = clearance.open(wanted.first_byte, wanted.last_byte + 1)
        data, at = b"".join([piece async for piece in pieces]), 0
        for number in range(wanted.start, wanted.end):
            size = int.from_bytes(data[at + 5 : at + 8], "little")
            assert data[at] == data[at + 4] == 0
            chunks[wanted.xorb, number] = data[at + 8 : at + 8 + size]
            at += 8 + size
        assert at == len(data)
    whole = b"".join(chunks[term.xorb, n] for term in found.plan.terms for n in range(term.start, term.end))
    return whole[found.plan.offset : found.plan.offset + length]


@pytest.mark.parametrize("asked", RANGES)
def test_a_range_of_a_chunked_file_comes_straight_from_its_xorbs(bench: Bench, asked: tuple[int, int | None]) -> None:
    async def test() -> None:
        ticket = await both(bench)
        for file in (hash_of(FILE), virtual.file_hash(Digest.of(content(FILE)))):
            found = await reconstruct(bench.registry, ticket, Wanted(file, *asked))
            assert set(found.links) <= {FIRST.hash, SECOND.hash}
            expected = content(FILE)[asked[0] : None if asked[1] is None else asked[1] + 1]
            assert await put_together(bench, found, len(expected)) == expected

    run(test)


@pytest.mark.parametrize("asked", [*RANGES, (131_071, 131_072), (262_144, 300_000)])
def test_a_range_of_a_plain_file_comes_as_virtual_xorbs(bench: Bench, asked: tuple[int, int | None]) -> None:
    async def test() -> None:
        ticket = await both(bench)
        wanted = Wanted(virtual.file_hash(Digest.of(PLAIN)), *asked)
        expected = PLAIN[asked[0] : None if asked[1] is None else asked[1] + 1]
        assert await put_together(bench, await reconstruct(bench.registry, ticket, wanted), len(expected)) == expected

    run(test)


def test_a_plain_file_that_also_came_by_xet_is_found_by_both_hashes(bench: Bench) -> None:
    async def test() -> None:
        writer = await bench.package()
        data = content(FILE)
        repository = await bench.registry.repository(KEY)
        blob = await publish.upload(bench.registry, repository, stream(data), Digest.of(data), len(data))
        await name(bench, writer, "a.bin", blob)
        ticket = await reader(bench)
        made_up = virtual.file_hash(Digest.of(data))
        assert await put_together(bench, await reconstruct(bench.registry, ticket, Wanted(made_up)), len(data)) == data
        with pytest.raises(FileNotFound):
            await reconstruct(bench.registry, ticket, Wanted(hash_of(FILE)))
        await by_xet(bench, writer)
        found = await reconstruct(bench.registry, ticket, Wanted(hash_of(FILE)))
        assert await put_together(bench, found, len(data)) == data

    run(test)


def test_a_link_from_while_the_file_landed_is_good_where_it_is_kept_as_chunks(bench: Bench) -> None:
    async def test() -> None:
        ticket = await both(bench)
        data = content(FILE)
        # While a file lands nobody knows yet that its bytes are here already, as chunks: its plan is made up.
        xorb = virtual.xorb(Digest.of(data), len(data), 0)
        whole = virtual.file_hash(Digest.of(data))
        claims = {**ticket.claims(), "file": whole.text, "xorb": xorb.hash.text, "number": 0}
        link = bench.registry.signer.sign(LINK, claims, 60)
        parcel = await fetch(bench.registry, KEY, link, bench.actor)
        assert parcel.size == xorb.physical_size
        clearance = await parcel.clear(0, parcel.size)
        sent = b"".join([piece async for piece in clearance.open(0, parcel.size)])
        assert data[:1000] in sent and len(sent) == xorb.physical_size

    run(test)


def test_past_the_end_there_is_nothing(bench: Bench) -> None:
    async def test() -> None:
        ticket = await both(bench)
        for file, size in ((hash_of(FILE), len(content(FILE))), (virtual.file_hash(Digest.of(PLAIN)), len(PLAIN))):
            with pytest.raises(RangeNotSatisfiable) as caught:
                await reconstruct(bench.registry, ticket, Wanted(file, size, size + 5))
            assert caught.value.size == size

    run(test)


def test_a_pass_reads_its_own_commit_and_no_other(bench: Bench) -> None:
    async def test() -> None:
        writer = await bench.package()
        before = await reader(bench)
        await name(bench, writer, "a.bin", await by_xet(bench, writer))
        with pytest.raises(FileNotFound):
            await reconstruct(bench.registry, before, Wanted(hash_of(FILE)))
        assert await reconstruct(bench.registry, await reader(bench), Wanted(hash_of(FILE)))

    run(test)


def test_who_writes_may_read_back_what_was_sent_and_is_not_named_yet(bench: Bench) -> None:
    async def test() -> None:
        writer = await bench.package()
        await by_xet(bench, writer)
        found = await reconstruct(bench.registry, writer, Wanted(hash_of(FILE)))
        assert await put_together(bench, found, len(content(FILE))) == content(FILE)
        hidden = RepositoryKey("secret")
        with pytest.raises(FileNotFound):
            await reconstruct(bench.registry, await bench.package(TWO, hidden), Wanted(hash_of(FILE)))

    run(test)


def test_what_has_a_name_is_not_read_without_it(bench: Bench) -> None:
    async def test() -> None:
        writer = await bench.package()
        await name(bench, writer, "weights.bin", await by_xet(bench, writer))
        apply_policy(bench.registry, rule_about('path = ["*.bin"]', name="no such files"))
        with pytest.raises(Blocked, match="no such files"):
            await reconstruct(bench.registry, await reader(bench), Wanted(hash_of(FILE)))
        other = await bench.package(TWO)
        with pytest.raises(FileNotFound):
            await reconstruct(bench.registry, other, Wanted(hash_of(FILE)))

    run(test)


async def under_two_names(bench: Bench) -> Ticket:
    writer = await bench.package()
    blob = await by_xet(bench, writer)
    await name(bench, writer, "a.bin", blob)
    await name(bench, writer, "b.weights", blob)
    return await reader(bench)


async def given_as(bench: Bench, door: Door) -> set[str]:
    """The paths under which bytes were let out at that door."""
    await bench.registry.firewall.record.write_down(bench.registry.database)
    lines = await bench.registry.database.read(decisions.page, Filter(door=door, gives=True), 10)
    return {line.recorded.path for line in lines}


def test_bytes_with_two_names_leave_under_the_one_that_may_and_the_record_says_which(bench: Bench) -> None:
    async def test() -> None:
        ticket = await under_two_names(bench)
        apply_policy(bench.registry, rule_about('path = ["*.bin"]', name="no such files"))
        found = await reconstruct(bench.registry, ticket, Wanted(hash_of(FILE)))
        assert await put_together(bench, found, len(content(FILE))) == content(FILE)
        assert await given_as(bench, Door.XET_PLAN) == {"b.weights"} == await given_as(bench, Door.XET_FETCH)
        refused = await bench.registry.database.read(decisions.page, Filter(refused=True), 10)
        assert not refused, "nobody asked for the other name"

    run(test)


def test_bytes_none_of_whose_names_may_leave_stay(bench: Bench) -> None:
    async def test() -> None:
        ticket = await under_two_names(bench)
        apply_policy(bench.registry, rule_about('path = ["*.bin", "*.weights"]', name="no such files"))
        with pytest.raises(Blocked, match=r"a\.bin is blocked .*no such files"):
            await reconstruct(bench.registry, ticket, Wanted(hash_of(FILE)))

    run(test)


def test_a_link_follows_the_bytes_to_the_name_that_may_leave_now(bench: Bench) -> None:
    async def test() -> None:
        ticket = await under_two_names(bench)
        found = await reconstruct(bench.registry, ticket, Wanted(hash_of(FILE)))
        assert await given_as(bench, Door.XET_PLAN) == {"a.bin"}
        apply_policy(bench.registry, rule_about('path = ["*.bin"]', name="no such files"))
        assert await put_together(bench, found, len(content(FILE))) == content(FILE)
        assert await given_as(bench, Door.XET_FETCH) == {"b.weights"}
        apply_policy(bench.registry, rule_about('path = ["*.bin", "*.weights"]', name="no such files"))
        with pytest.raises(Blocked):
            await put_together(bench, found, len(content(FILE)))

    run(test)


def test_of_too_many_names_the_first_are_looked_at(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locating, "MOST_NAMES", 1)

    async def test() -> None:
        ticket = await under_two_names(bench)
        apply_policy(bench.registry, rule_about('path = ["*.bin"]', name="no such files"))
        with pytest.raises(Blocked):
            await reconstruct(bench.registry, ticket, Wanted(hash_of(FILE)))

    run(test)


def test_a_link_is_for_the_bytes_of_its_file_alone(bench: Bench) -> None:
    async def test() -> None:
        writer = await bench.package()
        for pack in (FIRST, SECOND):
            await keep_xorb(bench.registry, writer, pack.hash, stream(pack.data))
        pieces = (Piece(FIRST, 10, 12), Piece(FIRST, 12, 14), Piece(FIRST, 20, 21))
        await record(bench.registry, await check(bench.registry, writer, stream(shard(pieces))), Progress(1))
        found = await reconstruct(bench.registry, writer, Wanted(hash_of(pieces)))
        parcel = await fetch(bench.registry, KEY, found.links[FIRST.hash], bench.actor)
        first, second = found.plan.fetches
        await parcel.clear(first.first_byte, first.last_byte + 1)
        for start, end in [
            (0, parcel.size),
            (first.first_byte - 1, first.last_byte + 1),
            (first.first_byte, first.last_byte + 2),
            (first.first_byte, second.last_byte + 1),
        ]:
            with pytest.raises(Forbidden):
                await parcel.clear(start, end)

    run(test)


@pytest.mark.parametrize("file", [hash_of(FILE), virtual.file_hash(Digest.of(PLAIN))])
def test_what_the_gate_blocks_is_neither_planned_nor_fetched(bench: Bench, file: XetHash) -> None:
    async def test() -> None:
        ticket = await both(bench)
        found = await reconstruct(bench.registry, ticket, Wanted(file))
        parcels = [await fetch(bench.registry, KEY, link, bench.actor) for link in found.links.values()]
        apply_policy(bench.registry, rule_about('size = ">= 0 B"', name="no malware"))
        with pytest.raises(Blocked, match="no malware"):
            await reconstruct(bench.registry, ticket, Wanted(file))
        for parcel in parcels:
            with pytest.raises(Blocked):
                await parcel.clear(0, 9)

    run(test)


def test_a_link_ends_with_its_time_its_token_and_its_repository(bench: Bench) -> None:
    async def test() -> None:
        ticket = await both(bench)
        found = await reconstruct(bench.registry, ticket, Wanted(hash_of(FILE)))
        link = found.links[FIRST.hash]
        claims = bench.registry.signer.open(LINK, link)
        with pytest.raises(Forbidden):
            await fetch(bench.registry, RepositoryKey("secret"), link, bench.actor)
        with pytest.raises(Forbidden, match="expired"):
            await fetch(bench.registry, KEY, bench.registry.signer.sign(LINK, claims, -1), bench.actor)
        with pytest.raises(Forbidden):
            await fetch(bench.registry, KEY, link[:-2] + "xx", bench.actor)
        assert bench.actor.token_id is not None
        await bench.registry.database.write(access.revoke, bench.actor.token_id)
        with pytest.raises(Forbidden, match="revoked"):
            await fetch(bench.registry, KEY, link, bench.actor)

    run(test)


def test_a_token_that_reads_another_repository_reads_nothing_here(bench: Bench) -> None:
    stranger = new_actor(bench.registry, ("secret", {Action.READ}), name="eve")

    async def test() -> None:
        ticket = await both(bench)
        claims = {**ticket.claims(), "token": stranger.token_id, "file": hash_of(FILE).text, "xorb": FIRST.hash.text}
        with pytest.raises(Forbidden, match="may not read"):
            await fetch(bench.registry, KEY, bench.registry.signer.sign(LINK, claims, 60), bench.actor)

    run(test)


def test_a_deleted_package_is_not_read_from_what_was_remembered_of_it_for_long(bench: Bench) -> None:
    async def test() -> None:
        ticket = await both(bench)
        found = await reconstruct(bench.registry, ticket, Wanted(hash_of(FILE)))
        here = await workplace(bench.registry, KEY, ONE, bench.actor)
        await bench.registry.database.write(packages.configure, here.package.id, Settings(private=True))
        assert await fetch(bench.registry, KEY, found.links[FIRST.hash], bench.actor)
        await bench.registry.database.write(packages.remove, here.package.id)
        law = await bench.registry.firewall.law(bench.registry.database)
        who = (bench.actor.token_id, law.generation)
        bench.registry.xet.places.drop((KEY, ONE, ticket.ref, False, hash_of(FILE), *who))
        with pytest.raises(Exception, match="there is no model"):
            await fetch(bench.registry, KEY, found.links[FIRST.hash], bench.actor)

    run(test)

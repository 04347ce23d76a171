"""A file of any size is judged by a glance, before it is fetched; and no glance is believed once the bytes are here."""

import random
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from entrepot.catalog.repositories import Kind
from entrepot.domain.content import File
from entrepot.domain.digest import Digest
from entrepot.domain.door import Door
from entrepot.domain.errors import Blocked, Corrupt, EntrepotError, UpstreamRefused, UpstreamUnavailable
from entrepot.domain.names import RepositoryKey
from entrepot.operations.download import download, look
from entrepot.operations.flight import LAST
from entrepot.operations.registry import Registry
from entrepot_testing import READER, add_repository, run
from firewalled import HOSTILE, Mischief, Opening, a_firewall, ask, take, where
from sparse_making import torch_zip
from weights_making import weights

MIB = 1 << 20
BAD = torch_zip(HOSTILE, 3 * MIB)
BAD_BYTES = BAD.read(0, BAD.size)
GOOD = weights(BAD.size)


async def _refuse(file: File, start: int, end: int | None) -> AsyncGenerator[bytes, None]:
    raise UpstreamRefused("no parts are sent", 502)
    yield b""


async def _break_off(file: File, start: int, end: int | None) -> AsyncGenerator[bytes, None]:
    yield b"PK"
    raise UpstreamUnavailable("upstream broke off")


async def _garbage(file: File, start: int, end: int | None) -> AsyncGenerator[bytes, None]:
    yield random.Random(start).randbytes((end or file.size) - start)


async def _nothing(file: File, start: int, end: int | None) -> AsyncGenerator[bytes, None]:
    for piece in ():
        yield piece


async def _too_much(file: File, start: int, end: int | None) -> AsyncGenerator[bytes, None]:
    for _ in range(40):
        yield bytes(MIB)


def _good(file: File, start: int, end: int | None) -> AsyncGenerator[bytes, None]:
    async def pieces() -> AsyncGenerator[bytes, None]:
        yield GOOD[start:end]

    return pieces()


FAULTS: dict[str, Opening] = {
    "sends no ranges": _refuse,
    "breaks off": _break_off,
    "sends garbage": _garbage,
    "sends nothing": _nothing,
    "sends too much": _too_much,
    "shows other bytes": _good,
}


async def refused(registry: Registry) -> bytes:
    """What came of the hostile file before it was refused for what it is."""
    came = bytearray()
    with pytest.raises(Blocked, match="nothing malicious"):
        await take(await ask(registry), came)
    return bytes(came)


def test_ten_gigabytes_with_a_hostile_pickle_are_refused_for_less_than_a_megabyte(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.promise("model.bin", torch_zip(HOSTILE, 10 << 30))
            with pytest.raises(Blocked, match=r"model\.bin is blocked.*pickle\.call"):
                await ask(registry)
            assert 0 < fake.sent < MIB
            assert fake.asked["open model.bin"] == 0
            sent = fake.sent
            with pytest.raises(Blocked):
                await ask(registry)
            assert fake.sent == sent
            assert (await look(registry, where("model.bin"), READER, Door.HEAD)).offers_xet is False

    run(test)


def test_ten_gigabytes_of_harmless_weights_begin_to_flow_after_a_glance(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path, max_file_bytes=20 << 30) as (fake, registry):
            fake.promise("model.bin", torch_zip(b"\x80\x02}q\x00.", 10 << 30))
            clearance = await ask(registry)
            pieces = clearance.open(0, 1000)
            assert (await anext(pieces)).startswith(b"PK")
            assert clearance.path is None
            assert fake.asked["open model.bin"] == 1
            await registry.flights.close(0)

    run(test)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_who_shows_something_else_at_a_glance_does_not_get_it_past_the_end(tmp_path: Path, fault: str) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.promise("model.bin", BAD, Digest.of(BAD_BYTES))
            fake.glances = FAULTS[fault]
            came = await refused(registry)
            assert came == BAD_BYTES[: len(came)] and len(came) <= BAD.size - LAST
            assert await refused(registry) == b""
            assert fake.asked["open model.bin"] == 1

    run(test)


def test_what_could_not_be_judged_by_a_glance_is_not_glanced_at_by_everybody(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.promise("model.bin", BAD, Digest("e" * 64))
            fake.glances = _refuse
            fake.fetches = _refuse
            for _ in range(3):
                with pytest.raises(UpstreamRefused):
                    await ask(registry)
            assert fake.asked["glance model.bin"] == 1

    run(test)


def _lies() -> dict[str, tuple[Callable[[Mischief], None], type[EntrepotError]]]:
    async def short(file: File, start: int, end: int | None) -> AsyncGenerator[bytes, None]:
        yield GOOD[start:-1000]

    async def long(file: File, start: int, end: int | None) -> AsyncGenerator[bytes, None]:
        yield (GOOD + bytes(1000))[start:]

    async def other(file: File, start: int, end: int | None) -> AsyncGenerator[bytes, None]:
        yield weights(len(GOOD), 2)[start:]

    def sends(opening: Opening) -> Callable[[Mischief], None]:
        def told(fake: Mischief) -> None:
            fake.glances, fake.fetches = _good, opening

        return told

    return {
        "less than it promised": (sends(short), UpstreamUnavailable),
        "more than it promised": (sends(long), Corrupt),
        "other bytes than it promised": (sends(other), Corrupt),
    }


@pytest.mark.parametrize("lie", sorted(_lies()))
def test_a_good_glance_does_not_let_the_end_of_other_bytes_out(
    tmp_path: Path, lie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.operations.fetching.FIRST_PAUSE", 0)
    tell, error = _lies()[lie]

    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.promise("model.bin", BAD, Digest.of(GOOD))
            tell(fake)
            came = bytearray()
            with pytest.raises(error):
                await take(await ask(registry), came)
            assert len(came) <= len(GOOD) - LAST

    run(test)


def test_what_one_upstream_showed_says_nothing_of_another_ones_file(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            add_repository(registry, "other", Kind.REMOTE, upstream="http://other.example")
            fake.promise("model.bin", BAD)
            fake.glances, fake.fetches = _good, _refuse
            with pytest.raises(UpstreamRefused):
                await ask(registry)
            fake.glances = None  # the other one has the same name and etag, and shows what it is
            with pytest.raises(Blocked):
                await download(registry, replace(where("model.bin"), repository=RepositoryKey("other")), READER)

    run(test)


def test_a_file_that_a_glance_finds_harmless_arrives_whole(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.add("org/model", {"model.bin": GOOD}, lfs=True)
            came = bytearray()
            await take(await ask(registry), came)
            assert bytes(came) == GOOD
            clearance = await ask(registry)
            assert clearance.path is not None and clearance.path.read_bytes() == GOOD

    run(test)

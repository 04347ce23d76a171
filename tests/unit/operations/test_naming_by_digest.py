"""A digest alone opens nothing: what policy keeps from somebody can't be named by who knows its digest."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from entrepot.catalog.revisions import MAIN
from entrepot.domain.actor import Action, Actor, Grant
from entrepot.domain.digest import Digest
from entrepot.domain.errors import Blocked, Invalid
from entrepot.domain.names import FilePath, Locator, PackageName, PackageType, RepositoryKey
from entrepot.operations import manage, publish
from entrepot.operations.download import download
from entrepot.operations.large_files import invite
from entrepot.operations.publish import Draft, Item, LargeFile
from entrepot.operations.registry import Registry
from entrepot_testing import add_repository, apply_policy, rule_about, run
from firewalled import KEY as REMOTE
from firewalled import NAME as THEIRS
from firewalled import a_firewall, ask, take
from weights_making import weights

KEY, NAME = RepositoryKey("models"), PackageName(PackageType.MODEL, "ada", "model")
ADA = Actor("ada", 1, 1, "test", (Grant("*", frozenset(Action)),))
DATA = weights(5000)
PATH = FilePath("model.bin")
NOT_FROM_THERE = rule_about('publisher = ["org"]', name="not from there")


def holder(*grants: str) -> Actor:
    """Somebody with a token for these, written as `models:read,write`."""
    found = [(text.partition(":")[0], text.partition(":")[2].split(",")) for text in grants]
    return Actor("eve", 2, 2, "t", tuple(Grant(key, frozenset(Action(word) for word in words)) for key, words in found))


async def name_it(registry: Registry) -> None:
    async def given() -> AsyncIterator[Item]:
        yield LargeFile(PATH, Digest.of(DATA), len(DATA))

    repository = await registry.repository(KEY)
    draft = Draft(await repository.package(NAME), MAIN, "more", "", given())
    await publish.publish(registry, repository, ADA, draft)


def test_what_is_kept_from_somebody_is_not_named_by_its_digest(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path, "") as (fake, registry):
            fake.add("org/model", {"model.bin": DATA}, lfs=True)
            add_repository(registry, KEY.text)
            await manage.create(registry, KEY, NAME, ADA, private=False)
            here = await manage.workplace(registry, KEY, NAME, ADA)
            await take(await ask(registry), bytearray())
            apply_policy(registry, NOT_FROM_THERE)
            with pytest.raises(Blocked):
                await download(registry, Locator(REMOTE, THEIRS, "main", PATH), ADA)
            assert await invite(registry, here, ADA, Digest.of(DATA), len(DATA)) is not None
            with pytest.raises(Invalid, match="have not been uploaded here"):
                await name_it(registry)
            apply_policy(registry, "")
            assert await invite(registry, here, ADA, Digest.of(DATA), len(DATA)) is None
            await name_it(registry)
            await take(await download(registry, Locator(KEY, NAME, "main", PATH), ADA), came := bytearray())
            assert bytes(came) == DATA

    run(test)


SOURCE, COPY = (PackageName(PackageType.MODEL, "ada", name) for name in ("source", "copy"))
OTHERS = RepositoryKey("others")
SENDER = holder("models:read,write")
COPIER = holder("models:read", "others:read,write")
NOT_THE_SOURCE = rule_about('package = ["ada/source"]', name="not the source")


async def commit_weights(registry: Registry, key: RepositoryKey, name: PackageName, actor: Actor) -> None:
    async def given() -> AsyncIterator[Item]:
        yield LargeFile(PATH, Digest.of(DATA), len(DATA))

    here = await manage.workplace(registry, key, name, actor)
    await publish.publish(registry, here.repository, actor, Draft(here.package, MAIN, "more", "", given()))


async def send_weights(registry: Registry) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield DATA

    await publish.upload(registry, await registry.repository(KEY), pieces(), Digest.of(DATA), len(DATA))


async def two_packages(registry: Registry, target: RepositoryKey) -> None:
    """One with the weights, which were sent to its repository for it, and one that wants them."""
    add_repository(registry, KEY.text)
    if target != KEY:
        add_repository(registry, target.text)
    await manage.create(registry, KEY, SOURCE, ADA, private=False)
    await manage.create(registry, target, COPY, ADA, private=False)
    await send_weights(registry)
    await commit_weights(registry, KEY, SOURCE, SENDER)


@pytest.mark.parametrize("target", [OTHERS, KEY])
def test_a_package_that_is_blocked_is_not_copied_by_its_digests(tmp_path: Path, target: RepositoryKey) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path, NOT_THE_SOURCE) as (_, registry):
            await two_packages(registry, target)
            copier = COPIER if target == OTHERS else SENDER
            here = await manage.workplace(registry, target, COPY, copier)
            with pytest.raises(Invalid, match="have not been uploaded here"):
                await commit_weights(registry, target, COPY, copier)
            assert await invite(registry, here, copier, Digest.of(DATA), len(DATA)) is not None
            # Its own package has them: whoever works on it need not send them again.
            own = await manage.workplace(registry, KEY, SOURCE, SENDER)
            assert await invite(registry, own, SENDER, Digest.of(DATA), len(DATA)) is None
            # Who has them sends them, and may name them once.
            if target == KEY:
                await send_weights(registry)
                await commit_weights(registry, target, COPY, copier)
            apply_policy(registry, "")
            await commit_weights(registry, target, COPY, copier)

    run(test)


def test_what_somebody_else_sent_to_another_repository_and_never_named_is_not_there(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path, "") as (_, registry):
            add_repository(registry, KEY.text)
            add_repository(registry, OTHERS.text)
            await manage.create(registry, OTHERS, COPY, ADA, private=False)
            await send_weights(registry)
            with pytest.raises(Invalid, match="have not been uploaded here"):
                await commit_weights(registry, OTHERS, COPY, COPIER)

    run(test)

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

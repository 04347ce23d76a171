"""What a policy would have done is what it does: with the same facts as at the gate."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from entrepot.catalog.revisions import MAIN
from entrepot.domain.actor import Action, Actor, Grant
from entrepot.domain.errors import Blocked
from entrepot.domain.names import FilePath, Locator, PackageName, PackageType, RepositoryKey
from entrepot.operations import manage, publish
from entrepot.operations.download import download
from entrepot.operations.publish import Draft, InlineFile, Item
from entrepot.operations.registry import Registry
from entrepot.operations.simulate import simulate
from entrepot_testing import add_repository, apply_policy, rule_about, run
from firewalled import KEY as REMOTE
from firewalled import NAME as THEIRS
from firewalled import a_firewall

KEY, NAME = RepositoryKey("models"), PackageName(PackageType.MODEL, "ada", "model")
ADA = Actor("ada", 1, 1, "test", (Grant("*", frozenset(Action)),))
PATH = FilePath("notes.txt")
PLACES = (Locator(KEY, NAME, "main", PATH), Locator(REMOTE, THEIRS, "main", PATH))


async def publish_one(registry: Registry) -> None:
    async def given() -> AsyncIterator[Item]:
        yield InlineFile(PATH, b"hello")

    await manage.create(registry, KEY, NAME, ADA, private=False)
    repository = await registry.repository(KEY)
    draft = Draft(await repository.package(NAME), MAIN, "more", "", given())
    await publish.publish(registry, repository, ADA, draft)


async def refused(registry: Registry) -> int:
    count = 0
    for place in PLACES:
        try:
            await download(registry, place, ADA)
        except Blocked:
            count += 1
    return count


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('publisher.allow = ["google"]', 1),
        ('age.below = "36500d"', 1),
        ('commit_age.below = "36500d"', 1),
        ("local = true", 1),
        ('path = ["*.txt"]', 2),
    ],
)
def test_a_simulation_comes_to_what_the_gate_does(tmp_path: Path, condition: str, expected: int) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path, "") as (fake, registry):
            fake.add("org/model", {"notes.txt": b"hello"})
            add_repository(registry, KEY.text)
            await publish_one(registry)
            apply_policy(registry, rule_about('path = ["nothing"]'))
            assert await refused(registry) == 0
            policy = rule_about(condition)
            since = datetime.now(UTC) - timedelta(hours=1)
            simulated = await simulate(registry, policy, since, ADA)
            apply_policy(registry, policy)
            assert simulated.refused == await refused(registry) == expected

    run(test)

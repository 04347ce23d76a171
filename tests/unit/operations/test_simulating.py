"""What a policy would have done is what it does: with the same facts as at the gate."""

from collections.abc import AsyncIterator, Mapping
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
from weights_making import weights

KEY, NAME = RepositoryKey("models"), PackageName(PackageType.MODEL, "ada", "model")
ADA = Actor("ada", 1, 1, "test", (Grant("*", frozenset(Action)),))
PATH = FilePath("notes.txt")
PLACES = (Locator(KEY, NAME, "main", PATH), Locator(REMOTE, THEIRS, "main", PATH))


async def publish_one(registry: Registry, files: Mapping[str, bytes]) -> None:
    async def given() -> AsyncIterator[Item]:
        for path, data in files.items():
            yield InlineFile(FilePath(path), data)

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
        ('commit_age.below = "1d"', 0),
        ('commit_age.above = "1d"', 1),
        ('path = ["*.txt"]', 2),
    ],
)
def test_a_simulation_comes_to_what_the_gate_does(tmp_path: Path, condition: str, expected: int) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path, "") as (fake, registry):
            fake.add("org/model", {"notes.txt": b"hello"})
            add_repository(registry, KEY.text)
            await publish_one(registry, {"notes.txt": b"hello"})
            apply_policy(registry, rule_about('path = ["nothing"]'))
            assert await refused(registry) == 0
            policy = rule_about(condition)
            since = datetime.now(UTC) - timedelta(hours=1)
            simulated = await simulate(registry, policy, since, ADA)
            apply_policy(registry, policy)
            assert simulated.refused == await refused(registry) == expected

    run(test)


WEIGHTS = {"model.bin": weights(500), "model.safetensors": weights(400), "alone.bin": weights(300)}
TWINS = [
    *(Locator(REMOTE, THEIRS, "main", FilePath(path)) for path in ("model.bin", "alone.bin")),
    *(Locator(KEY, NAME, "main", FilePath(path)) for path in ("model.bin", "alone.bin")),
]


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('path = ["*.bin"]\nsafe_twin = true', ["model.bin", "model.bin"]),
        ('path = ["*.bin"]\nsafe_twin = false', ["alone.bin", "alone.bin"]),
        ('path = ["*.bin"]\nunless.safe_twin = true', ["alone.bin", "alone.bin"]),
    ],
)
def test_a_simulation_knows_the_other_files_of_packages(
    tmp_path: Path, condition: str, expected: list[str], listed: bool
) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path, "") as (fake, registry):
            fake.add("org/model", WEIGHTS)
            add_repository(registry, KEY.text)
            await publish_one(registry, WEIGHTS)
            # Where nothing was listed, upstream was asked for the files alone.
            apply_policy(registry, rule_about('path = ["nothing"]') if listed else "")
            for place in TWINS:
                await download(registry, place, ADA)
            since = datetime.now(UTC) - timedelta(hours=1)
            asked = fake.asked.copy()
            found = await simulate(registry, rule_about(condition), since, ADA)
            said = sorted(one.path for one in found.affected)
            # What is not known refuses, as it does at the gate.
            assert said == (expected if listed else sorted(["alone.bin", "model.bin", *expected[:1]]))
            assert fake.asked == asked
            # Another policy, with the same facts at hand.
            assert (await simulate(registry, rule_about('path = ["*.bin"]'), since, ADA)).refused == 4

    run(test)

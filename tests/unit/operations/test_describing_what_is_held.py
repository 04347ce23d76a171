"""What a rule holds is described to who asks what it is; its list of files and its bytes have to wait."""

from pathlib import Path

import pytest

from entrepot.catalog import decisions
from entrepot.catalog.decisions import Filter
from entrepot.domain.decision import Effect
from entrepot.domain.door import Door
from entrepot.domain.errors import FileNotFound, Held
from entrepot.domain.names import FilePath, Locator
from entrepot.operations.browse import Question, view
from entrepot.operations.download import download, look
from entrepot.operations.exhibit import exhibit, outlook
from entrepot.operations.registry import Registry
from entrepot_testing import READER, apply_policy, rule_about, run
from fake_upstream import FIRST
from firewalled import KEY, NAME, Mischief, a_firewall
from weights_making import weights

PATH = "model.safetensors"
HELD_BY_NAME = rule_about(f'path = ["{PATH}"]', effect="hold")
HELD_WHOLE = rule_about('package = "org/*"', effect="hold")
WHERE = Locator(KEY, NAME, "main", FilePath(PATH))


def fill(fake: Mischief) -> None:
    """The upstream has one large file."""
    fake.add(NAME.id, {PATH: weights(5000)}, FIRST, lfs=True)


async def doors_met(registry: Registry) -> set[tuple[str, str, bool]]:
    """Door, effect and whether bytes were let out, of each decision on record."""
    await registry.firewall.record.write_down(registry.database)
    lines = await registry.database.read(decisions.page, Filter(), 100)
    return {(one.recorded.door.value, one.recorded.decision.effect.value, one.recorded.gives) for one in lines}


@pytest.mark.parametrize("policy", [HELD_BY_NAME, HELD_WHOLE], ids=["by-name", "whole"])
def test_who_asks_what_a_held_file_is_is_told_and_not_offered_xet(tmp_path: Path, policy: str) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path, policy) as (fake, registry):
            fill(fake)
            found = await look(registry, WHERE, READER, Door.HEAD)
            assert found.file.size == 5000 and found.decision.effect is Effect.HOLD and not found.offers_xet

    run(test)


@pytest.mark.parametrize("door", [Door.FILE, Door.LFS, Door.PAGE, Door.HEAD])
@pytest.mark.parametrize("policy", [HELD_BY_NAME, HELD_WHOLE], ids=["by-name", "whole"])
def test_no_byte_of_what_is_held_leaves_through_any_door(tmp_path: Path, policy: str, door: Door) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path, policy) as (fake, registry):
            fill(fake)
            with pytest.raises(Held, match=r"org/model.* is held by policy test@1"):
                await download(registry, WHERE, READER, door)
            assert (door.value, "hold", False) in await doors_met(registry)

    run(test)


def test_a_held_package_has_a_commit_and_its_list_waits(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path, HELD_WHOLE) as (fake, registry):
            fill(fake)
            found = await view(registry, Question(KEY, NAME, READER, Door.PACKAGE), "main")
            assert found.revision.commit == FIRST and found.decision.effect is Effect.HOLD
            for door in (Door.TREE, Door.XET_TOKEN, Door.XET_PLAN, Door.GIT):
                with pytest.raises(Held):
                    await view(registry, Question(KEY, NAME, READER, door), "main")
            assert {("package", "hold", False), ("tree", "hold", False)} <= await doors_met(registry)

    run(test)


def test_what_is_withdrawn_names_the_decision_that_withdrew_it(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path) as (fake, registry):
            fill(fake)
            await download(registry, WHERE, READER)
            await registry.firewall.record.write_down(registry.database)
            for rule in (f'path = ["{PATH}"]', 'coverage = ["full", "partial", "none"]'):
                apply_policy(registry, rule_about(rule))
                with pytest.raises(FileNotFound, match="is blocked by policy") as withdrawn:
                    await look(registry, WHERE, READER, Door.HEAD)
                await registry.firewall.record.write_down(registry.database)
                line = await registry.database.read(decisions.find, withdrawn.value.decision)
                assert line is not None and line.recorded.door is Door.HEAD

    run(test)


@pytest.mark.parametrize(("effect", "is_told"), [("block", True), ("hold", True), ("warn", False)])
def test_a_page_says_what_is_refused_by_name_before_anybody_has_looked(
    tmp_path: Path, effect: str, is_told: bool
) -> None:
    async def test() -> None:
        async with a_firewall(tmp_path, rule_about(f'path = ["{PATH}"]', effect=effect)) as (fake, registry):
            fill(fake)
            shown = await exhibit(registry, Question(KEY, NAME, READER, Door.PAGE), "main")
            (file,) = shown.files
            known = await outlook(registry, shown, file)
            assert known.report is None
            assert (known.decision is not None and known.decision.effect.value == effect) == is_told

    run(test)

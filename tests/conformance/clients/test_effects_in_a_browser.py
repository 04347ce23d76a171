"""The download button in a real browser: what each effect lets onto a disk, and what the page says otherwise."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from browser import Tab, browsing, chromium
from conformance.clients.effects_stage import EFFECTS, FEWER_SPOTS, FILE, REASON, SPOTS, Case, Stage, policy, staging
from hand_client import until

CASES = [
    Case("web", level, effect, spot)
    for level, spots in (("file", SPOTS), ("package", FEWER_SPOTS))
    for effect in EFFECTS
    for spot in spots
]
BUTTON = "document.querySelector('main a.button[download]')"
pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no Chromium on this machine")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Packages of each effect wherever files may be."""
    with staging(tmp_path_factory.mktemp("button")) as made, ThreadPoolExecutor(4) as pool:
        list(pool.map(made.place, CASES))
        made.apply(policy("effects", CASES))
        yield made


async def _visit(tab: Tab, stage: Stage, case: Case, folder: Path) -> None:
    key = stage.stack.endpoint(case.kind).rpartition("/")[2]
    at = f"{key}/models/{case.package}"
    await tab.open(f"{stage.stack.registry.origin}/packages/{at}?tab=files&path={FILE}")
    if case.effect in ("allow", "warn"):
        await tab.run(f"{BUTTON}.click()")
        await asyncio.to_thread(until, lambda: _came(folder, case))
        return
    assert await tab.run(f"{BUTTON} === null"), case.key
    assert REASON in await tab.run("document.querySelector('main').innerText"), case.key
    # Somebody has kept the address of the button.
    await tab.open(f"{stage.stack.registry.origin}/raw/{at}?ref=main&path={FILE}")
    said = await tab.run("document.querySelector('main').innerText")
    assert REASON in said and f"(rule '{case.rule}')" in said, case.key
    link = await tab.run("document.querySelector('main a[href^=\"/decisions/\"]').getAttribute('href')")
    await asyncio.to_thread(until, lambda: link in _refusals(stage, case))


def _refusals(stage: Stage, case: Case) -> set[str]:
    lines = stage.decisions(package=case.package, door="page", effect=case.effect)
    return {f"/decisions/{line['id']}" for line in lines}


def _came(folder: Path, case: Case) -> bool:
    """Whether the file is there, whole; it is put away, since the next one has the same name."""
    file = folder / FILE
    if not file.exists() or file.stat().st_size < len(case.data):
        return False
    assert file.read_bytes() == case.data
    file.unlink()
    return True


@pytest.mark.parametrize("effect", EFFECTS)
def test_the_button_gives_what_passes_and_is_not_there_for_the_rest(stage: Stage, effect: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with browsing(chromium() or "") as tab:
            name, _, value = stage.session.partition("=")
            await tab.cookie(stage.stack.registry.origin, name, value)
            await tab.do("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
            for case in CASES:
                if case.effect == effect:
                    await _visit(tab, stage, case, tmp_path)
            assert [said for said in tab.complaints if "429" not in said and "403" not in said] == []

    asyncio.run(scenario())
    assert list(tmp_path.iterdir()) == []
    passing = {f"model/{case.package}" for case in CASES if case.effect == effect and effect in ("allow", "warn")}
    until(lambda: _given(stage, effect) >= passing)
    assert _given(stage, effect) == passing


def _given(stage: Stage, effect: str) -> set[str]:
    return {line["package"] for line in stage.decisions(downloads="true", door="page", effect=effect)}

"""Histories of any length are told a page at a time, and each page costs what it says."""

from pathlib import Path

import pytest

from asgi_asking import HERE, a_package, ask, commit_of, inline
from entrepot.protocols.huggingface import info
from entrepot_testing import run

COMMITS = 7


def test_a_history_longer_than_a_page_is_told_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(info, "MAX_HISTORY", 3)

    async def test() -> None:
        async with a_package(tmp_path) as (registry, admin):
            for number in range(COMMITS - 1):
                body = commit_of(inline("a.txt", str(number)))
                assert (await ask(registry, "POST", f"{HERE}/commit/main", body, admin)).status == 200
            for limit, pages in (("", 3), ("?limit=2", 4), ("?limit=100", 3)):
                url, seen, count = f"{HERE}/commits/main{limit}", list[str](), 0
                while url:
                    answer = await ask(registry, "GET", url, headers=admin)
                    assert answer.status == 200
                    seen += [item["id"] for item in answer.json]
                    count += 1
                    link = answer.headers.get("link", "")
                    url = link.partition(">")[0].removeprefix("<http://registry.example")
                assert (len(seen), len(set(seen)), count) == (COMMITS, COMMITS, pages)

    run(test)


def test_how_long_a_history_is_stands_in_the_first_answer(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_package(tmp_path) as (registry, admin):
            for number in range(COMMITS - 1):
                body = commit_of(inline("a.txt", str(number)))
                await ask(registry, "POST", f"{HERE}/commit/main", body, admin)
            answer = await ask(registry, "GET", f"{HERE}/commits/main?limit=1", headers=admin)
            assert (len(answer.json), answer.headers["x-total-count"]) == (1, str(COMMITS))

    run(test)


@pytest.mark.parametrize("cursor", ["x", "0" * 40, "-1", "%00"])
def test_cursors_that_were_not_given_out_are_refused(tmp_path: Path, cursor: str) -> None:
    async def test() -> int:
        async with a_package(tmp_path) as (registry, admin):
            return (await ask(registry, "GET", f"{HERE}/commits/main?cursor={cursor}", headers=admin)).status

    assert run(test) in (400, 404)

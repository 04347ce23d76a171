"""What no stock client sends: each request gets an answer that says why, and costs no more than it should."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from prometheus_client import REGISTRY

from asgi_asking import HERE, Answer, a_package, ask, commit_of, inline
from entrepot.catalog import packages
from entrepot.domain.errors import NotReady
from entrepot.domain.names import PackageName, PackageType, RepositoryKey
from entrepot.operations import publish
from entrepot_testing import run

SURROGATE = "\ud800"


def test_methods_that_nobody_knows_do_not_fill_the_memory(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_package(tmp_path) as (registry, _):
            for number in range(20):
                assert (await ask(registry, f"X{number}", "/hub/models/api/models")).status == 404
        methods = {
            sample.labels["method"]
            for metric in REGISTRY.collect()
            if metric.name == "entrepot_requests"
            for sample in metric.samples
        }
        assert not any(method.startswith("X") for method in methods)

    run(test)


@pytest.mark.parametrize("form", [True, False])
def test_more_paths_than_anybody_asks_for_are_refused(tmp_path: Path, form: bool) -> None:
    async def test() -> Answer:
        async with a_package(tmp_path) as (registry, admin):
            paths = [f"p{number}" for number in range(10_001)]
            body = "&".join(f"paths={path}" for path in paths).encode() if form else {"paths": paths}
            kind = "application/x-www-form-urlencoded" if form else "application/json"
            return await ask(registry, "POST", f"{HERE}/paths-info/main", body, {**admin, "Content-Type": kind})

    answer = run(test)
    assert (answer.status, "10000" in answer.json["error"]) == (413, True)


@pytest.mark.parametrize("text", ["\0", SURROGATE, "a" * 5000], ids=["zero", "surrogate", "long"])
def test_texts_that_a_database_refuses_are_refused_with_a_reason(tmp_path: Path, text: str) -> None:
    async def test() -> list[Answer]:
        async with a_package(tmp_path) as (registry, admin):
            titled = {"title": text, "description": text, "pullRequest": True}
            return [
                await ask(registry, "POST", f"{HERE}/discussions", titled, admin),
                await ask(registry, "POST", f"{HERE}/discussions", titled | {"title": "fine"}, admin),
                await ask(registry, "POST", f"{HERE}/tag/main", {"tag": "v1", "message": text * 30}, admin),
            ]

    answers = run(test)
    assert answers[0].status == 400
    assert {answer.status for answer in answers} <= {200, 400, 413}


@pytest.mark.parametrize(
    "query",
    ["search=%00", "author=%00", "filter=%00", "search=" + "a%20" * 2000, "filter=" + "a,b" * 999],
    ids=["zero in words", "zero in author", "zero in filter", "words", "filters"],
)
def test_lists_are_asked_for_within_bounds(tmp_path: Path, query: str) -> None:
    async def test() -> Answer:
        async with a_package(tmp_path) as (registry, admin):
            return await ask(registry, "GET", f"/hub/models/api/models?{query}", headers=admin)

    assert run(test).status in (400, 413)


def test_a_commit_that_has_to_wait_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def not_now(*_: object) -> None:
        raise NotReady("the blob is being removed at this moment", after=2)

    async def test() -> Answer:
        async with a_package(tmp_path) as (registry, admin):
            monkeypatch.setattr(publish, "keep", not_now)
            return await ask(registry, "POST", f"{HERE}/commit/main", commit_of(inline("a"), inline("b")), admin)

    answer = run(test)
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")


def test_a_commit_that_is_sent_again_because_its_answer_got_lost_is_the_same_commit(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_package(tmp_path) as (registry, admin):
            parent = (await ask(registry, "GET", HERE, headers=admin)).json["sha"]
            body = commit_of(inline("new"), ("deletedFile", {"path": ".gitattributes"}), parent=parent)
            first = await ask(registry, "POST", f"{HERE}/commit/main", body, admin)
            again = await ask(registry, "POST", f"{HERE}/commit/main", body, admin)
            assert (first.status, again.status) == (200, 200)
            assert again.json["commitOid"] == first.json["commitOid"]
            other = commit_of(inline("other"), parent=parent)
            assert (await ask(registry, "POST", f"{HERE}/commit/main", other, admin)).status == 412

    run(test)


@pytest.mark.parametrize("method", ["commit", "branch", "super-squash"])
def test_tags_are_no_branches(tmp_path: Path, method: str) -> None:
    async def test() -> None:
        async with a_package(tmp_path) as (registry, admin):
            assert (await ask(registry, "POST", f"{HERE}/tag/main", {"tag": "v1"}, admin)).status == 200
            body = commit_of(inline("new")) if method == "commit" else {"message": "m"}
            tag = quote("refs/tags/v1", safe="")
            assert (await ask(registry, "POST", f"{HERE}/{method}/{tag}", body, admin)).status == 400
            deleted = await ask(registry, "DELETE", f"{HERE}/branch/{tag}", headers=admin)
            assert deleted.status == 400

    run(test)


def test_branches_that_git_could_not_keep_side_by_side_are_refused(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_package(tmp_path) as (registry, admin):
            for name, status in (("main%2Fx", 409), ("a%2Fb", 200), ("a", 409), ("a%2Fb%2Fc", 409), ("a%2Fc", 200)):
                assert (await ask(registry, "POST", f"{HERE}/branch/{name}", {}, admin)).status == status, name

    run(test)


def test_a_commit_to_a_package_that_was_just_deleted_finds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> Answer:
        async with a_package(tmp_path) as (registry, admin):
            keep = publish.keep

            async def keep_and_delete(*args: Any) -> Any:
                kept = await keep(*args)
                name = PackageName(PackageType.MODEL, "ada", "model")
                repository = (await registry.repository(RepositoryKey("models"))).row.id
                package = await registry.database.read(packages.find, repository, name)
                await registry.database.write(packages.remove, package.id)
                return kept

            monkeypatch.setattr(publish, "keep", keep_and_delete)
            return await ask(registry, "POST", f"{HERE}/commit/main", commit_of(inline("a")), admin)

    answer = run(test)
    assert (answer.status, answer.headers["x-error-code"]) == (404, "RepoNotFound")


def test_a_range_of_another_version_is_not_mixed_with_this_one(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_package(tmp_path) as (registry, admin):
            path = "/hub/models/ada/model/resolve/main/.gitattributes"
            whole = await ask(registry, "GET", path, headers=admin)
            part = {**admin, "Range": "bytes=5-"}
            same = await ask(registry, "GET", path, headers={**part, "If-Range": whole.headers["etag"]})
            assert (same.status, same.body) == (206, whole.body[5:])
            for other in ('"' + "0" * 40 + '"', "W/" + whole.headers["etag"], "Sat, 01 Jan 2022 00:00:00 GMT"):
                answer = await ask(registry, "GET", path, headers={**part, "If-Range": other})
                assert (answer.status, answer.body) == (200, whole.body)
                assert (await ask(registry, "HEAD", path, headers={**part, "If-Range": other})).status == 200

    run(test)


@pytest.mark.parametrize("words", [{"private": "yes"}, {"private": 1}, {"visibility": "hidden"}, {"visibility": 7}])
def test_what_somebody_wanted_to_hide_does_not_become_public_by_a_word_that_nobody_knows(
    tmp_path: Path, words: dict[str, object]
) -> None:
    async def test() -> None:
        async with a_package(tmp_path) as (registry, admin):
            assert (await ask(registry, "PUT", f"{HERE}/settings", {"private": True}, admin)).status == 200
            assert (await ask(registry, "PUT", f"{HERE}/settings", words, admin)).status == 400
            assert (await ask(registry, "GET", HERE, headers=admin)).json["private"] is True
            new = {"name": "ada/other", **words}
            assert (await ask(registry, "POST", "/hub/models/api/repos/create", new, admin)).status == 400

    run(test)

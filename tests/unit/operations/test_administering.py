"""Repositories and tokens as administrators handle them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from asgi_asking import ask, bearer
from entrepot.catalog import access, repositories
from entrepot.catalog.repositories import Kind
from entrepot.domain.errors import Conflict, Invalid, RepositoryNotFound
from entrepot.domain.names import FilePath, Locator, RepositoryKey
from entrepot.operations import administer
from entrepot.operations.authorize import authenticate
from entrepot.operations.download import download
from entrepot.operations.registry import Registry
from entrepot_testing import add_repository, close_registry, make_registry, run
from fake_upstream import FakeUpstream, model

REMOTE = RepositoryKey("remote")


@asynccontextmanager
async def a_registry(folder: Path) -> AsyncIterator[Registry]:
    fake = FakeUpstream()
    fake.add("org/model", {"big.bin": b"bytes" * 1000}, lfs=True)
    registry = make_registry(folder, upstream=lambda row: fake)
    add_repository(registry, "remote", Kind.REMOTE, upstream="http://upstream.example")
    add_repository(registry, "local")
    try:
        yield registry
    finally:
        await close_registry(registry)


def test_a_remote_repository_goes_with_all_that_is_cached_of_it(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            admin = await authenticate(registry, bearer(registry, "*:read,administer")["Authorization"][7:])
            cleared = await download(registry, Locator(REMOTE, model("org/model"), "main", FilePath("big.bin")), admin)
            assert [piece async for piece in cleared.open(0, 5)] == [b"bytes"]
            await administer.delete_repository(registry, REMOTE, admin)
            with pytest.raises(RepositoryNotFound):
                await administer.find_repository(registry, REMOTE, admin)

    run(test)


def test_a_local_repository_with_packages_stays(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            shown = bearer(registry, "*:read,write,administer")
            made = await ask(registry, "POST", "/hub/local/api/repos/create", {"name": "ada/model"}, shown)
            assert made.status == 200
            admin = await authenticate(registry, shown["Authorization"][7:])
            with pytest.raises(Conflict, match="packages"):
                await administer.delete_repository(registry, RepositoryKey("local"), admin)

    run(test)


def test_when_a_token_was_used_is_remembered_about(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            shown = bearer(registry, "local:read")
            (before,) = registry.database.now(access.list_tokens)
            await ask(registry, "GET", "/hub/local/api/models", headers=shown)
            await registry.usage.write_down(registry.database)
            (after,) = registry.database.now(access.list_tokens)
            assert (before.last_used_at, after.last_used_at is not None) == (None, True)
            await ask(registry, "GET", "/hub/local/api/models", headers=shown)
            await registry.usage.write_down(registry.database)
            assert registry.database.now(access.list_tokens)[0].last_used_at == after.last_used_at

    run(test)


@pytest.mark.parametrize(
    "text", ["", "hub", ":read", "hub:", "hub:fly", "HUB:read", "hub:read;write", "a b:read", "**:read"]
)
def test_scopes_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        administer.scope(text)


@pytest.mark.parametrize("days", [0, -1, float("nan"), float("inf"), administer.MAX_DAYS + 1])
def test_tokens_last_for_a_sensible_time(days: float) -> None:
    with pytest.raises(Invalid):
        administer.expiry(days)


def test_a_token_may_last_for_ever_or_for_some_days() -> None:
    assert administer.expiry(None) is None
    soon, later = administer.expiry(0.5), administer.expiry(1)
    assert soon is not None and later is not None and timedelta(0) < later - soon < timedelta(days=1)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "huggingface.co",
        "ftp://huggingface.co",
        "https://",
        "https://user:secret@huggingface.co",
        "https://huggingface.co?token=x",
        "https://huggingface.co#x",
        "http://[::1",
        "http://host:99999999",
        "http://host:port",
        "http://a b/",
        "http://a\0b",
        "http://a\nb",
        "http://\ud800",
        "http://a\\b",
    ],
)
def test_upstreams_that_nobody_could_ask_are_refused(tmp_path: Path, url: str) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            admin = await authenticate(registry, bearer(registry, "*:administer")["Authorization"][7:])
            new = administer.NewRepository(RepositoryKey("new"), Kind.REMOTE, url)
            with pytest.raises(Invalid, match="upstream"):
                await administer.create_repository(registry, new, admin)

    run(test)


@pytest.mark.parametrize("token", ["a\nb", "a b", "\ud800", "\0", "x" * 1001])
def test_tokens_that_no_header_can_carry_are_refused(tmp_path: Path, token: str) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            admin = await authenticate(registry, bearer(registry, "*:administer")["Authorization"][7:])
            new = administer.NewRepository(RepositoryKey("new"), Kind.REMOTE, "https://huggingface.co", token)
            with pytest.raises(Invalid, match="token"):
                await administer.create_repository(registry, new, admin)

    run(test)


@pytest.mark.parametrize(
    "url", ["https://huggingface.co", "http://127.0.0.1:8080/hub/hub/", "http://[::1]:8080", "http://a"]
)
def test_an_upstreams_token_is_kept_encrypted_and_never_shown(tmp_path: Path, url: str) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            shown = bearer(registry, "*:administer,read")
            new = {"key": "new", "kind": "remote", "upstream": url, "upstream_token": "hf_secret"}
            made = await ask(registry, "POST", "/api/v1/repositories", new, shown)
            assert (made.status, made.json["has_upstream_token"], b"hf_secret" in made.body) == (201, True, False)
            row = await registry.database.read(repositories.find, RepositoryKey("new"))
            assert "hf_secret" not in row.upstream_token
            assert registry.signer.decrypt(row.upstream_token) == "hf_secret"

    run(test)


def test_nobody_is_called_as_those_who_show_no_token(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_registry(tmp_path) as registry:
            admin = await authenticate(registry, bearer(registry, "*:read,administer")["Authorization"][7:])
            for owner in ("anonymous", " Anonymous"):
                with pytest.raises(Invalid, match="no token"):
                    await administer.create_token(
                        registry, access.NewToken("hf_x".ljust(40, "x"), "t", owner, ()), admin
                    )

    run(test)

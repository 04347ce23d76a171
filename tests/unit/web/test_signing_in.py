"""Sessions: who gets one, what ends it, and what a form has to bring along."""

import asyncio
import re
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from entrepot.catalog import access, sessions
from entrepot.catalog.access import NewToken
from entrepot.domain.actor import Action, Grant
from entrepot.domain.errors import NotReady
from entrepot.operations import attempts
from entrepot.operations.attempts import Attempts
from entrepot.operations.registry import Registry
from entrepot.operations.signing import new_token
from entrepot.web.visit import csrf_of, own_path
from entrepot_testing import run
from web_visiting import EVERYTHING, OWN, Visitor, a_site

PASSWORD = "correct horse battery staple"


def _token(registry: Registry, **more: object) -> tuple[str, int]:
    secret = new_token()
    new = NewToken(secret, "test", "ada", (Grant("*", frozenset({Action.READ})),), **more)  # type: ignore[arg-type]
    return secret, registry.database.now(access.create_token, new).id


def test_a_token_opens_a_session_that_acts_with_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            visitor = Visitor(registry)
            answer = await visitor.post(
                "/sign-in", {"token": f" {_token(registry)[0]} ", "next": "/decisions?since=7d"}
            )
            assert (answer.status, answer.headers["location"]) == (303, "/decisions?since=7d")
            assert "ada" in (await visitor.get("/settings")).body.decode()

    run(scenario)


@pytest.mark.parametrize(
    ("public_url", "name", "is_secure"),
    [("", "entrepot", False), ("https://registry.example", "__Host-entrepot", True)],
)
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    tmp_path: Path, public_url: str, name: str, is_secure: bool
) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            visitor = Visitor(registry, public_url)
            cookie = (await visitor.post("/sign-in", {"token": _token(registry)[0]})).headers["set-cookie"]
            words = {word.strip().lower() for word in cookie.split(";")}
            assert cookie.startswith(f"{name}=")
            assert {"httponly", "samesite=lax", "path=/", "max-age=43200"} <= words
            assert ("secure" in words) is is_secure
            assert not any(word.startswith("domain") for word in words)

    run(scenario)


def test_over_https_the_cookie_without_its_prefix_is_nobody(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            plain = await Visitor(registry).sign_in("*:read")
            secure = Visitor(registry, "https://registry.example")
            secure.cookie, secure.secret = "entrepot", plain.secret
            assert (await secure.get("/settings")).status == 303

    run(scenario)


@pytest.mark.parametrize("kind", ["wrong", "expired", "revoked", "empty", "endless"])
def test_a_token_that_is_not_valid_opens_nothing(tmp_path: Path, kind: str) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            past = datetime.now(UTC) - timedelta(seconds=1)
            secret, number = _token(registry, **({"expires_at": past} if kind == "expired" else {}))
            if kind == "revoked":
                registry.database.now(access.revoke, number)
            shown = {"wrong": "hf_no", "empty": "", "endless": "x" * 9999}.get(kind, secret)
            visitor = Visitor(registry)
            answer = await visitor.post("/sign-in", {"token": shown})
            assert answer.status == 401
            assert "set-cookie" not in answer.headers
            assert (await visitor.get("/settings")).status == 303

    run(scenario)


def test_a_session_ends_with_its_token(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            secret, number = _token(registry)
            visitor = Visitor(registry)
            await visitor.post("/sign-in", {"token": secret})
            assert (await visitor.get("/settings")).status == 200
            registry.database.now(access.revoke, number)
            assert (await visitor.get("/settings")).headers["location"] == "/sign-in?next=%2Fsettings"

    run(scenario)


def test_a_session_that_is_over_is_nobodys(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            visitor = Visitor(registry)
            visitor.cookie, visitor.secret = "entrepot", "a secret"
            past = datetime.now(UTC) - timedelta(seconds=1)
            registry.database.now(sessions.begin, visitor.secret, _token(registry)[1], past)
            assert (await visitor.get("/settings")).status == 303

    run(scenario)


def test_signing_out_ends_the_session_on_the_server_too(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            visitor = await Visitor(registry).sign_in("*:read")
            cookie, secret = visitor.cookie, visitor.secret
            assert (await visitor.post("/sign-out")).status == 303
            visitor.cookie, visitor.secret = cookie, secret
            assert (await visitor.get("/settings")).status == 303

    run(scenario)


def test_signing_in_again_is_another_session_and_ends_the_old_one(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            visitor = await Visitor(registry).sign_in("*:read")
            old = visitor.secret
            await visitor.sign_in("*:read")
            assert visitor.secret != old
            visitor.secret = old
            assert (await visitor.get("/settings")).status == 303

    run(scenario)


def test_a_password_is_another_way_to_show_the_token_it_was_set_with(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            secret, number = _token(registry)
            visitor = Visitor(registry)
            await visitor.post("/sign-in", {"token": secret})
            assert (await visitor.post("/settings/password", {"password": "too short"})).status == 400
            assert (await visitor.post("/settings/password", {"password": PASSWORD})).status == 200

            other = Visitor(registry)
            assert (await other.post("/sign-in", {"name": "ada", "password": PASSWORD})).status == 303
            assert f"number {number}" in (await other.get("/settings")).body.decode()
            registry.database.now(access.revoke, number)
            assert (await other.get("/settings")).status == 303
            refused = await other.post("/sign-in", {"name": "ada", "password": PASSWORD})
            assert refused.status == 401
            assert "no longer valid" in refused.body.decode()

    run(scenario)


def test_a_wrong_password_and_a_name_that_nobody_has_look_the_same(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            visitor = await Visitor(registry).sign_in("*:read")
            await visitor.post("/settings/password", {"password": PASSWORD})
            pages = []
            for name in ("ada", "bob"):
                answer = await Visitor(registry).post("/sign-in", {"name": name, "password": "something else"})
                assert answer.status == 401
                pages.append(answer.body.decode().replace(name, "NAME"))
            assert pages[0] == pages[1]

    run(scenario)


def test_who_guesses_passwords_has_to_wait_even_for_the_right_one(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            visitor = await Visitor(registry).sign_in("*:read")
            await visitor.post("/settings/password", {"password": PASSWORD})
            for _ in range(attempts.MOST):
                registry.attempts.note("ada", "127.0.0.1")
            answer = await Visitor(registry).post("/sign-in", {"name": "ada", "password": PASSWORD})
            assert answer.status == 503
            assert "too many wrong passwords" in answer.body.decode()

    run(scenario)


def test_guesses_are_counted_by_name_from_everywhere_and_forgotten_after_a_while() -> None:
    now = [0.0]
    tried = Attempts(lambda: now[0])
    for number in range(attempts.MOST_OF_A_NAME):
        tried.require("ada", f"address {number}")
        tried.note("ada", f"address {number}")
    with pytest.raises(Exception, match="too many"):
        tried.require("ada", "one more")
    tried.require("grace", "address 1")
    now[0] = attempts.SECONDS + 1
    tried.require("ada", "one more")


def test_only_so_many_passwords_are_compared_and_waited_for_at_once() -> None:
    async def scenario() -> None:
        tried = Attempts()
        async with AsyncExitStack() as held:
            for _ in range(attempts.AT_ONCE):
                await held.enter_async_context(tried.turn())
            queue = [asyncio.create_task(held.enter_async_context(tried.turn())) for _ in range(attempts.MOST_WAITING)]
            await asyncio.sleep(0)
            with pytest.raises(NotReady):
                await held.enter_async_context(tried.turn())
            for task in queue:
                task.cancel()
            await asyncio.wait(queue)
        async with tried.turn():
            pass

    run(scenario)


def test_what_is_kept_of_a_password_does_not_give_it_away(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            visitor = await Visitor(registry).sign_in("*:read")
            await visitor.post("/settings/password", {"password": PASSWORD})
        assert PASSWORD.encode() not in (tmp_path / "entrepot.db").read_bytes()
        assert visitor.secret.encode() not in (tmp_path / "entrepot.db").read_bytes()

    run(scenario)


FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "cross-site", "origin": "http://registry.example"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://registry.example.evil.example"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_form_of_another_site_changes_nothing_even_with_the_right_token(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            form = {"key": "new", "kind": "local"}
            assert (await visitor.post("/repositories", form, headers=headers)).status == 403
            assert (await visitor.post("/sign-in", {"token": _token(registry)[0]}, headers=headers)).status == 403
            assert (await visitor.get("/repositories/new")).status == 404
            assert (
                await visitor.post("/repositories", form, headers={"origin": "http://registry.example"})
            ).status == 303

    run(scenario)


@pytest.mark.parametrize("csrf", ["", "0" * 64, "ü", csrf_of("another session")])
def test_a_form_without_the_sessions_own_token_changes_nothing(tmp_path: Path, csrf: str) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            assert (await visitor.post("/repositories", {"key": "new", "kind": "local"}, csrf=csrf)).status == 403
            assert (await visitor.get("/repositories/new")).status == 404

    run(scenario)


def test_a_part_that_htmx_sends_shows_the_token_in_a_header(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            headers = {**OWN, "hx-request": "true", "x-csrf-token": csrf_of(visitor.secret)}
            answer = await visitor.post("/policy-editor/effect", {"text": "nonsense"}, csrf="", headers=headers)
            assert answer.status == 200
            page = (await visitor.get("/settings")).body.decode()
            assert re.search(r"hx-headers='\{\"X-CSRF-Token\": \"([0-9a-f]{64})\"\}'", page)

    run(scenario)


def test_forms_are_forms_and_have_limits(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            as_json = await visitor.post(
                "/repositories", {"a": "b"}, headers={**OWN, "content-type": "application/json"}
            )
            assert as_json.status == 400
            assert (await visitor.post("/repositories", [("a", "b")] * 1001)).status == 413
            assert (await visitor.post("/repositories", {"a": "b" * (4 << 20)})).status == 413

    run(scenario)


@pytest.mark.parametrize(
    "path",
    [
        *("https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)"),
        *("/\t/evil.example", "/\n/evil.example", "evil", "", "///evil.example", "http:evil.example", "/a\\..\\b"),
        *("//[", "/ok\r\nset-cookie: a=b"),
    ],
)
def test_nobody_is_led_away_after_signing_in(tmp_path: Path, path: str) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            answer = await Visitor(registry).post("/sign-in", {"token": _token(registry)[0], "next": path})
            assert (answer.status, answer.headers["location"]) == (303, "/")

    run(scenario)


def test_own_paths_stay_as_they_are() -> None:
    assert own_path("/decisions/ab12?x=1#y") == "/decisions/ab12?x=1#y"

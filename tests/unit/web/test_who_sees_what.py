"""Who may see and do what on the pages: nobody in particular, readers, administrators."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from asgi_asking import ask, bearer
from entrepot.catalog import access
from entrepot.catalog.access import NewToken
from entrepot.domain.actor import Action, Grant
from entrepot.operations.signing import new_token
from entrepot.web.rendering import when
from entrepot_testing import add_repository, apply_policy, rule_about, run
from web_visiting import EVERYTHING, Visitor, a_site, write_decision

PAGES = [
    *("/", "/repositories", "/repositories/models", "/decisions", "/waivers", "/waivers/ask", "/policies"),
    *(
        "/policies/test",
        "/policy-editor",
        "/storage",
        "/tokens",
        "/set-me-up",
        "/settings",
        "/first-request",
        "/doctor",
        "/inventory",
        "/savings",
    ),
]
FOR_ADMINISTRATORS = ["/policy-editor", "/storage", "/doctor", "/inventory", "/savings"]


@pytest.mark.parametrize("path", [*PAGES, "/decisions/0123456789abcdef", "/nothing/here"])
def test_who_is_not_signed_in_is_led_to_sign_in_and_back(tmp_path: Path, path: str) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            answer = await Visitor(registry).get(f"{path}?a=b")
            assert (answer.status, answer.headers["location"]) == (
                303,
                f"/sign-in?next={path.replace('/', '%2F')}%3Fa%3Db",
            )

    run(scenario)


@pytest.mark.parametrize("path", PAGES)
def test_readers_see_every_page_but_those_of_administrators(tmp_path: Path, path: str) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            apply_policy(registry, rule_about('path = ["*.bin"]'))
            reader = await Visitor(registry).sign_in("models:read")
            admin = await Visitor(registry).sign_in(EVERYTHING, user="root")
            assert (await admin.get(path)).status == 200
            assert (await reader.get(path)).status == (403 if path in FOR_ADMINISTRATORS else 200)

    run(scenario)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/repositories", {"key": "new", "kind": "local"}),
        ("/policies", {"text": 'name = "test"'}),
        ("/policies/test/remove", {}),
        ("/policy-editor/effect", {"text": ""}),
        ("/tokens", {"name": "n", "user": "root", "scope": "*:administer", "days": "1"}),
        ("/settings/verify", {}),
    ],
)
def test_readers_change_nothing_of_the_instance(tmp_path: Path, path: str, fields: dict[str, str]) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            apply_policy(registry, rule_about('path = ["*.bin"]'))
            reader = await Visitor(registry).sign_in("*:read,write,delete")
            before = len(registry.database.now(access.list_tokens))
            assert (await reader.post(path, fields)).status == 403
            assert len(registry.database.now(access.list_tokens)) == before
            assert "version 2" not in (await reader.get("/policies")).body.decode()
            assert (await reader.get("/repositories/new")).status == 404

    run(scenario)


def test_readers_see_their_own_decisions_and_administrators_all(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            mine, other = write_decision(registry), write_decision(registry, actor="grace")
            reader = await Visitor(registry).sign_in("models:read")
            page = (await reader.get("/decisions")).body.decode()
            assert mine in page and other not in page
            assert other not in (await reader.get("/decisions?actor=grace")).body.decode()
            admin = await Visitor(registry).sign_in(EVERYTHING, user="root")
            assert other in (await admin.get("/decisions?actor=grace")).body.decode()

    run(scenario)


def test_a_decision_about_somebody_else_names_nobody_and_is_hidden_from_who_may_not_read(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            add_repository(registry, "open", anonymous_read=True)
            uid = write_decision(registry, actor="grace", client="a secret client")
            reader = await Visitor(registry).sign_in("models:read")
            page = (await reader.get(f"/decisions/{uid}")).body.decode()
            assert "model.bin is not for you" in page
            assert "grace" not in page and "a secret client" not in page and "192.0.2.7" not in page
            stranger = await Visitor(registry).sign_in("open:read", user="bob")
            assert (await stranger.get(f"/decisions/{uid}")).status == 404
            free = write_decision(registry, actor="grace", repository="open")
            anonymous = await Visitor(registry).get(f"/decisions/{free}")
            assert anonymous.status == 200
            assert "grace" not in anonymous.body.decode()

    run(scenario)


def test_a_new_tokens_secret_is_shown_once_and_works(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            admin = await Visitor(registry).sign_in(EVERYTHING, user="root")
            fields = [("name", "ci"), ("user", "builds"), ("days", "7"), ("scope", "models:read")]
            fields += [("scope", "models:write"), ("more", "*:read")]
            made = (await admin.post("/tokens", fields)).body.decode()
            row = registry.database.now(access.list_tokens)[0]
            assert {(one.repository, one.actions) for one in row.grants} == {
                ("models", frozenset({Action.READ, Action.WRITE})),
                ("*", frozenset({Action.READ})),
            }
            secret = next(part for part in made.split('"') if part.startswith("hf_") and len(part) == 40)
            assert secret not in (await admin.get("/tokens")).body.decode()
            who = await ask(registry, "GET", "/api/v1/whoami", headers={"Authorization": f"Bearer {secret}"})
            assert who.json["user"] == "builds"
            assert (await admin.post(f"/tokens/{row.id}/revoke")).status == 303
            assert (
                await ask(registry, "GET", "/api/v1/whoami", headers={"Authorization": f"Bearer {secret}"})
            ).status == 401

    run(scenario)


def test_people_see_and_revoke_their_own_tokens_and_no_others(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            bearer(registry, "*:administer", user="root")
            foreign = registry.database.now(access.list_tokens)[0]
            reader = await Visitor(registry).sign_in("models:read")
            assert "root" not in (await reader.get("/tokens")).body.decode()
            assert (await reader.post(f"/tokens/{foreign.id}/revoke")).status == 404
            assert registry.database.now(access.list_tokens)[-1].revoked_at is None
            own = registry.database.now(access.list_tokens)[0]
            assert (await reader.post(f"/tokens/{own.id}/revoke")).status == 303
            assert (await reader.get("/tokens")).status == 303

    run(scenario)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"access": "write"}, 403),
        ({"repository": "other"}, 403),
        ({"days": "91"}, 400),
        ({"days": "nan"}, 400),
        ({"days": "soon"}, 400),
        ({"days": "0"}, 400),
        ({"repository": "No Key"}, 400),
        ({"client": "telnet"}, 404),
        ({}, 200),
    ],
    ids=str,
)
def test_a_token_made_on_the_spot_may_no_more_than_its_maker(
    tmp_path: Path, fields: dict[str, str], status: int
) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            add_repository(registry, "other")
            reader = await Visitor(registry).sign_in("models:read")
            form = {"client": "shell", "repository": "models", "access": "read", "days": "30", **fields}
            assert (await reader.post("/set-me-up", form)).status == status
            rows = registry.database.now(access.list_tokens)
            assert len(rows) == (2 if status == 200 else 1)
            assert rows[0].grants == (Grant("models", frozenset({Action.READ})),)

    run(scenario)


def test_a_token_made_on_the_spot_lasts_no_longer_than_the_one_it_was_made_with(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            ends = datetime.now(UTC) + timedelta(hours=1)
            secret = new_token()
            grants = (Grant("*", frozenset({Action.READ})),)
            registry.database.now(access.create_token, NewToken(secret, "short", "ada", grants, ends))
            visitor = Visitor(registry)
            await visitor.post("/sign-in", {"token": secret})
            page = await visitor.post("/set-me-up", {"client": "git", "repository": "models", "days": "30"})
            made = registry.database.now(access.list_tokens)[0]
            assert made.expires_at == ends
            assert "git clone http://user:hf_" in page.body.decode()

    run(scenario)


def test_a_token_made_on_the_spot_says_who_made_it_and_ends_with_the_one_it_was_made_with(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            reader = await Visitor(registry).sign_in("models:read")
            (parent,) = registry.database.now(access.list_tokens)
            page = (await reader.post("/set-me-up", {"client": "shell", "repository": "models"})).body.decode()
            secret = next(part for part in page.replace("=", " ").split() if part.startswith("hf_") and len(part) >= 40)
            made = registry.database.now(access.list_tokens)[0]
            assert (made.made_by, made.parent) == (parent.user, parent.id)
            listed = (await reader.get("/tokens")).body.decode()
            assert f"with No. {parent.id}, ends with it" in listed
            # Somebody signs in with the new one, and makes another with that.
            further = Visitor(registry)
            await further.post("/sign-in", {"token": secret[:40]})
            assert (await further.post("/set-me-up", {"client": "git", "repository": "models"})).status == 200
            admin = await Visitor(registry).sign_in(EVERYTHING, user="root")
            fields = {"name": "ci", "user": "ada", "scope": "models:read"}
            assert (await admin.post("/tokens", fields)).status == 200
            given = registry.database.now(access.list_tokens)[0]
            assert (given.user, given.made_by, given.parent) == ("ada", "root", None)
            assert (await admin.post(f"/tokens/{parent.id}/revoke")).status == 303
            standing = {row.id for row in registry.database.now(access.list_tokens) if row.revoked_at is None}
            assert standing == {given.id, given.id - 1}, "the administrator's, and what that one gave"
            assert (await further.get("/tokens")).status == 303

    run(scenario)


def test_the_check_lights_up_once_the_token_was_used(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            reader = await Visitor(registry).sign_in("models:read")
            page = (await reader.post("/set-me-up", {"client": "shell", "repository": "models"})).body.decode()
            made = registry.database.now(access.list_tokens)[0]
            check = f"/set-me-up/check/{made.id}"
            assert check in page
            assert "Nothing has come" in (await reader.get(check)).body.decode()
            secret = next(part for part in page.replace("=", " ").split() if part.startswith("hf_") and len(part) >= 40)
            await ask(registry, "GET", "/api/v1/whoami", headers={"Authorization": f"Bearer {secret[:40]}"})
            used = await reader.get(check, **{"hx-request": "true"})
            assert "The token was used" in used.body.decode()
            assert "<html" not in used.body.decode()
            other = await Visitor(registry).sign_in("models:read", user="bob")
            assert (await other.get(check)).status == 404

    run(scenario)


def test_the_front_page_lights_up_with_the_first_request(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            reader = await Visitor(registry).sign_in("models:read")
            assert "/hub/hub" in (await reader.get("/")).body.decode()
            assert 'hx-trigger="every 3s"' in (await reader.get("/first-request")).body.decode()
            write_decision(registry)
            lit = (await reader.get("/first-request")).body.decode()
            assert "has arrived" in lit and "hx-trigger" not in lit
            assert "Point a client here" not in (await reader.get("/")).body.decode()

    run(scenario)


def test_the_front_page_is_about_oneself_and_about_everybody_for_administrators(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            mine, other = write_decision(registry), write_decision(registry, actor="grace")
            page = (await (await Visitor(registry).sign_in("models:read")).get("/")).body.decode()
            assert mine in page and other not in page and "grace" not in page
            assert "not yet inspected" not in page and 'href="/storage"' not in page
            page = (await (await Visitor(registry).sign_in(EVERYTHING, user="root")).get("/")).body.decode()
            assert mine in page and other in page
            assert "not yet inspected" in page and 'href="/storage"' in page

    run(scenario)


def test_times_are_relative_with_the_exact_one_beside() -> None:
    now = datetime.now(UTC)
    moments = {timedelta(days=30): "in 30 d", timedelta(hours=-3): "3 h ago", timedelta(): "just now"}
    for away, text in moments.items():
        assert f">{text}</time>" in when(now + away)
    assert when(datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)).endswith('title="2020-01-02 03:04:05 UTC">2020-01-02</time>')
    assert when(None) == "never"

"""Commands that ask a server: what they print, what they keep, and what they make of answers that are none."""

import http.server
import json
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from entrepot import cli, plugins
from live_server import LiveServer, free_port

Ask = Callable[..., object]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with LiveServer(tmp_path_factory.mktemp("registry")) as live:
        yield live


@pytest.fixture
def ask(type_in: Ask, server: LiveServer) -> Ask:
    """Types a command of somebody who is logged in as the administrator."""
    said = type_in("login", "--server", server.origin, "--token", f"{server.token}\n")
    assert said.status == 0 and said.out.startswith(f"admin at {server.origin}, kept in "), said
    return type_in


class Wicked(http.server.BaseHTTPRequestHandler):
    """Answers everything with what the test put into `answers`."""

    answers: bytes = b""
    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization", ""))
        self.wfile.write(self.answers)
        self.close_connection = True

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def wicked() -> Iterator[Callable[[bytes], str]]:
    """The URL of a server that answers just that."""
    kind = type("Answering", (Wicked,), {"seen": []})
    with http.server.HTTPServer(("127.0.0.1", 0), kind) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()

        def answer(text: bytes) -> str:
            kind.answers = text
            return f"http://127.0.0.1:{listening.server_port}"

        answer.seen = kind.seen  # type: ignore[attr-defined]
        yield answer
        listening.shutdown()
        thread.join()


def body(text: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.0 " + status + b"\r\nContent-Type: application/json\r\n\r\n" + text


def everything() -> Iterator[list[str]]:
    for command in plugins.collect("entrepot.commands", "COMMAND", click.Command, lambda c: str(c.name)).values():
        yield [str(command.name)]
        if isinstance(command, click.Group):
            yield from ([str(command.name), name] for name in command.commands)


@pytest.mark.parametrize("words", list(everything()), ids=" ".join)
def test_the_help_of_every_command_has_an_example(type_in: Ask, words: list[str]) -> None:
    said = type_in(*words, "--help")
    assert said.status == 0
    assert f"entrepot {' '.join(words)}" in said.out.partition("Example")[2]


def test_a_login_is_kept_for_its_owner_alone(ask: Ask, server: LiveServer, tmp_path: Path) -> None:
    file = tmp_path / "desk" / "entrepot" / "login.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert json.loads(file.read_text()) == {"server": server.origin, "token": server.token}
    file.chmod(0o644)
    assert ask("login", "--server", server.origin, "--token", server.token).status == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_login_that_does_not_work_keeps_what_was_there(ask: Ask, server: LiveServer, tmp_path: Path) -> None:
    before = (tmp_path / "desk" / "entrepot" / "login.json").read_text()
    said = ask("login", "--server", server.origin, "--token", "hf_wrong")
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert (tmp_path / "desk" / "entrepot" / "login.json").read_text() == before


def test_repositories_are_made_listed_shown_and_deleted(ask: Ask, server: LiveServer) -> None:
    assert ask("repo", "create", "team", "--kind", "local").out == (
        f"team is ready: HF_ENDPOINT={server.origin}/hub/team\n"
    )
    upstream = ["--kind", "remote", "--upstream", "https://models.example.org/hub/x", "--upstream-token", "hf_secret"]
    assert ask("repo", "create", "partner", *upstream).status == 0
    joined = ["--kind", "virtual", "--member", "team", "--member", "partner", "--deploy-to", "team"]
    assert ask("repo", "create", "all", *joined).status == 0
    listed = {row["key"]: row for row in json.loads(ask("repo", "list", "--json").out)}
    assert {"team", "partner", "all", "hub", "models", "huggingface"} == set(listed)
    assert listed["all"]["members"] == ["team", "partner"]
    assert "hf_secret" not in ask("repo", "list", "--json").out + ask("repo", "show", "partner").out
    assert json.loads(ask("repo", "show", "all").out)["deploy_to"] == "team"
    assert "all" in ask("repo", "delete", "team").err
    for key in ("all", "partner", "team"):
        assert ask("repo", "delete", key).out == f"{key} is gone.\n"


@pytest.mark.parametrize("key", ["nowhere", "../tokens", "a b", "ü", "%2e", "a?b#c", ""])
def test_a_repository_that_is_not_there_is_named(ask: Ask, key: str) -> None:
    for verb in ("show", "delete"):
        said = ask("repo", verb, key)
        assert (said.status, said.err.count("\n"), said.out) == (1 if key else 4, 1, "")


def test_tokens_are_made_listed_and_revoked(ask: Ask, server: LiveServer) -> None:
    secret = ask("token", "create", "ci", "--user", "builds", "--scope", "models:read", "--days", "9").out.strip()
    assert ask("repo", "list", "--token", secret, "--json").out.count('"key"') == 1
    listed = json.loads(ask("token", "list", "--json").out)
    (row,) = [row for row in listed if row["name"] == "ci"]
    assert secret not in ask("token", "list", "--json").out
    # A line for each, also for programs: nothing is broken to fit a screen that is not there.
    (line,) = [line for line in ask("token", "list").out.splitlines() if " ci " in line]
    assert "builds" in line and "models:read" in line and row["expires_at"][:10] in line
    assert ask("token", "revoke", row["id"]).status == 0
    said = ask("repo", "list", "--token", secret)
    assert (said.status, said.err.count("\n")) == (1, 1)
    for words in (
        ["--scope", "nonsense"],
        ["--scope", "models:fly"],
        ["--scope", "modles:read"],
        ["--scope", "models:read", "--days", "-1"],
    ):
        said = ask("token", "create", "x", "--user", "eve", *words)
        assert (said.status, said.err.count("\n")) == (1, 1)


@pytest.mark.parametrize("client", ["shell", "notebook", "python", "javascript", "git", "llama.cpp"])
def test_set_me_up_prints_lines_with_a_token_that_works(ask: Ask, server: LiveServer, client: str) -> None:
    said = ask("set-me-up", "--client", client, "--user", "ada", "--access", "write", "--repository", "models")
    assert said.status == 0
    assert "/hub/models" in said.out and "hf_" in said.out
    assert "hf_…" in ask("set-me-up", "--client", client).out
    assert "there are: " in ask("set-me-up", "--repository", "nowhere").err


def test_storage_speaks_to_people_and_to_machines(ask: Ask) -> None:
    assert "unique" in ask("storage").out.lower()
    assert {"logical", "unique"} <= set(json.loads(ask("storage", "--json").out))


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--server", "ftp://x"], 4),
        (["--server", "localhost:8080"], 4),
        (["--server", "http://[bad"], 4),
        (["--server", "http://x:99999"], 4),
        (["--server", "http://user:password@x"], 4),
        (["--server", "http://ü ö"], 4),
        (["--token", ""], 4),
        (["--token", "hf_ü"], 4),
        (["--token", "hf_a\r\nX-Evil: 1"], 4),
        (["--server", f"http://127.0.0.1:{free_port()}"], 1),
    ],
)
def test_a_server_or_a_token_that_can_be_none_is_one_line(ask: Ask, words: list[str], status: int) -> None:
    said = ask("storage", *words)
    assert (said.status, said.err.count("\n"), said.out) == (status, 1, "")
    assert "password" not in said.err or "user:password" in said.err


def test_without_a_token_it_says_how_to_get_one(type_in: Ask) -> None:
    said = type_in("repo", "list")
    assert said.status == 4 and "entrepot login" in said.err


@pytest.mark.parametrize(
    "text",
    [
        body(b"<html>welcome</html>"),
        body(b"[1]"),
        body(b"[" * 100_000),
        body(b"\xff"),
        body(b"{}"),
        body(b"teapot", b"418 Teapot"),
        body(b'{"error": "flat"}', b"404 Not Found"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_is_none_of_ours_is_one_line(type_in: Ask, wicked: Callable[[bytes], str], text: bytes) -> None:
    said = type_in("login", "--server", wicked(text), "--token", "hf_x")
    assert (said.status, said.err.count("\n"), said.out) == (1, 1, "")


def test_a_token_does_not_follow_a_redirect(type_in: Ask, wicked: Callable[[bytes], str]) -> None:
    url = wicked(b"")
    wicked(b"HTTP/1.0 302 Found\r\nLocation: " + url.encode() + b"/elsewhere\r\n\r\n")
    said = type_in("storage", "--server", url, "--token", "hf_x")
    assert said.status == 1 and f"{url}/elsewhere" in said.err
    assert wicked.seen == ["Bearer hf_x"]  # type: ignore[attr-defined]


EVIL = "\x1b]0;pwned\x07\x1b[2J\r\n\u009b1m"


def test_no_control_character_of_a_server_reaches_the_terminal(type_in: Ask, wicked: Callable[[bytes], str]) -> None:
    row = dict.fromkeys(("key", "kind", "upstream", "user", "token", "name", "repository"), EVIL)
    answer = row | {"repositories": [row], "tokens": [row], "members": [EVIL], EVIL: EVIL}
    ways = [["repo", "list"], ["repo", "show", "x"], ["token", "list"], ["repo", "create", "x", "--kind", "local"]]
    ways += [["login"], ["token", "create", "x", "--user", "x", "--scope", "x:read"], ["repo", "list", "--json"]]
    for text in (body(json.dumps(answer).encode()), body(json.dumps({"error": {"message": EVIL}}).encode(), b"400 No")):
        url = wicked(text)
        for words in ways:
            said = type_in(*words, "--server", url, "--token", "hf_x")
            shown = said.out + said.err
            assert [char for char in shown if not char.isprintable() and char != "\n"] == [], words


def test_what_cannot_be_kept_is_one_line(type_in: Ask, server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/proc/nowhere")
    said = type_in("login", "--server", server.origin, "--token", server.token)
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert "/proc/nowhere" in said.err


@pytest.mark.parametrize("words", [["servee"], ["serve", "--prot", "80"], ["repo", "create", "x"], ["token"]])
def test_words_that_are_none_end_with_a_hint(type_in: Ask, words: list[str]) -> None:
    said = type_in(*words)
    assert said.status == 4
    assert "Usage:" in said.err + said.out
    assert cli.main.__doc__

"""A stage for the firewall's effects: packages that policy allows, warns of, holds and blocks, wherever they may be."""

import base64
import hashlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from conformance.clients.conftest import Stack
from conformance.clients.dam import Dam, damming
from hand_client import Hand
from live_server import LiveServer
from weights_making import weights

REASON = "The librarian says so."
OPEN = 'name = "default"\ndescription = "everything passes"\n'
FILE = "weights.safetensors"
SIZE = (1 << 20) + 100_000
"""Large enough to be glanced at where it lies upstream, so that clients are offered Xet for what nobody has fetched."""
NOTICED_SECONDS = 1.3
"""How long it takes until every process of the registry knows of a policy."""
DAMMED = "dammed"
"""Stands in the names of the files that land slowly."""


@dataclass(frozen=True)
class Spot:
    """Where a file is when somebody asks, and how it is asked for."""

    name: str
    kind: str
    """The repository that is asked: local, remote or virtual."""
    is_local: bool
    """Whether the file was uploaded here; what was, is never cold."""
    is_warm: bool


SPOTS = {
    spot.name: spot
    for spot in (
        Spot("local", "local", True, True),
        Spot("virtual-local", "virtual", True, True),
        Spot("remote-cold", "remote", False, False),
        Spot("remote-warm", "remote", False, True),
        Spot("virtual-cold", "virtual", False, False),
        Spot("virtual-warm", "virtual", False, True),
    )
}
FEWER_SPOTS = ("local", "remote-cold", "virtual-warm")
"""Of a whole package it makes little difference where its files are."""
CONDITIONS = {"package": "", "bytes": 'verdict = "malicious"\n'}
"""What a rule asks besides the package's name; at other levels it asks for the file's path."""
EFFECTS = ("allow", "warn", "hold", "block")


@dataclass(frozen=True)
class Case:
    """One package for one client: what policy says, of what, and where it is."""

    client: str
    level: str
    effect: str
    spot: str
    path: str = FILE

    @property
    def key(self) -> str:
        """The case, as a test is named for it."""
        return f"{self.level}-{self.effect}-{self.spot}"

    @property
    def package(self) -> str:
        """A package of its own."""
        return f"ada/{self.client}-{self.key}"

    @property
    def data(self) -> bytes:
        """Its one large file: noise, so that no part of it is anywhere by chance."""
        return weights(SIZE, self.package)

    @property
    def kind(self) -> str:
        """The repository that is asked."""
        return SPOTS[self.spot].kind

    @property
    def rule(self) -> str:
        """The rule that decides. Clients print the warnings of a rule once: each warned case has its own."""
        about = "a package" if self.level == "package" else f"{self.level} {self.path}"
        return f"warns of {self.package}" if self.effect == "warn" else f"{self.effect}s {about}"


def policy(name: str, cases: Iterable[Case]) -> str:
    """A policy with the rules of these cases; what is simply allowed has none."""
    rules: dict[tuple[str, str, str], list[str]] = {}
    for case in cases:
        if case.effect != "allow":
            path = CONDITIONS.get(case.level, f'path = "{case.path}"\n')
            rules.setdefault((case.rule, case.effect, path), []).append(case.package)
    told = "".join(
        f'[[rule]]\nname = "{rule}"\neffect = "{effect}"\nreason = "{REASON}"\nunless.approved = true\n'
        f"{path}package = {json.dumps(packages)}\n"
        for (rule, effect, path), packages in rules.items()
    )
    return f'name = "{name}"\n{told}'


@dataclass
class Stage:
    """The registry, the upstream with a dam before it, and what was put there."""

    stack: Stack
    dam: Dam
    home: Path
    """For what somebody got before there was a policy."""

    def put(self, case: Case, *files: tuple[str, bytes]) -> None:
        """The case's package, where it should be: with its own file, or with these; texts stand in git itself."""
        hand = Hand(self.stack.registry if SPOTS[case.spot].is_local else self.stack.upstream)
        hand.create(case.package)
        lines: list[dict[str, Any]] = [{"key": "header", "value": {"summary": "s", "description": ""}}]
        for path, data in files or ((case.path, case.data),):
            if path.endswith(".txt"):
                value = {"path": path, "content": base64.b64encode(data).decode(), "encoding": "base64"}
                lines.append({"key": "file", "value": value})
            else:
                hand.send(case.package, data)
                value = {"path": path, "algo": "sha256", "oid": hashlib.sha256(data).hexdigest(), "size": len(data)}
                lines.append({"key": "lfsFile", "value": value})
        body = "\n".join(map(json.dumps, lines)).encode()
        answer = hand.ask("POST", f"/api/models/{case.package}/commit/main", body)
        assert answer.status == 200, answer

    def warm(self, case: Case, *paths: str) -> None:
        """Fetch the file once, or these, as somebody did before there was a policy."""
        for path in paths or (case.path,):
            got = Hand(self.stack.registry, "mirror", self.somebody).get(case.package, path)
            assert got.status == 200, got

    def place(self, case: Case) -> None:
        """The case's package with its own file, where and as it should be."""
        self.put(case)
        if SPOTS[case.spot].is_warm and not SPOTS[case.spot].is_local:
            self.warm(case)

    @cached_property
    def somebody(self) -> str:
        """The token of somebody else, who got things before there was a policy."""
        return self.reader()

    def apply(self, *texts: str) -> None:
        """These policies hold from now on, in every process."""
        for text in texts:
            self.stack.registry.api("POST", "/policies", {"text": text})
        time.sleep(NOTICED_SECONDS)

    def remove(self, name: str) -> None:
        """The policy holds no more; who waits notices when it asks again."""
        self.stack.registry.api("DELETE", f"/policies/{name}")

    @cached_property
    def session(self) -> str:
        """The cookie of an administrator who has signed in with a browser."""
        form = urlencode({"token": self.stack.registry.token}).encode()
        request = urllib.request.Request(f"{self.stack.registry.origin}/sign-in", form)
        request.add_header("Sec-Fetch-Site", "same-origin")
        jar = CookieJar()
        urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar)).open(request, timeout=60).close()
        ((name, value),) = ((cookie.name, cookie.value) for cookie in jar)
        return f"{name}={value}"

    def decisions(self, **wanted: object) -> list[dict[str, Any]]:
        """What was decided, the newest first."""
        query = "&".join(f"{name}={value}" for name, value in {"limit": 1000, **wanted}.items())
        return list(self.stack.registry.api("GET", f"/decisions?{query}")["decisions"])

    def reader(self) -> str:
        """A token that may read everything."""
        return self.stack.registry.new_token("models:read", "mirror:read", "all:read")


@contextmanager
def staging(folder: Path) -> Iterator[Stage]:
    """A stage where everything passes, so far."""
    with (
        LiveServer(folder / "upstream", scanning="off") as upstream,
        damming(upstream.port, DAMMED) as dam,
        LiveServer(folder / "data", workers=2, branch_seconds=0, missing_seconds=0) as registry,
    ):
        upstream.api("POST", "/policies", {"text": OPEN})
        registry.api("POST", "/policies", {"text": OPEN})
        mirror = {"key": "mirror", "kind": "remote", "upstream": f"{dam.origin}/hub/models"}
        registry.api("POST", "/repositories", mirror | {"upstream_token": upstream.token})
        both = {"key": "all", "kind": "virtual", "members": ["models", "mirror"], "deploy_to": "models"}
        registry.api("POST", "/repositories", both)
        yield Stage(Stack(upstream, registry), dam, folder)


@dataclass(frozen=True)
class Answer:
    """What one request was answered."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


def ask(url: str, token: str = "", body: bytes | None = None, method: str = "", **headers: str) -> Answer:
    """The answer to one request, whatever its status; underscores in the names of headers are dashes."""
    request = urllib.request.Request(url, body, method=method or None)
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


def has_part_of(folder: Path, data: bytes) -> bool:
    """Whether some part of the data is in a file anywhere below the folder."""
    needles = [data[at : at + 48] for at in (1000, len(data) // 2, len(data) - 1000)]
    files = [file for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]
    return any(needle in content for file in files if (content := file.read_bytes()) for needle in needles)

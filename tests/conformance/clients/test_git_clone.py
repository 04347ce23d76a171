"""The real git, with its default settings and with the protocol before: clone, fetch, depth, branches, large files."""

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conformance.clients.conftest import CLIENTS, Stack

SMALL = b"---\nlicense: mit\n---\n# A model\n"
LARGE = bytes(range(256)) * 4096


@dataclass(frozen=True)
class Git:
    """Git in a home of its own, with a token where one is given."""

    home: Path
    settings: Mapping[str, str]

    def run(self, *arguments: object, fails: bool = False, lfs: bool = False) -> str:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        environment |= {"GIT_CONFIG_NOSYSTEM": "1"} | ({} if lfs else {"GIT_LFS_SKIP_SMUDGE": "1"})
        options = [option for name, value in self.settings.items() for option in ("-c", f"{name}={value}")]
        command = ["git", *options, *map(str, arguments)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert (done.returncode != 0) == fails, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture(params=["default", "old"])
def git(request: pytest.FixtureRequest, tmp_path: Path) -> Git:
    """Git as it comes, and as it spoke before protocol version 2."""
    return Git(tmp_path, {} if request.param == "default" else {"protocol.version": "0"})


@dataclass(frozen=True)
class Package:
    """A package with a history, and what its refs led to when it was made."""

    id: str
    commits: list[str]
    """The oldest first."""


def _history(stack: Stack, kind: str, home: Path, *arguments: str) -> list[str]:
    server, endpoint = (stack.upstream, stack.source) if kind == "remote" else (stack.registry, stack.endpoint(kind))
    client = CLIENTS["hub-2.4.0-plain"]
    return list(json.loads(client.run("git_history.py", *arguments, endpoint=endpoint, token=server.token, home=home)))


@pytest.fixture
def package(stack: Stack, request: pytest.FixtureRequest, tmp_path: Path) -> Package:
    """A model at the place that the test wants (`local`: here, `remote`: upstream)."""
    unique = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]
    name = f"ada/cloned-{unique}-{stack.registry.port}"
    return Package(name, _history(stack, request.param, tmp_path / "author", name))


def _url(stack: Stack, kind: str, name: str, *, token: bool = True) -> str:
    parts = urlsplit(stack.endpoint(kind))
    user = f"anybody:{stack.registry.token}@" if token else ""
    return f"{parts.scheme}://{user}{parts.netloc}{parts.path}/{name}"


def _log(git: Git, clone: Path) -> list[str]:
    return git.run("-C", clone, "log", "--format=%H", "--reverse").split()


@pytest.mark.parametrize(
    ("package", "kind"),
    [("local", "local"), ("local", "virtual"), ("remote", "remote"), ("remote", "virtual")],
    indirect=["package"],
)
def test_a_clone_is_sound_and_has_the_commits_that_the_registry_names(
    stack: Stack, git: Git, package: Package, kind: str, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    git.run("clone", _url(stack, kind, package.id), clone)
    git.run("-C", clone, "fsck", "--strict")
    assert _log(git, clone) == package.commits
    assert (clone / "README.md").read_bytes() == SMALL + b"more\n"
    assert (clone / "empty.txt").read_bytes() == b""
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(LARGE).hexdigest()}\n"
    assert (clone / "weights/model.bin").read_text() == f"{pointer}size {len(LARGE)}\n"


@pytest.mark.parametrize("package", ["local"], indirect=True)
def test_refs_can_be_listed_and_one_of_them_cloned(stack: Stack, git: Git, package: Package, tmp_path: Path) -> None:
    url = _url(stack, "local", package.id)
    listed = dict(reversed(line.split("\t")) for line in git.run("ls-remote", url + ".git").splitlines())
    assert listed == {
        "HEAD": package.commits[3],
        "refs/heads/main": package.commits[3],
        "refs/heads/side": package.commits[1],
        "refs/tags/v1": package.commits[1],
    }
    git.run("clone", "--branch", "v1", "--depth", "1", url, tmp_path / "tag")
    assert _log(git, tmp_path / "tag") == package.commits[1:2]
    assert not (tmp_path / "tag" / "empty.txt").exists()


@pytest.mark.parametrize("package", ["local", "remote"], indirect=True)
def test_a_shallow_clone_can_be_deepened(stack: Stack, git: Git, package: Package, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git.run("clone", "--depth", "2", _url(stack, "virtual", package.id), clone)
    assert _log(git, clone) == package.commits[2:]
    git.run("-C", clone, "fetch", "--depth", "3")
    assert _log(git, clone) == package.commits[1:]
    git.run("-C", clone, "fetch", "--unshallow")
    assert _log(git, clone) == package.commits
    git.run("-C", clone, "fsck", "--strict")


@pytest.mark.parametrize("package", ["local"], indirect=True)
def test_a_pull_brings_what_is_new(stack: Stack, git: Git, package: Package, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git.run("clone", _url(stack, "local", package.id), clone)
    new = _history(stack, "local", tmp_path / "author", package.id, "fourth.txt")
    git.run("-C", clone, "pull")
    assert _log(git, clone) == package.commits + new
    git.run("-C", clone, "fsck", "--strict")


@pytest.mark.parametrize("package", ["local"], indirect=True)
def test_who_shows_no_token_is_asked_for_one(stack: Stack, git: Git, package: Package, tmp_path: Path) -> None:
    said = git.run("clone", _url(stack, "local", package.id, token=False), tmp_path / "clone", fails=True)
    assert "could not read Username" in said


@pytest.mark.parametrize("package", ["local"], indirect=True)
def test_a_push_is_refused_with_a_reason(stack: Stack, git: Git, package: Package, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git.run("clone", _url(stack, "local", package.id), clone)
    (clone / "new.txt").write_text("new\n")
    git.run("-C", clone, "add", "new.txt")
    git.run("-C", clone, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-m", "mine")
    assert "use 'hf upload'" in git.run("-C", clone, "push", fails=True)


def test_a_package_that_is_not_there_is_not_there(stack: Stack, git: Git, tmp_path: Path) -> None:
    assert "not found" in git.run("clone", _url(stack, "local", "ada/nothing"), tmp_path / "clone", fails=True)


@pytest.mark.clients
@pytest.mark.parametrize(("package", "kind"), [("local", "local"), ("remote", "remote")], indirect=["package"])
def test_git_lfs_gets_large_files(stack: Stack, git: Git, package: Package, kind: str, tmp_path: Path) -> None:
    git.run("lfs", "install", "--skip-repo")
    clone = tmp_path / "clone"
    git.run("clone", _url(stack, kind, package.id), clone, lfs=True)
    assert (clone / "weights/model.bin").read_bytes() == LARGE
    assert "weights/model.bin" in git.run("-C", clone, "lfs", "ls-files")
    assert git.run("-C", clone, "status", "--porcelain", lfs=True) == ""

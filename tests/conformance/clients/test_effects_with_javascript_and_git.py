"""What people with the JavaScript client, git and git-lfs see of each effect.

Which doors they use is said by their sources. `downloadFile` of the JavaScript client never asks HEAD: it asks for the
first byte of a file, which it is told the size by, and goes on over Xet where it is offered that; `modelInfo` asks for
the revision, `listFiles` for the tree, `pathsInfo` for paths. Git asks for a pack, in which small files are themselves
and large ones are pointers, and git-lfs for a batch and for each object in it.

Left out, because there is no such thing: neither prints a warning, and neither waits for what is held. So what is
warned of arrives in silence, and what is held is refused with its reason. A pack has a large file's pointer only where
its name may be asked for: to see git-lfs refused, one has to have cloned before there was a policy (`lfs`, below).
Packs are made of a mirror of upstream's git, so whether a small file is cold does not matter to git. What was uploaded
here is never cold.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance.clients.conftest import PATIENCE
from conformance.clients.effects_stage import EFFECTS, FILE, REASON, SPOTS, Case, Stage, has_part_of, policy, staging
from hand_client import until

pytestmark = pytest.mark.clients
JAVASCRIPT = Path(__file__).parent / "javascript"
SMALL = "small.txt"
PLACES = ("local", "remote-cold", "virtual-cold")
SCRIPTED = [
    Case(client, level, effect, spot)
    for client in ("js-plain", "js-xet")
    for level in ("file", "package")
    for effect in EFFECTS
    for spot in SPOTS
]
CLONED = [
    Case("git", level, effect, spot, SMALL) for level in ("file", "package") for effect in EFFECTS for spot in PLACES
]
PULLED = [Case("git", "lfs", effect, spot) for effect in EFFECTS for spot in SPOTS]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Every package is where it should be, and what is pulled later was cloned; then the policies hold."""
    with staging(tmp_path_factory.mktemp("others")) as made, ThreadPoolExecutor(4) as pool:
        assert git(made.home, "lfs", "install", "--skip-repo").returncode == 0
        list(pool.map(lambda case: _put(made, case), [*SCRIPTED, *CLONED, *PULLED]))
        for case, done in zip(PULLED, pool.map(lambda case: clone(made, case, made.home), PULLED), strict=True):
            assert done.returncode == 0, f"{case.key}: {done.stderr}"
        made.apply(policy("effects", [*SCRIPTED, *CLONED, *PULLED]))
        yield made


def _put(stage: Stage, case: Case) -> None:
    stage.put(case, (FILE, case.data), (SMALL, small(case)))
    if SPOTS[case.spot].is_warm and not SPOTS[case.spot].is_local:
        stage.warm(case, FILE)


def small(case: Case) -> bytes:
    """What the case's small file says: long enough to be looked for."""
    return f"{case.package} ".encode() * 40


def git(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """What git says to somebody with that home."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1"}
    environment |= {"GIT_TERMINAL_PROMPT": "0", **more}
    return subprocess.run(
        ["git", *words], env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def clone(stage: Stage, case: Case, home: Path) -> subprocess.CompletedProcess[str]:
    """A clone without large files."""
    where = f"{stage.stack.endpoint(case.kind)}/{case.package}".replace("http://", f"http://ada:{stage.somebody}@")
    return git(home, "clone", where, str(home / case.package), GIT_LFS_SKIP_SMUDGE="1")


@pytest.fixture(scope="module")
def scripted(stage: Stage) -> dict[tuple[str, str], dict[str, Any]]:
    """What one process of each JavaScript client met."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for client in ("js-plain", "js-xet"):
        wanted = [
            {"key": case.key, "endpoint": stage.stack.endpoint(case.kind), "name": case.package, "path": FILE,
             "xet": client == "js-xet", "whole": case.level == "package"}
            for case in SCRIPTED if case.client == client
        ]  # fmt: skip
        done = subprocess.run(
            ["node", "many.mjs", stage.reader()], input=json.dumps(wanted), cwd=JAVASCRIPT, capture_output=True,
            text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        found |= {(client, key): outcome for key, outcome in map(json.loads, done.stdout.splitlines())}
    return found


def passes(case: Case) -> bool:
    return case.effect in ("allow", "warn")


def decided(stage: Stage, case: Case, client: str, door: str) -> list[dict[str, Any]]:
    """What was written down of the case's file at a door for a client, once what should be there is."""

    def find() -> list[dict[str, Any]]:
        lines = [line for line in stage.decisions(package=case.package, door=door) if client in line["client"]]
        return [line for line in lines if line["path"] == case.path or line["effect"] in ("hold", "block")]

    until(lambda: any((line["effect"], line["downloaded"]) == (case.effect, passes(case)) for line in find()), 5)
    return find()


def assert_says_why(case: Case, said: str) -> None:
    assert REASON in said and f"(rule '{case.rule}')" in said and "/decisions/" in said


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.client}-{case.key}") for case in SCRIPTED])
def test_what_the_javascript_client_gets(stage: Stage, scripted: Any, case: Case) -> None:
    outcome = scripted[case.client, case.key]
    is_over_xet = case.client == "js-xet" and (SPOTS[case.spot].is_warm or case.level == "package")
    lines = decided(stage, case, "node", "xet-fetch" if passes(case) and is_over_xet else "file")
    assert {(line["effect"], line["downloaded"]) for line in lines} == {(case.effect, passes(case))}
    if case.level == "package":
        assert ("got" in outcome["revision"]) == (case.effect != "block")
        assert ("got" in outcome["tree"]) == ("got" in outcome["paths"]) == passes(case)
    if passes(case):
        assert outcome["file"] == {"got": hashlib.sha256(case.data).hexdigest()}
        return
    for refused in (one for one in outcome.values() if "got" not in one):
        assert refused["status"] == {"hold": 429, "block": 403}[case.effect]
        assert_says_why(case, refused["refused"])


@pytest.mark.parametrize("case", [pytest.param(case, id=case.key) for case in CLONED])
def test_what_git_gets(stage: Stage, case: Case, tmp_path: Path) -> None:
    done = clone(stage, case, tmp_path)
    assert (done.returncode == 0) == passes(case), done.stderr
    lines = decided(stage, case, "git/", "git")
    assert {(line["effect"], line["downloaded"]) for line in lines} == {(case.effect, passes(case))}
    if passes(case):
        assert (tmp_path / case.package / SMALL).read_bytes() == small(case)
        assert "warning" not in done.stderr and REASON not in done.stderr
    else:
        assert_says_why(case, done.stderr)
        assert not has_part_of(tmp_path, small(case))


@pytest.mark.parametrize("case", [pytest.param(case, id=case.key) for case in PULLED])
def test_what_git_lfs_gets(stage: Stage, case: Case) -> None:
    folder = stage.home / case.package
    done = git(stage.home, "-C", str(folder), "lfs", "pull")
    assert (done.returncode == 0) == passes(case), done.stderr
    lines = decided(stage, case, "git-lfs/", "lfs")
    assert {(line["effect"], line["downloaded"]) for line in lines} == {(case.effect, passes(case))}
    if passes(case):
        assert (folder / FILE).read_bytes() == case.data
        assert REASON not in done.stdout + done.stderr
    else:
        assert_says_why(case, done.stdout + done.stderr)
        assert (folder / FILE).read_bytes().startswith(b"version https://git-lfs") and not has_part_of(
            folder, case.data
        )

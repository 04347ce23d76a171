"""What people with stock Python clients see of each effect, of files and of whole packages, wherever those are.

Which doors a client uses is said by its sources. `hf_hub_download` asks HEAD, and then for the file: by GET, or over
Xet (token, plan, fetch) where HEAD offers that, which is where the file has been looked at and passes. From 2.x on
`snapshot_download` asks for the revision, lists the tree, and skips HEAD for what the list offers over Xet; older ones
ask for the revision alone. The list is kept, so that a file can be asked for over Xet long after it was listed
(`listed`, below): no older client and none without Xet does that. Of all that they download, Python clients ask neither
LFS nor raw nor git for anything.

One client's holds end with the policies that hold, those of another with waivers that somebody grants meanwhile.

Left out, because there is no such thing: what was uploaded here is never cold. 0.36.2 prints no warning and does not
wait: it gets the file, or the reason, at once. What hf_xet asks for by a list that it kept is refused with a bare "403
Forbidden", since it shows nothing of what a server says, and it prints no warning; the reason is with the decision. Of
what is warm somebody has a copy, and a block takes it back: the error says that it was withdrawn.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance.clients.client_runs import NEW, OLD, Run, launch
from conformance.clients.effects_stage import (
    EFFECTS,
    FEWER_SPOTS,
    FILE,
    REASON,
    SPOTS,
    Case,
    Stage,
    has_part_of,
    policy,
    staging,
)
from hand_client import until


def cases_of(client: str) -> list[Case]:
    """Every case of one client."""
    found = [Case(client, level, effect, spot) for level in ("file", "package") for effect in EFFECTS for spot in SPOTS]
    if client == "new-xet":
        found += [Case(client, "listed", effect, spot) for effect in EFFECTS for spot in FEWER_SPOTS]
    return found


def start(stage: Stage, client: str, home: Path) -> Run:
    """The client's packages, the policies about them, and its process, which has kept some lists."""
    cases = cases_of(client)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(stage.place, cases))
    early = [case for case in cases if case.level != "listed"]
    for name, some in _by_fate(client, early):
        stage.stack.registry.api("POST", "/policies", {"text": policy(name, some)})
    paths = {"file": FILE, "package": "", "listed": "/"}
    return launch(stage, cases, [paths[case.level] for case in cases], home)


def _by_fate(client: str, cases: Sequence[Case]) -> list[tuple[str, list[Case]]]:
    """A policy for what is held, which ends, and one for the rest."""
    held = [case for case in cases if case.effect == "hold"]
    return [(f"holds-{client}-{len(cases)}", held), (client + cases[0].level, [c for c in cases if c not in held])]


def _end_policies(stage: Stage, client: str) -> None:
    """Nothing holds the client's packages any more."""
    for row in stage.stack.registry.api("GET", "/policies")["policies"]:
        if row["name"].startswith(f"holds-{client}-"):
            stage.remove(row["name"])


def _grant_waivers(stage: Stage, client: str) -> None:
    """Somebody asked for each of the client's packages, by what was decided, and it was granted."""
    lines = [line for line in stage.decisions(effect="hold") if f"ada/{client}-" in line["package"]]
    for line in {line["package"]: line for line in lines if line["door"] != "package"}.values():
        asked = stage.stack.registry.api("POST", "/waivers", {"decision": line["id"], "reason": "a test"})
        said = {"standing": "granted", "answer": "fine"}
        stage.stack.registry.api("POST", f"/waivers/{asked['id']}", said)


END_OF_HOLDS = {"new-xet": _end_policies, "new-plain": _grant_waivers}


def perform(stage: Stage, clients: Sequence[str], folder: Path) -> dict[str, Run]:
    """Let these clients try everything, and end the holds once they have met them."""
    runs = {client: start(stage, client, folder / client) for client in clients}
    for run in runs.values():
        until(lambda run=run: run.is_ready, 120)
    late = {client: [case for case in run.cases if case.level == "listed"] for client, run in runs.items()}
    stage.apply(*(policy(*fate) for client, some in late.items() if some for fate in _by_fate(client, some)))
    for run in runs.values():
        run.go_on()
    held = {f"model/{case.package}" for run in runs.values() for case in run.cases if case.effect == "hold"}
    until(
        lambda: held <= {line["package"] for line in stage.decisions(effect="hold") if line["door"] != "package"}, 120
    )
    for client in runs.keys() & NEW.keys():
        END_OF_HOLDS[client](stage, client)
    for run in runs.values():
        run.wait()
    return runs


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staging(tmp_path_factory.mktemp("effects")) as made:
        yield made


@pytest.fixture(scope="module")
def run_of(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Run]]:
    """What a client met, which is found out when it is first asked for: together for those of one generation."""
    runs: dict[str, Run] = {}

    def find(client: str) -> Run:
        if client not in runs:
            runs.update(perform(stage, list(NEW if client in NEW else OLD), tmp_path_factory.mktemp("clients")))
        return runs[client]

    yield find
    for run in runs.values():
        run.process.kill()


def decided(stage: Stage, case: Case) -> list[dict[str, Any]]:
    """What was written down of the case's package and its file, for this client and nobody else."""
    # An older client does not tell hf_xet who it is.
    versions = ("hf_hub/2.4.0",) if case.client in NEW else ("hf_hub/0.36.2", "hf_xet/")
    lines = [line for line in stage.decisions(package=case.package) if any(one in line["client"] for one in versions)]
    return [line for line in lines if line["path"] in ("", case.path)]


def way_of(case: Case) -> set[str]:
    """The doors through which the file comes, where it comes."""
    # What is cold was looked at before it is asked for only where the client lists the files first.
    is_known = SPOTS[case.spot].is_warm or (case.level != "file" and case.client in NEW)
    # HEAD offers nothing over Xet of what is held at that time.
    is_offered = is_known and (case.level, case.effect) != ("file", "hold")
    return {"xet-plan", "xet-fetch"} if case.client.endswith("xet") and is_offered else {"file"}


def assert_it_came(stage: Stage, case: Case, run: Run, effect: str) -> None:
    """The file's bytes arrived, and that is on record."""
    assert run.outcome(case)["got"][FILE] == hashlib.sha256(case.data).hexdigest()
    given = [line for line in decided(stage, case) if line["downloaded"] and line["path"]]
    assert {line["door"] for line in given if line["effect"] == effect} == way_of(case)
    assert {line["effect"] for line in given} == {effect}


def assert_allowed(stage: Stage, case: Case, run: Run) -> None:
    assert_it_came(stage, case, run, "allow")
    assert case.package not in run.printed


def assert_warned(stage: Stage, case: Case, run: Run) -> None:
    assert_it_came(stage, case, run, "warn")
    assert run.printed.count(f"(rule '{case.rule}')") == (1 if case.client in NEW and case.level != "listed" else 0)
    assert case.client in OLD or case.level == "listed" or REASON in run.printed


def assert_held(stage: Stage, case: Case, run: Run) -> None:
    met = {line["door"] for line in decided(stage, case) if line["effect"] == "hold" and not line["downloaded"]}
    if case.client in OLD:
        said = run.outcome(case)["refused"]
        assert "429" in said and all(part in said for part in (REASON, f"(rule '{case.rule}')", "/decisions/"))
        assert met - {"package"} == {"file"} and not has_part_of(run.home, case.data)
        return
    assert_it_came(stage, case, run, "allow")
    assert met - {"package"} == {{"file": "file", "package": "tree", "listed": "xet-plan"}[case.level]}
    assert (case.package in run.printed) == (case.level != "listed")


def assert_blocked(stage: Stage, case: Case, run: Run) -> None:
    outcome, lines = run.outcome(case), [line for line in decided(stage, case) if line["effect"] == "block"]
    door = {"file": "head", "package": "package", "listed": "xet-plan"}[case.level]
    assert {(line["door"], line["rule"], line["downloaded"]) for line in lines} == {(door, case.rule, False)}
    if case.level == "listed":
        assert "403 Forbidden" in outcome["broken"]
    else:
        link = f"/decisions/{lines[0]['id']}"
        assert all(part in outcome["refused"] for part in (REASON, f"(rule '{case.rule}')", link))
        is_recalled = case.level == "file" and case.spot.endswith("warm")
        assert ("was withdrawn after it had been downloaded" in outcome["refused"]) == is_recalled
    assert not has_part_of(run.home, case.data)


SEEN = {"allow": assert_allowed, "warn": assert_warned, "hold": assert_held, "block": assert_blocked}
ALL = [
    pytest.param(case, id=f"{client}-{case.key}", marks=[pytest.mark.clients] if client in OLD else [])
    for client in (*NEW, *OLD)
    for case in cases_of(client)
]


@pytest.mark.parametrize("case", ALL)
def test_what_a_person_sees(stage: Stage, run_of: Callable[[str], Run], case: Case) -> None:
    SEEN[case.effect](stage, case, run_of(case.client))

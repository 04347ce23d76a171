"""What people see of each effect who ask for a file while it still lands: the verdict comes at its end.

Somebody else has asked before them, and upstream keeps the end of the file back until everybody waits. At the level
`bytes` it turns out at the end what the file is; at the level `law` a policy comes to hold while it lands. That is also
how a file is refused that goes out over Xet meanwhile, since Xet is only offered where a glance has found nothing.

Left out, because there is no such thing: what was uploaded here never lands; a rule that refuses by name does so before
a file lands; and a warning comes too late to be printed, since the headers have left. Where the verdict refuses, the
connection is cut. 2.4.0 goes on where it was, and is told then; older ones and the JavaScript client give up over it,
and are told when they try again. For git nothing lands: its packs come from a mirror.
"""

import hashlib
import http.client
import json
import os
import pickle
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.clients.client_runs import NEW, OLD, Run, launch
from conformance.clients.conftest import PATIENCE
from conformance.clients.effects_stage import (
    DAMMED,
    EFFECTS,
    REASON,
    Case,
    Stage,
    ask,
    has_part_of,
    policy,
    staging,
)
from hand_client import until
from weights_making import weights

OTHERS = (*OLD, "js")
SPOTS = ("remote-cold", "virtual-cold")
JAVASCRIPT = Path(__file__).parent / "javascript"
END = 60_000
"""Less than what nobody gets before the verdict."""


class Greeting:
    """Unpickling it would run a harmless command; nobody does."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("echo hi",)


def cases_of(client: str) -> list[Case]:
    """Every case of one client; each has a file of its own name, which the dam knows."""
    levels = [("bytes", "pkl")] + ([("law", "safetensors")] if client in NEW else [])
    return [
        Case(client, level, effect, spot, f"{DAMMED}-{client}-{level}-{effect}-{spot}.{ending}")
        for level, ending in levels
        for effect in EFFECTS
        for spot in SPOTS
    ]


def is_over_xet(case: Case) -> bool:
    return case.level == "law" and case.client == "new-xet"


def data_of(case: Case) -> bytes:
    """Five megabytes, of which only the end is harmful at the level of bytes."""
    noise = weights(5_000_000, case.package)
    if case.level == "law":
        return noise
    return pickle.dumps([noise[at : at + 1000] for at in range(0, len(noise), 1000)] + [Greeting()])


class Script:
    """One process of the JavaScript client, which asks for everything at once; it keeps nothing on a disk."""

    printed = ""
    is_ready = True

    def __init__(self, stage: Stage, cases: Sequence[Case], home: Path) -> None:
        home.mkdir()
        self.home, self._cases, self._stage = home, cases, stage
        with (home / "stdout").open("w") as out:
            command = ["node", "many.mjs", stage.reader()]
            self.process = subprocess.Popen(command, cwd=JAVASCRIPT, stdin=-1, stdout=out, text=True)

    def go_on(self) -> None:
        """Let it try everything."""
        endpoints = [self._stage.stack.endpoint(case.kind) for case in self._cases]
        wanted = [
            {"key": case.key, "endpoint": endpoint, "name": case.package, "path": case.path, "xet": True}
            for case, endpoint in zip(self._cases, endpoints, strict=True)
        ]
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(wanted))
        self.process.stdin.close()

    def wait(self) -> None:
        """Wait for its end, which has to be a good one."""
        assert self.process.wait(PATIENCE) == 0

    def outcome(self, case: Case) -> dict[str, Any]:
        """What came of one case, as a Python client would say it."""
        found = dict(map(json.loads, (self.home / "stdout").read_text().splitlines()))[case.key]
        return (
            {"got": {case.path: found["file"]["got"]}} if "got" in found["file"] else found.get("again", found["file"])
        )


class Reader(threading.Thread):
    """Somebody who asked first, and reads as long as anything comes."""

    def __init__(self, stage: Stage, case: Case) -> None:
        super().__init__()
        self.got = b""
        self._stage, self._case = stage, case

    def run(self) -> None:
        """Read it all, or as much as there is."""
        url = f"{self._stage.stack.endpoint(self._case.kind)}/{self._case.package}/resolve/main/{self._case.path}"
        try:
            self.got = ask(url, self._stage.somebody).body
        except http.client.IncompleteRead as cut:
            self.got = cut.partial
        except (OSError, http.client.HTTPException):
            return


class Landings:
    """What each client met, and what they were who asked first."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self._folder = stage, folder
        self.runs: dict[str, Run | Script] = {}
        self.readers: dict[Case, Reader] = {}

    def run_of(self, client: str) -> Run | Script:
        """The client's run, for which everything lands once; together with those of its generation."""
        if client not in self.runs:
            self._perform([cases_of(one) for one in (NEW if client in NEW else OTHERS)])
        return self.runs[client]

    def _perform(self, clients: Sequence[Sequence[Case]]) -> None:
        stage, every = self.stage, [case for cases in clients for case in cases]
        stage.dam.opened.clear()
        for case in every:
            stage.put(case, (case.path, data_of(case)))
        by_law = [case for case in every if case.level == "law"]
        stage.apply(*_policies(every[0].client, [case for case in every if case not in by_law]))
        for cases in clients:
            if cases[0].client == "js":
                self.runs["js"] = Script(stage, cases, self._folder / "js")
                continue
            # What is asked for as a whole is listed, so that Xet is offered for it.
            asked = ["" if is_over_xet(case) else case.path for case in cases]
            self.runs[cases[0].client] = launch(stage, cases, asked, self._folder / cases[0].client)
        self.readers |= {case: Reader(stage, case) for case in every}
        for case in every:
            self.readers[case].start()
        until(lambda: all(stage.dam.filled[case.path] for case in every), 120)
        for run in [self.runs[cases[0].client] for cases in clients]:
            until(lambda run=run: run.is_ready, 120)
            run.go_on()
        until(lambda: {case.package for case in every} <= self._who_wait(), 120)
        if by_law:
            stage.apply(*_policies(f"{every[0].client}-law", by_law))
        stage.dam.opened.set()
        self._end_holds(every)
        for cases in clients:
            self.runs[cases[0].client].wait()
        for case in every:
            self.readers[case].join()

    def _who_wait(self) -> set[str]:
        given = self.stage.decisions(downloads="true")
        return {line["package"].removeprefix("model/") for line in given if is_stock(line)}

    def _end_holds(self, every: Sequence[Case]) -> None:
        held = {f"model/{case.package}" for case in every if case.effect == "hold"}
        until(lambda: held <= {line["package"] for line in self.stage.decisions(effect="hold")}, 120)
        if every[0].client in OTHERS:
            return
        until(lambda: held <= self._told(), 120)
        for row in self.stage.stack.registry.api("GET", "/policies")["policies"]:
            if row["name"].endswith("-holds"):
                self.stage.remove(row["name"])

    def _told(self) -> set[str]:
        return {line["package"] for line in self.stage.decisions(effect="hold") if is_stock(line)}


def is_stock(line: dict[str, Any]) -> bool:
    """Whether it was a stock client that asked, and not who asked before it."""
    return "hf_" in line["client"] or "node" in line["client"]


def _policies(name: str, cases: Sequence[Case]) -> list[str]:
    held = [case for case in cases if case.effect == "hold"]
    return [policy(f"{name}-holds", held), policy(name, [case for case in cases if case not in held])]


@pytest.fixture(scope="module")
def landings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Landings]:
    with staging(tmp_path_factory.mktemp("landing")) as stage:
        found = Landings(stage, tmp_path_factory.mktemp("clients"))
        yield found
        for run in found.runs.values():
            run.process.kill()


ALL = [
    pytest.param(case, id=f"{client}-{case.key}", marks=[pytest.mark.clients] if client in OTHERS else [])
    for client in (*NEW, *OTHERS)
    for case in cases_of(client)
]


@pytest.mark.parametrize("case", ALL)
def test_the_verdict_on_what_lands_comes_before_its_end(landings: Landings, case: Case) -> None:
    run, data = landings.run_of(case.client), data_of(case)
    outcome, reader = run.outcome(case), landings.readers[case]
    assert landings.stage.dam.filled[case.path] == 1, "everybody has the bytes of one fetch"
    lines = [line for line in landings.stage.decisions(package=case.package) if line["path"] == case.path]
    assert any(line["effect"] == case.effect for line in lines)
    doors = {line["door"] for line in lines if is_stock(line) and line["downloaded"]}
    assert doors == ({"xet-plan", "xet-fetch"} if is_over_xet(case) else {"file"})
    came = outcome.get("got", {}).get(case.path)
    if case.effect in ("allow", "warn"):
        assert came == hashlib.sha256(data).hexdigest() and reader.got == data
        assert case.package not in run.printed
        return
    assert 0 < len(reader.got) < len(data) - END
    if case.effect == "hold" and case.client in NEW:
        assert came == hashlib.sha256(data).hexdigest()
        return
    assert came is None and not has_part_of(run.home, data[-END:])
    assert_told(case, outcome)


def assert_told(case: Case, outcome: dict[str, Any]) -> None:
    """The person is told why, at the latest when trying again; over Xet only that it is forbidden."""
    told = outcome.get("again", outcome)
    if is_over_xet(case):
        assert "403 Forbidden" in told["broken"]
    else:
        assert REASON in told["refused"] and f"(rule '{case.rule}')" in told["refused"]
        assert "/decisions/" in told["refused"]

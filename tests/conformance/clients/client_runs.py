"""Processes of stock Python clients that try many things at once, each on a disk of its own."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.clients.conftest import CLIENTS, PATIENCE, SCRIPTS
from conformance.clients.effects_stage import Case, Stage

NEW = {"new-xet": "hub-2.4.0-xet", "new-plain": "hub-2.4.0-plain"}
OLD = {"old-xet": "hub-0.36.2", "old-plain": "hub-0.36.2-plain"}


@dataclass
class Run:
    """One process of a client that tries all of its cases."""

    cases: Sequence[Case]
    home: Path
    process: subprocess.Popen[str]

    @property
    def printed(self) -> str:
        """What a person sees."""
        return (self.home / "stderr").read_text()

    @property
    def lines(self) -> list[str]:
        """What the process has told us so far: first that it is ready, then what came of each case."""
        return (self.home / "stdout").read_text().splitlines()

    @property
    def is_ready(self) -> bool:
        """Whether it waits for the word to go on, or has ended."""
        return bool(self.lines) or self.process.poll() is not None

    def go_on(self) -> None:
        """Let it try everything."""
        self._say("")

    def wait(self) -> None:
        """Wait for its end, which has to be a good one."""
        self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0, self.printed

    def outcome(self, case: Case) -> dict[str, Any]:
        """What came of one case."""
        found: dict[str, Any] = dict(map(json.loads, self.lines[1:]))
        return dict(found[case.key])

    def _say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


def launch(stage: Stage, cases: Sequence[Case], asked: Sequence[str], home: Path) -> Run:
    """A process of the cases' client, which asks for these paths: all of a package for an empty one.

    For `/` it keeps the list of the package's files at once, and asks for the rest when it may go on.
    """
    home.mkdir()
    client = cases[0].client
    known = CLIENTS[(NEW | OLD)[client]]
    # Progress bars of whole packages can't be made by two threads of an older client at once.
    at_once = len(cases) if client in NEW or all(asked) else 1
    surroundings = known.surroundings(stage.stack.endpoint("virtual"), stage.reader(), home)
    with (home / "stdout").open("w") as out, (home / "stderr").open("w") as err:
        command = [str(known.python), str(SCRIPTS / "try_many.py"), str(at_once)]
        process = subprocess.Popen(command, env=surroundings, stdin=-1, stdout=out, stderr=err, text=True)
    run = Run(cases, home, process)
    endpoints = [stage.stack.endpoint(case.kind) for case in cases]
    rows = [
        list(row)
        for row in zip([case.key for case in cases], endpoints, [c.package for c in cases], asked, strict=True)
    ]
    run._say(json.dumps(rows))
    return run

"""What an operator sees: the command line, run in this process."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from entrepot import cli


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Said]:
    """Types a command, at a desk where nothing is set and nobody is logged in."""
    for name in ("CONFIG", "SERVER", "TOKEN", "DATA", "DATABASE", "BLOBS"):
        monkeypatch.delenv(f"ENTREPOT_{name}", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "desk"))
    monkeypatch.chdir(tmp_path)

    def type_in(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["entrepot", *map(str, words)])
        status = 0
        try:
            cli.main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return type_in

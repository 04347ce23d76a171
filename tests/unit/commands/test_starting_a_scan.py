"""What one small file costs to begin with: what it does without is not loaded."""

import pickle
import subprocess
import sys
from pathlib import Path

HEAVY = (
    "click",
    "hashlib",
    "dataclasses",
    "inspect",
    "email",
    "tomllib",
    "json",
    "asyncio",
    "numpy",
    "yaml",
    "pathlib",
)
SCRIPT = """
import sys
from entrepot.cli import main
sys.argv = ["entrepot", *sys.argv[1:]]
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def _scan(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", SCRIPT, "scan", *words], capture_output=True, text=True, check=False)


def test_a_harmless_pickle_is_scanned_without_loading_parsers_and_tables(tmp_path: Path) -> None:
    (tmp_path / "one.pkl").write_bytes(pickle.dumps({"a": 1}))
    ended = _scan(str(tmp_path / "one.pkl"))
    assert ended.returncode == 0
    assert ended.stdout == "1 file: 1 clean\n"
    assert not {name.split(".")[0] for name in ended.stderr.split()} & set(HEAVY)


def test_paths_alone_say_the_same_as_paths_with_the_options_that_are_meant_anyhow(tmp_path: Path) -> None:
    (tmp_path / "one.pkl").write_bytes(pickle.dumps(print))
    (tmp_path / "two.txt").write_text("Good morning.")
    bare, spelled = _scan(str(tmp_path)), _scan("--format", "text", "--fail-on", "low", str(tmp_path))
    assert "click" in spelled.stderr.split()
    assert (bare.returncode, bare.stdout) == (spelled.returncode, spelled.stdout)

"""`entrepot convert` on what PyTorch really writes: the same tensors as safetensors' own library has them."""

import subprocess
from pathlib import Path

import pytest

from live_server import ROOT

SCRIPTS = Path(__file__).parent / "scripts"
PYTHON = ROOT / ".venv-clients" / "bin" / "python"


def run(*command: object) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.clients
def test_what_torch_saves_becomes_what_safetensors_would_have_saved(tmp_path: Path) -> None:
    run(PYTHON, SCRIPTS / "save_checkpoints.py", tmp_path)
    said = run(ROOT / ".venv" / "bin" / "entrepot", "convert", tmp_path)
    assert said.count("tensors, ") == 4
    assert "left out: optimizer (dict), epoch (int), args (argparse.Namespace)" in said
    assert run(PYTHON, SCRIPTS / "compare_weights.py", tmp_path).splitlines() == [
        "new.safetensors 16",
        "old.safetensors 14",
        "training-old.safetensors 7",
        "training.safetensors 7",
    ]

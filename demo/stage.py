"""What both acts share: how the story is told, and how people's shells are set up."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from live_server import LiveServer  # noqa: E402

BOLD, DIM, TEAL, PLAIN = ("\033[1m", "\033[2m", "\033[36m", "\033[0m") if sys.stdout.isatty() else ("", "", "", "")
CLIENTS = ROOT / ".venv-clients" / "bin"
HF, ENTREPOT = str(CLIENTS / "hf"), str(Path(sys.executable).parent / "entrepot")
STARTED = time.perf_counter()
__all__ = ["CLIENTS", "ENTREPOT", "HF", "ROOT", "LiveServer", "note", "python", "run", "say", "surroundings", "timed"]


def say(text: str) -> None:
    """A line of the story."""
    print(f"\n{TEAL}{time.perf_counter() - STARTED:5.1f} s{PLAIN}  {BOLD}{text}{PLAIN}", flush=True)


def note(text: str) -> None:
    """What came of it."""
    for line in text.splitlines():
        print(f"         {line}", flush=True)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Says how long it took."""
    started = time.perf_counter()
    yield
    note(f"→ {what}: {time.perf_counter() - started:.2f} s")


def surroundings(server: LiveServer, key: str, token: str, home: Path) -> dict[str, str]:
    """What a person would have set in the shell, and an empty cache."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "TERM") if key in os.environ}
    quiet = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_UPDATE_CHECK": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    home.mkdir(parents=True, exist_ok=True)
    ours = {"ENTREPOT_SERVER": server.origin, "ENTREPOT_TOKEN": server.token, "HOME": str(home)}
    return kept | quiet | ours | {"HF_ENDPOINT": server.endpoint(key), "HF_TOKEN": token, "HF_HOME": str(home)}


def run(command: list[str], where: dict[str, str], *, shown: str = "") -> str:
    """What the command prints; it is shown as a person would type it."""
    note(f"{DIM}$ {shown or ' '.join([Path(command[0]).name, *command[1:]])}{PLAIN}")
    done = subprocess.run(command, env=where, capture_output=True, text=True, check=False, cwd=where["HF_HOME"])
    if done.returncode:
        raise SystemExit(f"the demo broke at {command}\n{done.stdout}\n{done.stderr}")
    return done.stdout.strip()


def python(code: str, where: dict[str, str]) -> str:
    """What a few lines of Python print, in the clients' environment."""
    for line in code.strip().splitlines():
        note(f"{DIM}>>> {line}{PLAIN}")
    return run([str(CLIENTS / "python"), "-W", "ignore", "-c", code], where, shown="python")

"""Try to download many things at once, in the style of scripts that people have; one line of JSON for each.

Reads a list of [key, endpoint, package, path] from its input. Without a path it is the whole package; of one whose path
is `/` only the list of files is kept at first, and the rest follows after a line has come in.
"""

import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from huggingface_hub import hf_hub_download, snapshot_download

try:
    from huggingface_hub.errors import HfHubHTTPError
except ImportError:
    from huggingface_hub.utils import HfHubHTTPError


def attempt(endpoint: str, name: str, path: str) -> dict[str, object]:
    """What came, or what the error says."""
    try:
        if path:
            got = Path(hf_hub_download(name, path, endpoint=endpoint))
        else:
            got = Path(snapshot_download(name, endpoint=endpoint, max_workers=2))
    except HfHubHTTPError as error:
        return {"refused": str(error)}
    except (RuntimeError, OSError, ValueError) as error:
        return {"broken": f"{type(error).__name__}: {error}"}
    files = [got] if got.is_file() else [file for file in got.rglob("*") if file.is_file()]
    return {"got": {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}}


def report(case: list[str]) -> None:
    key, endpoint, name, path = case
    outcome = attempt(endpoint, name, path.strip("/"))
    if "broken" in outcome:
        # What anybody does whose connection was cut.
        outcome["again"] = attempt(endpoint, name, path.strip("/"))
    sys.stdout.write(json.dumps([key, outcome]) + "\n")
    sys.stdout.flush()


cases, at_once = json.loads(sys.stdin.readline()), int(sys.argv[1])
listed = [case for case in cases if case[3] == "/"]
for _, endpoint, name, _ in listed:
    snapshot_download(name, endpoint=endpoint, allow_patterns="*.txt")
print("listed", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(at_once) as pool:
    list(pool.map(report, cases))

"""Uploads over Xet and LFS against a server that only hashes; what checkpoints cost to keep."""

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np

from downloads import environment, random_file, upload
from live_server import LiveServer
from measure import MIB, QUICK, Row, ratio, seconds
from peers import hashing_server


def measure(folder: Path) -> list[Row]:
    """The rows of this benchmark."""
    number = iter(range(1000))
    with LiveServer(folder / "data") as server, hashing_server(folder / "peer") as peer:

        def fresh() -> Path:
            return random_file(folder / "upload.bin")

        def plain() -> float:
            path = fresh()
            return seconds(["curl", "--silent", "--fail", "-T", str(path), f"{peer}/x"])

        def over_xet() -> float:
            return upload(server, f"bench/upload-{next(number)}", fresh(), xet=True)

        start = _start(server)
        return [
            ratio("upload over Xet, of a PUT to a server that only hashes", lambda: over_xet() - start, plain, 0.5),
            ratio("upload over LFS (batch, PUT, verify), of the same", lambda: over_lfs(server, fresh()), plain, 0.8),
            _checkpoints(server, folder),
        ]


def over_lfs(server: LiveServer, path: Path) -> float:
    """Seconds from asking where to send a file to its being there. The client's own hash of it is not counted:
    the plain PUT that this is compared with does not make one."""
    digest = subprocess.run(["sha256sum", str(path)], check=True, capture_output=True, text=True).stdout[:64]
    name, wanted = f"bench/lfs-{digest[:12]}", {"oid": digest, "size": path.stat().st_size}
    _post(server, "/api/repos/create", {"name": name})
    started = time.perf_counter()
    batch = {"operation": "upload", "transfers": ["basic"], "objects": [wanted]}
    actions = _post(server, f"/{name}.git/info/lfs/objects/batch", batch)["objects"][0]["actions"]
    seconds(["curl", "--silent", "--fail", "-T", str(path), actions["upload"]["href"]])
    _post(server, f"/{name}.git/info/lfs/verify", wanted)
    return time.perf_counter() - started


def _post(server: LiveServer, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(server.endpoint("models") + path, json.dumps(body).encode(), method="POST")
    request.add_header("Authorization", f"Bearer {server.token}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def _start(server: LiveServer) -> float:
    """What the client's process costs before it does anything, which a PUT with curl does not pay."""
    return seconds(
        [sys.executable, "-c", "from huggingface_hub import HfApi; HfApi().whoami()"],
        environment(server.endpoint("models"), server.token),
    )


def _checkpoints(server: LiveServer, folder: Path) -> Row:
    """A base model and five checkpoints that each change a tenth of the tensors, over Xet."""
    count, size = 40, (4 if QUICK else 16) * MIB
    random = np.random.default_rng(0)
    tensors = [random.bytes(size) for _ in range(count)]
    before = server.api("GET", "/storage")["unique"]
    for checkpoint in range(6):
        if checkpoint:
            for changed in random.choice(count, count // 10, replace=False):
                tensors[changed] = random.bytes(size)
        path = folder / "checkpoint.bin"
        path.write_bytes(b"".join(tensors))
        upload(server, f"bench/checkpoint-{checkpoint}", path, xet=True)
    kept = (server.api("GET", "/storage")["unique"] - before) / (count * size)
    return Row("storage of a base and 5 checkpoints of 10 % each, of the base", f"{kept:.2f}", "≤ 1.7", kept <= 1.7)

"""Uploads over Xet and LFS against a server that only hashes; what checkpoints cost to keep."""

import sys
from pathlib import Path

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
            return seconds(["curl", "--silent", "--fail", "-T", str(fresh()), f"{peer}/x"])

        def over(xet: bool) -> float:
            return upload(server, f"bench/upload-{next(number)}", fresh(), xet=xet)

        start = _start(server)
        return [
            ratio("upload over Xet, of a PUT to a server that only hashes", lambda: over(True) - start, plain, 0.5),
            ratio("upload over LFS, of the same", lambda: over(False) - start, plain, 0.8),
            _checkpoints(server, folder),
        ]


def _start(server: LiveServer) -> float:
    """What the client's process costs before it does anything, which a PUT with curl does not pay."""
    return seconds(
        [sys.executable, "-c", "from huggingface_hub import HfApi; HfApi().whoami()"],
        environment(server.endpoint("models"), server.token),
    )


def _checkpoints(server: LiveServer, folder: Path) -> Row:
    """A base model and five checkpoints that each change a tenth of the tensors, over Xet."""
    count, size = 40, (1 if QUICK else 4) * MIB
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

"""What the firewall costs: the gate on warm and cold downloads, a decision, and how soon a hostile file is refused."""

import asyncio
import hashlib
import itertools
import json
import os
import statistics
import struct
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from downloads import upload
from entrepot.catalog import packages
from entrepot.domain.actor import ANONYMOUS
from entrepot.domain.content import Blob, File, Revision
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.door import Door
from entrepot.domain.names import FilePath, PackageName, PackageType, RepositoryKey
from entrepot.domain.report import Capability, Coverage, Report
from entrepot.operations import legislate
from entrepot.operations.case import Case
from entrepot.operations.gate import clear
from entrepot.operations.inspection.version import scanner_version
from entrepot_testing import add_repository, close_registry, make_registry
from file_hub import FileHub, serving
from live_server import LiveServer
from measure import MIB, QUICK, SIZE, Row, curl, ratio, together
from scanning import torch_zip

COLD = (256 if QUICK else 4096) * MIB
DECISIONS = 2_000
OPEN = 'name = "default"\ndescription = "everything passes"\n'
HOSTILE = b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00echo\x85R."


def measure(folder: Path) -> list[Row]:
    """The rows of this benchmark."""
    return [*_warm(folder), asyncio.run(_decision(folder)), *_refusal(folder), _cold(folder)]


def weights(path: Path, size: int) -> Path:
    """A safetensors file of about that size, with random values."""
    count = size // 4
    header = json.dumps({"weight": {"dtype": "F32", "shape": [count], "data_offsets": [0, 4 * count]}}).encode()
    header += b" " * (-len(header) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for _ in range(size // MIB):
            file.write(os.urandom(MIB))
    return path


def _warm(folder: Path) -> Iterator[Row]:
    path = weights(folder / "files" / "weights.bin", SIZE)
    with LiveServer(folder / "gated") as gated, LiveServer(folder / "open") as free:
        free.api("POST", "/policies", {"text": OPEN})
        for server in (gated, free):
            upload(server, "bench/warm", path, xet=False)

        def command(server: LiveServer) -> list[str]:
            return curl(f"{server.endpoint('models')}/bench/warm/resolve/main/weights.bin", server.token)

        for count in (1, 8):
            yield ratio(
                f"warm download with the gate on, {count} at once, of the same with a policy that allows everything",
                lambda count=count: max(together([command(gated)] * count)),
                lambda count=count: max(together([command(free)] * count)),
                0.95,
            )


async def _decision(folder: Path) -> Row:
    (folder / "decisions").mkdir()
    registry = make_registry(folder / "decisions", scanning="on")
    try:
        add_repository(registry, "models")
        legislate.begin(registry.database)
        repository = await registry.repository(RepositoryKey("models"))
        name = PackageName(PackageType.MODEL, "bench", "known")
        package = await registry.database.write(packages.create, repository.row.id, name, private=False)
        digest = Digest("a" * 64)
        blob = Blob(1, digest, 1 << 30)
        file = File(FilePath("model.safetensors"), 1 << 30, GitOid("b" * 40), digest, blob)
        report = Report(scanner_version(), Coverage.FULL, ("safetensors",), capability=Capability.NO)
        revision = Revision(package, GitOid("c" * 40), package.created_at)
        case = Case(_Listed(repository, [file]), revision, ANONYMOUS, Door.FILE, file)
        taken = []
        for _ in range(DECISIONS):
            started = time.perf_counter()
            await clear(registry, case, _NoBytes(), report)
            taken.append(time.perf_counter() - started)
            await asyncio.sleep(0)
    finally:
        await close_registry(registry)
    p99 = statistics.quantiles(taken, n=100)[98] * 1000
    return Row(
        "decision on a known blob: p99 (p50)",
        f"{p99:.2f} ms ({statistics.median(taken) * 1000:.2f} ms)",
        "< 2 ms",
        p99 < 2,
    )


class _Listed:
    """A repository that has the files it is told to have."""

    def __init__(self, repository: object, files: list[File]) -> None:
        self._repository, self._files = repository, files

    def __getattr__(self, name: str) -> object:
        return getattr(self._repository, name)

    async def listing(self, *_: object) -> list[File]:
        """The files."""
        return self._files


class _NoBytes:
    path = None

    def read(self, start: int, end: int) -> object:
        """Nobody asks."""
        raise AssertionError((start, end))


def _refusal(folder: Path) -> list[Row]:
    path = folder / "pytorch_model.bin"
    torch_zip(path, HOSTILE)
    with serving(path, "e" * 64) as hub, LiveServer(folder / "refusing") as server:
        _mirror(server, "mirror", hub)
        url = f"{server.endpoint('mirror')}/bench/hostile/resolve/main/{path.name}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {server.token}"})
        started = time.perf_counter()
        try:
            urllib.request.urlopen(request, timeout=60).close()
            status, why = 200, "it was let through"
        except urllib.error.HTTPError as error:
            status, why = error.code, error.headers["X-Error-Message"]
        taken = time.perf_counter() - started
    gib = path.stat().st_size >> 30
    path.unlink()
    what = f"hostile torch zip of {gib} GiB upstream: "
    return [
        Row(
            f"{what}time to the refusal ({status} {why[:60]}…)", f"{taken:.2f} s", "< 2 s", status == 403 and taken < 2
        ),
        Row(f"{what}bytes fetched", f"{hub.sent:,}", "< 1,000,000", hub.sent < 1_000_000),
    ]


def _mirror(server: LiveServer, key: str, hub: FileHub) -> None:
    server.api("POST", "/repositories", {"key": key, "kind": "remote", "upstream": hub.origin})


def _cold(folder: Path) -> Row:
    path = weights(folder / "model.safetensors", COLD)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    numbers = itertools.count()
    with (
        serving(path, digest) as hub,
        LiveServer(folder / "scanning") as scanning,
        LiveServer(folder / "blind", scanning="off") as blind,
    ):
        blind.api("POST", "/policies", {"text": OPEN})

        def through(server: LiveServer) -> float:
            key = f"mirror-{next(numbers)}"
            _mirror(server, key, hub)
            url = f"{server.endpoint(key)}/bench/cold/resolve/main/{path.name}"
            subprocess.run(["sync"], check=False)
            return together([curl(url, server.token)])[0]

        what = f"cold download with scanning on, of the same with it off, {COLD // MIB:,} MiB safetensors"
        return ratio(what, lambda: through(scanning), lambda: through(blind), 0.9)

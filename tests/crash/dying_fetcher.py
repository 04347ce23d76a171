"""A process that fetches one file and is killed at one step; run by the crash tests."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from entrepot.blobs.backends import disk
from entrepot.blobs.backends.disk import DiskBlobs
from entrepot.blobs.landing import Landing
from entrepot.blobs.staging import Arrival
from entrepot.catalog import blobs, upstream
from entrepot.domain.names import FilePath, PackageName, PackageType, RepositoryKey
from entrepot.operations.ingest import ingest
from entrepot.protocols.huggingface.upstream import HubUpstream
from entrepot.protocols.huggingface.upstream.pool import Pool
from entrepot_testing import case_of, make_registry

STEPS: dict[str, tuple[Any, str, bool]] = {
    "while bytes land": (Arrival, "_write", True),
    "before they are announced": (blobs, "announce", False),
    "after they are announced": (blobs, "announce", True),
    "before they are stored": (DiskBlobs, "_put", False),
    "once they are durable": (disk, "_make_durable", True),
    "once they have their digest's name": (disk, "_fsync_folder", True),
    "after they are stored": (DiskBlobs, "_put", True),
    "after they are named": (upstream, "point", True),
    "before others are told": (Landing, "finish", False),
}


def die_at(step: str) -> None:
    """From now on that step kills the process."""
    owner, name, after = STEPS[step]
    real: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def deadly(*args: Any, **kw: Any) -> Any:
        nonlocal calls
        calls += 1
        result = real(*args, **kw) if after else None
        if name != "_write" or calls == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)


async def fetch(folder: Path, url: str) -> None:
    """Fetch the file, as one process of a server would."""
    pool = Pool(5)
    registry = make_registry(folder, upstream=lambda row: HubUpstream(pool, row.key, url, ""))
    repository = await registry.repository(RepositoryKey("remote"))
    revision = await repository.revision(PackageName(PackageType.MODEL, "org", "model"), "main")
    file = await repository.file(revision, FilePath("model.safetensors"))
    got = await ingest(registry, case_of(repository, revision, file))
    async for _ in got.source.read(0, file.size):
        pass
    await registry.flights.close(5)


if __name__ == "__main__":
    die_at(sys.argv[1])
    asyncio.run(fetch(Path(sys.argv[2]), sys.argv[3]))

"""A server that is killed between any two steps of a fetch leaves nothing wrong behind, and another goes on."""

import asyncio
import os
import random
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from entrepot.catalog.repositories import Kind
from entrepot.catalog.tables import blobs, upstream_files
from entrepot.domain.names import FilePath, PackageName, PackageType, RepositoryKey
from entrepot.operations.ingest import ingest
from entrepot.operations.registry import Registry
from entrepot.protocols.huggingface.upstream import HubUpstream
from entrepot.protocols.huggingface.upstream.pool import Pool
from entrepot_testing import add_repository, case_of, close_registry, make_registry, run
from fake_hub import FakeFile, running_hub

HERE = Path(__file__).parent
BIG = random.Random(3).randbytes(4 << 20)
STEPS = (
    "while bytes land",
    "before they are announced",
    "after they are announced",
    "before they are stored",
    "once they are durable",
    "once they have their digest's name",
    "after they are stored",
    "after they are named",
    "before others are told",
)


async def die(step: str, folder: Path, url: str) -> int:
    paths = os.pathsep.join([str(HERE.parent.parent / "src"), str(HERE.parent)])
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(HERE / "dying_fetcher.py"), step, str(folder), url, env={**os.environ, "PYTHONPATH": paths}
    )
    return await process.wait()


async def download(registry: Registry) -> bytes:
    repository = await registry.repository(RepositoryKey("remote"))
    revision = await repository.revision(PackageName(PackageType.MODEL, "org", "model"), "main")
    file = await repository.file(revision, FilePath("model.safetensors"))
    got = await ingest(registry, case_of(repository, revision, file))
    return b"".join([piece async for piece in got.source.read(0, file.size)])


def named_without_bytes(registry: Registry) -> list[str]:
    named = select(blobs.c.digest).join(upstream_files, upstream_files.c.blob_id == blobs.c.id)
    digests = registry.database.now(lambda connection: list(connection.execute(named).scalars()))
    there = {path.name for path in (Path(registry.settings.data) / "blobs").rglob("*") if path.is_file()}
    return [digest for digest in digests if digest not in there]


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_another_process_goes_on(tmp_path: Path, step: str) -> None:
    async def go() -> None:
        async with running_hub() as hub:
            hub.add("org/model", {"model.safetensors": FakeFile(BIG, lfs=True)})
            pool = Pool(5)
            registry = make_registry(tmp_path, upstream=lambda row: HubUpstream(pool, row.key, hub.url, ""))
            add_repository(registry, "remote", Kind.REMOTE, upstream=hub.url)
            assert await die(step, tmp_path, hub.url) == -9
            assert named_without_bytes(registry) == []
            assert await download(registry) == BIG
            assert await download(registry) == BIG
            await registry.flights.close(5)
            await registry.flights.sweep()
            assert [path.name for path in registry.staging.folder.iterdir() if path.suffix == ".part"] == []
            await close_registry(registry)
            await pool.close()

    run(go)

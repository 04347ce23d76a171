"""Which commit last changed what stands in a folder, as an upstream tells on one page of its list."""

import pytest

from entrepot.domain.digest import GitOid
from entrepot.domain.errors import UpstreamRefused
from entrepot.domain.names import FilePath, PackageName, PackageType, RepositoryKey
from entrepot.protocols.huggingface.upstream import HubUpstream
from entrepot.protocols.huggingface.upstream.pool import Pool
from entrepot_testing import run
from fake_hub import FakeFile, running_hub

NAME = PackageName(PackageType.MODEL, "org", "model")
COMMIT = GitOid("a" * 40)


@pytest.mark.parametrize(
    ("folder", "expected"),
    [(None, {"config.json": "made it", "data": "made it"}), ("data", {"data/a.txt": "made data"})],
)
def test_each_line_has_its_commit(folder: str | None, expected: dict[str, str]) -> None:
    async def go() -> None:
        async with running_hub() as hub:
            hub.add("org/model", {"config.json": FakeFile(b"{}"), "data/a.txt": FakeFile(b"a")})
            pool = Pool(5)
            try:
                upstream = HubUpstream(pool, RepositoryKey("remote"), hub.url, "")
                described = (await upstream.describe(NAME, None)).package
                told = await upstream.last_changes(described, COMMIT, FilePath(folder) if folder else None)
                assert {path.text: made.title for path, made in told.items()} == expected
                assert {made.commit for made in told.values()} == {COMMIT}
            finally:
                await pool.close()

    run(go)


@pytest.mark.parametrize(
    "line",
    [
        {"path": "x", "lastCommit": {"id": "no commit", "title": "t"}},
        {"path": "../x", "lastCommit": {"id": "a" * 40, "title": "t"}},
        {"path": "x", "lastCommit": "a" * 40},
        {"path": "x", "lastCommit": {"id": "a" * 40, "title": ["t"]}},
        "x",
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(line: object) -> None:
    async def go() -> None:
        async with running_hub() as hub:
            hub.add("org/model", {"config.json": FakeFile(b"{}")})
            pool = Pool(5)
            try:
                upstream = HubUpstream(pool, RepositoryKey("remote"), hub.url, "")
                described = (await upstream.describe(NAME, None)).package
                hub.expanded = [line]
                with pytest.raises(UpstreamRefused):
                    await upstream.last_changes(described, COMMIT, None)
            finally:
                await pool.close()

    run(go)

"""What git gets of an upstream's package, out of the mirror: judged and written down as at every other door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dulwich.objects import Blob, Commit, Tree
from dulwich.repo import Repo

from entrepot.catalog import decisions, waivers
from entrepot.catalog.decisions import Filter
from entrepot.catalog.waivers import Plea
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.door import Door
from entrepot.domain.errors import Blocked
from entrepot.domain.git import LfsPointer, blob_oid
from entrepot.domain.names import FilePath
from entrepot.domain.waiver import Scope, Standing
from entrepot.operations import browse
from entrepot.operations.gate import Clearance
from entrepot.operations.git.mirror_source import MirrorSource
from entrepot.operations.git.walk import Leaf
from entrepot.operations.registry import Registry
from entrepot_testing import READER, apply_policy, rule_about, run
from firewalled import KEY, NAME, NO_MALWARE, a_firewall

TEXT = b"hello there"
NO_TEXTS = rule_about('path = ["*.txt"]\nunless.approved = true', name="no texts")


@asynccontextmanager
async def a_mirror(folder: Path, policy: str) -> AsyncIterator[tuple[Registry, MirrorSource, GitOid]]:
    """A package with one text, upstream and in its mirror."""
    async with a_firewall(folder, policy) as (fake, registry):
        fake.add("org/model", {"a.txt": TEXT}, GitOid("c" * 40))
        place = await browse.place(registry, KEY, NAME, READER)
        source = MirrorSource.of(registry, place, READER)
        commit = _commit(source.mirror.folder)
        fake.add("org/model", {"a.txt": TEXT}, commit)
        yield registry, source, commit


def _commit(folder: Path) -> GitOid:
    folder.mkdir(parents=True)
    with Repo.init_bare(folder) as repo:
        blob, tree, commit = Blob.from_string(TEXT), Tree(), Commit()
        tree.add(b"a.txt", 0o100644, blob.id)
        commit.tree, commit.message = tree.id, b"a commit"
        commit.author = commit.committer = b"ada <ada@example.com>"
        commit.author_time = commit.commit_time = 1_700_000_000
        commit.author_timezone = commit.commit_timezone = 0
        for made in (blob, tree, commit):
            repo.object_store.add_object(made)
        (folder / "entrepot-refs.json").write_text("{}")
        return GitOid(commit.id.decode())


async def cloned(source: MirrorSource, commit: GitOid) -> Clearance | LfsPointer:
    (found,) = await source.leaves(commit, [Leaf(blob_oid(TEXT), FilePath("a.txt"), commit)])
    return found


def test_a_small_file_in_a_clone_is_written_down_with_its_digest(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_mirror(tmp_path, NO_MALWARE) as (registry, source, commit):
            found = await cloned(source, commit)
            assert isinstance(found, Clearance)
            assert b"".join([piece async for piece in found.open(0, len(TEXT))]) == TEXT
            await registry.firewall.record.write_down(registry.database)
            lines = await registry.database.read(decisions.page, Filter(digest=Digest.of(TEXT).hex, gives=True), 10)
            assert [(line.recorded.door, line.recorded.path) for line in lines] == [(Door.GIT, "a.txt")]

    run(test)


def test_a_waiver_for_bytes_holds_for_a_clone_too(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_mirror(tmp_path, NO_TEXTS) as (registry, source, commit):
            with pytest.raises(Blocked, match="no texts"):
                await cloned(source, commit)
            apply_policy(registry, NO_TEXTS)
            scope = Scope(rule="no texts", digest=Digest.of(TEXT).hex)
            plea = Plea(scope, "it was read", datetime.now(UTC) + timedelta(hours=1))
            waiver = registry.database.now(waivers.ask, plea, "ada")
            registry.database.now(waivers.decide, waiver.id, Standing.GRANTED, "eve", "so it was")
            registry.firewall.look_again()
            assert isinstance(await cloned(source, commit), Clearance)

    run(test)

"""What git gets of an upstream's package, out of the mirror: judged and written down as at every other door."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.repo import Repo

from entrepot.catalog import decisions, waivers
from entrepot.catalog.decisions import Filter
from entrepot.catalog.waivers import Plea
from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.door import Door
from entrepot.domain.errors import Blocked, TooLarge
from entrepot.domain.git import LfsPointer, blob_oid
from entrepot.domain.names import FilePath
from entrepot.domain.waiver import Scope, Standing
from entrepot.operations import browse
from entrepot.operations.gate import Clearance
from entrepot.operations.git import clone
from entrepot.operations.git.mirror_source import MirrorSource
from entrepot.operations.git.walk import Leaf, Wanted
from entrepot.operations.registry import Registry
from entrepot_testing import READER, apply_policy, rule_about, run
from firewalled import KEY, NAME, NO_MALWARE, Mischief, a_firewall

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
    return _history(folder, [{"a.txt": TEXT}])[0]


def _history(folder: Path, contents: Sequence[Mapping[str, bytes]]) -> list[GitOid]:
    """Commits with these files at their roots, one after the other, in a mirror of them."""
    folder.mkdir(parents=True)
    made: list[GitOid] = []
    with Repo.init_bare(folder) as repo:
        for files in contents:
            tree, commit = Tree(), Commit()
            for path, data in files.items():
                repo.object_store.add_object(blob := Blob.from_string(data))
                tree.add(path.encode(), 0o100644, blob.id)
            commit.tree, commit.message = tree.id, b"a commit"
            commit.parents = [ObjectID(made[-1].hex.encode())] if made else []
            commit.author = commit.committer = b"ada <ada@example.com>"
            commit.author_time = commit.commit_time = 1_700_000_000 + len(made)
            commit.author_timezone = commit.commit_timezone = 0
            repo.object_store.add_object(tree)
            repo.object_store.add_object(commit)
            made.append(GitOid(commit.id.decode()))
    (folder / "entrepot-refs.json").write_text("{}")
    return made


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


CARD, OTHER_CARD = b"---\nlicense: mit\n---\n", b"---\nlicense: cc-by-nc-4.0\n---\n"
LICENSED = rule_about('license.deny = ["cc-by-nc-4.0"]', name="commerce only")


@asynccontextmanager
async def a_history(
    folder: Path, policy: str, contents: Sequence[Mapping[str, bytes]]
) -> AsyncIterator[tuple[Mischief, Registry, MirrorSource, list[GitOid]]]:
    """A package whose history is the same upstream and in its mirror."""
    async with a_firewall(folder, policy) as (fake, registry):
        fake.add("org/model", {"a.txt": TEXT}, GitOid("c" * 40))
        source = MirrorSource.of(registry, await browse.place(registry, KEY, NAME, READER), READER)
        commits = _history(source.mirror.folder, contents)
        for commit, files in zip(commits, contents, strict=True):
            fake.add("org/model", dict(files), commit)
        yield fake, registry, source, commits


def _long(cards: Sequence[bytes], commits: int = 30) -> list[dict[str, bytes]]:
    """So many commits that change a text, which have one card after the other."""
    step = commits // len(cards)
    return [{"README.md": cards[min(n // step, len(cards) - 1)], "a.txt": b"%d" % n} for n in range(commits)]


@pytest.mark.parametrize("policy", [NO_MALWARE, LICENSED])
def test_of_a_long_history_upstream_is_asked_for_each_card_once_and_never_what_stands_where(
    tmp_path: Path, policy: str
) -> None:
    async def test() -> None:
        async with a_history(tmp_path, policy, _long([CARD, CARD + b"\nmore words"])) as (fake, registry, source, made):
            packed = await clone.pack(registry, source, Wanted((made[-1],)))
            packed.pack.close()
            assert fake.asked["open README.md"] == 2
            assert not [what for what in fake.asked if what.startswith("tree")]
            await registry.firewall.record.write_down(registry.database)
            lines = await registry.database.read(decisions.page, Filter(door=Door.GIT, gives=True), 100)
            given = {(line.recorded.commit, line.recorded.path) for line in lines}
            assert given >= {(commit.hex, "a.txt") for commit in made}

    run(test)


def test_a_commit_of_the_history_that_would_be_blocked_on_its_own_stops_the_clone(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_history(tmp_path, LICENSED, _long([CARD, OTHER_CARD, CARD])) as (_, registry, source, made):
            with pytest.raises(Blocked, match="commerce only"):
                await clone.pack(registry, source, Wanted((made[-1],)))
            packed = await clone.pack(registry, source, Wanted((made[-1],), depth=5))
            packed.pack.close()

    run(test)


def test_no_more_commits_are_judged_for_one_clone_than_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clone, "MOST_COMMITS", 5)

    async def test() -> None:
        async with a_history(tmp_path, NO_MALWARE, _long([CARD])) as (_, registry, source, made):
            with pytest.raises(TooLarge, match="--depth"):
                await clone.pack(registry, source, Wanted((made[-1],)))
            packed = await clone.pack(registry, source, Wanted((made[-1],), depth=5))
            packed.pack.close()

    run(test)

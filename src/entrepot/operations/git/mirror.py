"""A mirror of an upstream package's branches and tags, so that a clone of it has upstream's own commits."""

import fcntl
import hashlib
import json
import os
import shutil
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import urllib3.exceptions
from dulwich.client import HTTPUnauthorized, Urllib3HttpGitClient
from dulwich.errors import ApplyDeltaError, ChecksumMismatch, FileFormatException, GitProtocolError, NotGitRepository
from dulwich.objects import Commit, ObjectID, Tag
from dulwich.pack import UnresolvedDeltas
from dulwich.refs import Ref as DulwichRef
from dulwich.repo import Repo

from entrepot.domain.digest import GitOid
from entrepot.domain.errors import Corrupt, Invalid, TooLarge, UpstreamRefused, UpstreamUnavailable
from entrepot.domain.names import RefName
from entrepot.operations.git.pack_limits import check_pack

T = TypeVar("T")

MAX_BYTES = 2 << 30
"""Large files are not in git; a larger history is no model."""
MAX_SECONDS = 3600
"""A history that takes longer than this comes too slowly to wait for."""
MAX_REFS = 10_000
_COMMIT, _TREE, _BLOB = 1, 2, 3
_REFS_FILE = "entrepot-refs.json"
_NONSENSE = (
    *(GitProtocolError, HTTPUnauthorized, FileFormatException, ChecksumMismatch, ApplyDeltaError, UnresolvedDeltas),
    *(ValueError, LookupError, AssertionError, EOFError, zlib.error),
)
"""What dulwich raises for answers that git would not give."""


def root(data: Path) -> Path:
    """Where the mirrors of this machine are: a folder for each repository."""
    return data / "mirrors"


@dataclass(frozen=True, slots=True)
class Mirror:
    """A bare repository on this machine that follows one upstream package."""

    folder: Path
    url: str
    token: str
    seconds: float
    """How long upstream may be silent."""

    @classmethod
    def of(cls, root: Path, url: str, token: str, seconds: float) -> "Mirror":
        """The mirror of what is at the URL, in a folder of its own below `root`."""
        # By URL: one upstream must never answer for another.
        return cls(root / hashlib.sha256(url.encode()).hexdigest()[:40], url, token, seconds)

    def age(self) -> float | None:
        """Seconds since upstream was last asked; None where it never answered."""
        try:
            return time.time() - (self.folder / _REFS_FILE).stat().st_mtime
        except FileNotFoundError:
            return None

    def refs(self) -> dict[str, str]:
        """The commits that branches and tags led to when upstream was last asked."""
        found = json.loads((self.folder / _REFS_FILE).read_text())
        return {str(name): str(commit) for name, commit in found.items()}

    def update(self) -> None:
        """Fetch what is new. Raises `UpstreamError`, `TooLarge`, `Corrupt`. One process at a time does."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(self.folder.with_suffix(".lock")):
            if not (self.folder / "objects").is_dir():
                Repo.init_bare(self.folder).close()
            with Repo(str(self.folder)) as repo, _in_our_words(self.url):
                self._fetch(repo)

    def _fetch(self, repo: Repo) -> None:
        client = Urllib3HttpGitClient(
            self.url,
            timeout=self.seconds,
            username="entrepot" if self.token else None,
            password=self.token or None,
            thin_packs=False,
            quiet=True,
        )
        pack, commit, abort = repo.object_store.add_pack()
        try:
            followed = self._receive(client, repo, pack.write)
            pack.seek(0)
            if pack.read(1):
                pack.seek(0)
                check_pack(pack)
            pack.seek(0, os.SEEK_END)
            commit()
        except BaseException:
            with suppress(OSError):
                abort()
            raise
        self._keep_refs(repo, followed)

    def _receive(
        self, client: Urllib3HttpGitClient, repo: Repo, write: Callable[[bytes], int]
    ) -> dict[DulwichRef, ObjectID]:
        followed: dict[DulwichRef, ObjectID] = {}
        received, began = 0, time.monotonic()

        def determine_wants(refs: Mapping[DulwichRef, ObjectID], depth: int | None = None) -> list[ObjectID]:
            if client.dumb:
                raise UpstreamRefused("upstream does not speak git's smart protocol", 200)
            followed.update({name: oid for name, oid in refs.items() if _is_followed(name)})
            if len(followed) > MAX_REFS:
                raise TooLarge(f"upstream has {len(followed)} branches and tags; {MAX_REFS} are followed at most")
            return [oid for oid in dict.fromkeys(followed.values()) if oid not in repo.object_store]

        def take(data: bytes) -> int:
            nonlocal received
            received += len(data)
            if received > MAX_BYTES:
                raise TooLarge(f"upstream's history is more than {MAX_BYTES} bytes; download its files one by one")
            if time.monotonic() - began > MAX_SECONDS:
                raise UpstreamUnavailable(f"upstream's history took more than {MAX_SECONDS} seconds")
            return write(data)

        client.fetch_pack("", determine_wants, repo.get_graph_walker(self._known()), take, protocol_version=0)
        return followed

    def _known(self) -> list[ObjectID]:
        return [] if self.age() is None else [ObjectID(commit.encode()) for commit in self.refs().values()]

    def _keep_refs(self, repo: Repo, followed: dict[DulwichRef, ObjectID]) -> None:
        kept = {name.decode(): _peel(repo, oid) for name, oid in followed.items()}
        staged = self.folder / f"{_REFS_FILE}.new"
        staged.write_text(json.dumps({name: oid for name, oid in kept.items() if oid}))
        staged.replace(self.folder / _REFS_FILE)

    @contextmanager
    def objects(self) -> Iterator["MirrorObjects"]:
        """What it holds, for as long as the context lasts."""
        with Repo(str(self.folder)) as repo:
            yield MirrorObjects(repo)


@dataclass(frozen=True, slots=True)
class MirrorObjects:
    """Commits, trees and files as upstream sent them."""

    repo: Repo

    def _raw(self, oid: GitOid, kind: int) -> bytes | None:
        try:
            found, data = self.repo.object_store.get_raw(ObjectID(oid.hex.encode()))
        except KeyError:
            return None
        return data if found == kind else None

    def commit(self, oid: GitOid) -> bytes | None:
        return self._raw(oid, _COMMIT)

    def tree(self, oid: GitOid) -> bytes:
        return self._needed(oid, _TREE)

    def file(self, oid: GitOid) -> bytes:
        """A file's bytes, or the pointer of a large one."""
        return self._needed(oid, _BLOB)

    def _needed(self, oid: GitOid, kind: int) -> bytes:
        data = self._raw(oid, kind)
        if data is None:
            raise Corrupt(f"upstream did not send the object {oid}")
        return data


def _is_followed(name: bytes) -> bool:
    if not name.startswith((b"refs/heads/", b"refs/tags/")) or name.endswith(b"^{}"):
        return False
    try:
        RefName(name.decode())
    except (Invalid, UnicodeDecodeError):
        return False
    return True


def _peel(repo: Repo, oid: ObjectID) -> str:
    """The commit that a ref leads to, through tags that are objects of their own; empty where it is none."""
    for _ in range(8):
        found = repo.object_store[oid]
        if isinstance(found, Commit):
            return oid.decode()
        if not isinstance(found, Tag):
            return ""
        oid = found.object[1]
    return ""


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _in_our_words(url: str) -> Iterator[None]:
    try:
        yield
    except NotGitRepository as error:
        raise UpstreamRefused(f"upstream has no git repository at {url}", 404) from error
    except _NONSENSE as error:
        if isinstance(error.__cause__ or error.__context__, urllib3.exceptions.HTTPError):
            raise UpstreamUnavailable(f"upstream's git at {url} can't be reached: {error}") from error
        raise UpstreamRefused(f"upstream's git at {url} said no or made no sense: {error}", 502) from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise UpstreamUnavailable(f"upstream's git at {url} can't be reached: {error}") from error


def sweep(root: Path, older_than: float) -> int:
    """Remove the mirrors that nobody has fetched from for so many seconds; how many bytes they had."""
    freed = 0
    for marker in root.glob(f"*/*/{_REFS_FILE}"):
        if marker.stat().st_mtime >= time.time() - older_than:
            continue
        folder = marker.parent
        with _locked(folder.with_suffix(".lock")):
            freed += sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            # Aside first: what is half removed must not be taken for a mirror.
            aside = folder.with_suffix(".gone")
            folder.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)
    return freed

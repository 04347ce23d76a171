"""What Xet clients would send, made by hand: xorbs, shards, and passes to send them with."""

import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from entrepot.catalog import access
from entrepot.catalog.access import NewToken
from entrepot.domain.actor import Action, Actor, Grant
from entrepot.domain.digest import Digest
from entrepot.domain.names import PackageName, PackageType, RepositoryKey
from entrepot.operations import manage
from entrepot.operations.registry import Registry
from entrepot.operations.xet.admit import Ticket, admit, pass_to_write
from entrepot.xet import xorb
from entrepot.xet.merkle import XetHash, chunk_hash, file_hash, range_hash, xorb_hash
from entrepot_testing import add_repository, make_registry

TAG = bytes.fromhex("48465265706f4d6574614461746100556967456a7b815783a5bdd95ccdd14aa9")
BOOKEND = b"\xff" * 32 + bytes(16)
KEY = RepositoryKey("models")
ONE = PackageName(PackageType.MODEL, "ada", "one")
TWO = PackageName(PackageType.MODEL, "ada", "two")


@dataclass(frozen=True)
class Pack:
    """A xorb: its chunks, its hash, its bytes."""

    chunks: tuple[bytes, ...]

    @property
    def sized(self) -> list[tuple[XetHash, int]]:
        return [(chunk_hash(chunk), len(chunk)) for chunk in self.chunks]

    @property
    def hash(self) -> XetHash:
        return xorb_hash(self.sized)

    @property
    def data(self) -> bytes:
        return xorb.pack(self.chunks)


@dataclass(frozen=True)
class Piece:
    """A term: chunks of a pack, `end` excluded."""

    pack: Pack
    start: int
    end: int

    @property
    def chunks(self) -> tuple[bytes, ...]:
        return self.pack.chunks[self.start : self.end]


def content(pieces: Sequence[Piece]) -> bytes:
    """The bytes of the file that the pieces make."""
    return b"".join(chunk for piece in pieces for chunk in piece.chunks)


def hash_of(pieces: Sequence[Piece]) -> XetHash:
    """The Xet hash of that file."""
    return file_hash([(chunk_hash(chunk), len(chunk)) for piece in pieces for chunk in piece.chunks])


def shard(*files: Sequence[Piece], claims: Sequence[Digest | None] | None = None) -> bytes:
    """A shard of these files, with their true digests unless others are claimed; None for no claim."""
    digests = claims or [Digest.of(content(pieces)) for pieces in files]
    sections = [_section(pieces, digest) for pieces, digest in zip(files, digests, strict=True)]
    return TAG + struct.pack("<QQ", 2, 0) + b"".join(sections) + BOOKEND * 2


def _section(pieces: Sequence[Piece], claim: Digest | None) -> bytes:
    flags = 0x80000000 | (0x40000000 if claim else 0)
    lines = [hash_of(pieces).raw + struct.pack("<IIQ", flags, len(pieces), 0)]
    for piece in pieces:
        length = sum(map(len, piece.chunks))
        lines.append(piece.pack.hash.raw + struct.pack("<4I", 0, length, piece.start, piece.end))
    for piece in pieces:
        lines.append(range_hash(b"".join(chunk_hash(chunk).raw for chunk in piece.chunks)).raw + bytes(16))
    if claim:
        lines.append(XetHash.of_sha256(claim).raw + bytes(16))
    return b"".join(lines)


async def stream(data: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    """The bytes as they might arrive."""
    for at in range(0, len(data), size):
        yield data[at : at + size]


def new_actor(registry: Registry, *scopes: tuple[str, set[Action]], name: str = "ada") -> Actor:
    """Somebody with a new token for these repositories."""
    secret = f"hf_{name}{len(registry.database.now(access.list_tokens))}".ljust(40, "x")
    grants = tuple(Grant(repository, frozenset(actions)) for repository, actions in scopes)
    registry.database.now(access.create_token, NewToken(secret, "test", name, grants))
    found = registry.database.now(access.actor, secret)
    assert found is not None
    return found


@dataclass(frozen=True)
class Bench:
    """A registry with one local repository, and somebody who may do everything there."""

    registry: Registry
    actor: Actor

    async def package(self, name: PackageName = ONE, key: RepositoryKey = KEY, actor: Actor | None = None) -> Ticket:
        """A new package, and a ticket to write to it."""
        await manage.create(self.registry, key, name, actor or self.actor, private=False)
        return await self.ticket(name, key, actor)

    async def ticket(self, name: PackageName = ONE, key: RepositoryKey = KEY, actor: Actor | None = None) -> Ticket:
        """A ticket to write to a package that is there."""
        given = await pass_to_write(self.registry, key, name, "main", actor or self.actor)
        return await admit(self.registry, key, given.text)


def make_bench(folder: Path) -> Bench:
    """Everything that most tests need."""
    registry = make_registry(folder)
    add_repository(registry, "models")
    add_repository(registry, "secret")
    actor = new_actor(registry, ("models", set(Action)), ("secret", set(Action)))
    return Bench(registry, actor)

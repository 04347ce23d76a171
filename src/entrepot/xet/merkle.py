"""Xet hashes: of chunks, of the trees over them, and of files and ranges."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from blake3 import blake3

from entrepot.domain.digest import Digest
from entrepot.domain.errors import Invalid

HASH_BYTES = 32

_DATA_KEY = bytes.fromhex("6697f5775b9550de3135cbaca597181c9de421109beb2b58b4d0b04b93adf229")
_NODE_KEY = bytes.fromhex("017ec5c7a5472996fd946666b48a02e65ddd536f37c76dd2f86352e64a53713f")
_RANGE_KEY = bytes.fromhex("7f1857d6ce56ed66127ff913e7a5c3f3a4cd26d5b5db49e64124987f28fb94c3")
_FILE_KEY = bytes(HASH_BYTES)

_LOWERCASE_HEX = frozenset("0123456789abcdef")

_LARGEST_GROUP = 9
_BATCH = 4096  # a level is folded once it holds this many, so a file of any length needs little memory


@dataclass(frozen=True, slots=True, order=True)
class XetHash:
    """One hash of Xet's, as its 32 raw bytes; `Invalid` for any other number of them."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != HASH_BYTES:
            raise Invalid(f"a Xet hash has {HASH_BYTES} bytes, not {len(self.raw)}")

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The text form: four little-endian 64-bit words, each as 16 hexadecimal digits."""
        return _texts(self.raw)

    @classmethod
    def parse(cls, text: str) -> "XetHash":
        """The hash with this text form; raises `Invalid`."""
        if len(text) != 2 * HASH_BYTES or not _LOWERCASE_HEX.issuperset(text):
            raise Invalid(f"not a Xet hash (64 lowercase hexadecimal digits): {text[:80]!r}")
        return cls(_swap_words(bytes.fromhex(text)))

    @classmethod
    def of_sha256(cls, digest: Digest) -> "XetHash":
        """A SHA-256 in the form in which shards store it."""
        return cls.parse(digest.hex)

    def to_digest(self) -> Digest:
        """The SHA-256 that a shard stored as this hash."""
        return Digest(self.text)


NO_CHUNKS = XetHash(bytes(HASH_BYTES))


class HashTree:
    """Folds the chunks of a xorb or file, given in order, into the hash at the root.

    Keeps a few thousand hashes a level, however many are added: where a level is cut depends on the
    next nine entries only.
    """

    def __init__(self) -> None:
        self._levels: list[_Level] = [_Level()]

    def add(self, hashes: bytes, sizes: Sequence[int]) -> None:
        """Add chunks: their raw hashes, one after the other, and their unpacked sizes."""
        if len(hashes) != HASH_BYTES * len(sizes):
            raise ValueError("as many hashes as sizes")
        self._levels[0].extend(hashes, sizes)
        number = 0
        while number < len(self._levels) and len(self._levels[number].sizes) >= _BATCH:
            self._fold(number, last=False)
            number += 1

    def root(self) -> XetHash:
        """The hash of everything added; nothing may be added afterwards."""
        number = 0
        while not self._levels[number].is_root():
            self._fold(number, last=True)
            number += 1
        return XetHash(bytes(self._levels[number].hashes)) if self._levels[number].sizes else NO_CHUNKS

    def _fold(self, number: int, *, last: bool) -> None:
        if number + 1 == len(self._levels):
            self._levels.append(_Level())
        self._levels[number + 1].extend(*self._levels[number].take_groups(last=last))


class _Level:
    """The entries of one level of the tree that are not yet part of a group."""

    def __init__(self) -> None:
        self.hashes = bytearray()
        self.sizes: list[int] = []
        self._handed_on = False

    def extend(self, hashes: bytes, sizes: Iterable[int]) -> None:
        self.hashes += hashes
        self.sizes.extend(sizes)

    def is_root(self) -> bool:
        return not self._handed_on and len(self.sizes) <= 1

    def take_groups(self, *, last: bool) -> tuple[bytes, list[int]]:
        """Cut off every group whose end is certain, as nodes; all that is left when this is the last call."""
        ends = _cuts(self.hashes[24::HASH_BYTES], last=last)
        lines, line_ends = _lines(bytes(self.hashes), self.sizes)
        nodes, sizes, start = bytearray(), [], 0
        for end in ends:
            text = lines[line_ends[start - 1] if start else 0 : line_ends[end - 1]]
            nodes += blake3(text, key=_NODE_KEY).digest()
            sizes.append(sum(self.sizes[start:end]))
            start = end
        del self.hashes[: start * HASH_BYTES], self.sizes[:start]
        self._handed_on = self._handed_on or bool(ends)
        return bytes(nodes), sizes


def _cuts(words: bytes | bytearray, *, last: bool) -> list[int]:
    """Where groups end, by the lowest byte of each hash's last word: divisible by four ends a group."""
    ends, start = [], 0
    while start < len(words) if last else len(words) - start >= _LARGEST_GROUP:
        limit = min(_LARGEST_GROUP, len(words) - start)
        end = start + limit
        for i in range(start + 2, end):
            if not words[i] & 3:
                end = i + 1
                break
        ends.append(end)
        start = end
    return ends


def _lines(hashes: bytes, sizes: Sequence[int]) -> tuple[bytes, list[int]]:
    """The text that nodes are hashes of, for all children at once, and where each child's line ends."""
    texts = _texts(hashes)
    width = 2 * HASH_BYTES
    lines = [f"{texts[width * i : width * i + width]} : {size}\n" for i, size in enumerate(sizes)]
    ends, position = [], 0
    for line in lines:
        position += len(line)
        ends.append(position)
    return "".join(lines).encode("ascii"), ends


def _swap_words(raw: bytes | bytearray) -> bytes:
    return np.frombuffer(raw, "<u8").byteswap().tobytes()


def _texts(raw: bytes) -> str:
    return _swap_words(raw).hex()


def chunk_hash(data: bytes | memoryview) -> XetHash:
    """The hash of one chunk, unpacked."""
    return XetHash(blake3(data, key=_DATA_KEY).digest())


def tree_hash(children: Sequence[tuple[XetHash, int]]) -> XetHash:
    """The aggregate of (hash, unpacked size) pairs: zeros for none, a single one's own hash."""
    tree = HashTree()
    tree.add(b"".join(child.raw for child, _ in children), [size for _, size in children])
    return tree.root()


def xorb_hash(chunks: Sequence[tuple[XetHash, int]]) -> XetHash:
    """The hash of a xorb that consists of these chunks."""
    return tree_hash(chunks)


def file_hash(chunks: Sequence[tuple[XetHash, int]]) -> XetHash:
    """The hash of a file that consists of these chunks; zeros for the empty file."""
    return file_hash_of_root(tree_hash(chunks))


def file_hash_of_root(root: XetHash) -> XetHash:
    """The hash of the file over whose chunks a `HashTree` came to this root."""
    if root == NO_CHUNKS:
        return NO_CHUNKS
    return XetHash(blake3(root.raw, key=_FILE_KEY).digest())


def range_hash(hashes: bytes | memoryview) -> XetHash:
    """The hash that shows knowledge of a term's chunks, from their raw hashes one after the other."""
    return XetHash(blake3(hashes, key=_RANGE_KEY).digest())

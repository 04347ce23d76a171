"""Chunked: a source for a blob that is kept as chunks in xorbs."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from entrepot.blobs import chunks
from entrepot.blobs.chunks import Part
from entrepot.catalog import terms, xorbs
from entrepot.catalog.terms import TermRow
from entrepot.catalog.xorbs import XorbRow
from entrepot.domain.content import Blob
from entrepot.domain.digest import Digest
from entrepot.domain.errors import Corrupt
from entrepot.operations.registry import Registry
from entrepot.xet.xorb import XorbIndex

AT_ONCE = 64
"""How many terms' indexes are looked up together: some megabytes, however long the blob is."""


class ChunkedSource:
    """The bytes of a chunked blob; there is no file that has them."""

    def __init__(self, registry: Registry, blob: Blob) -> None:
        self._registry = registry
        self._blob = blob

    @property
    def path(self) -> Path | None:
        """None: the bytes have to be put together."""
        return None

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and not including `end`, in pieces."""
        if start >= end:
            return
        rows = await self._registry.database.read(terms.between, self._blob.id, start, end)
        offset = rows[0].offset if rows else 0
        async for piece in chunks.read(self._registry.blobs, parts(self._registry, rows), start - offset, end - offset):
            yield piece


async def parts(registry: Registry, rows: Iterable[TermRow]) -> AsyncIterator[Part]:
    """The terms with the indexes of their xorbs, looked up as they are needed."""
    for batch in _batches(rows):
        indexes = await indexes_of(registry, batch)
        for row in batch:
            yield Part(row.digest, indexes[row.xorb_id], row.start, row.end)


def _batches(rows: Iterable[TermRow]) -> Iterator[list[TermRow]]:
    rest = iter(rows)
    while batch := list(islice(rest, AT_ONCE)):
        yield batch


async def index_of(registry: Registry, xorb: XorbRow) -> XorbIndex:
    """The index of one xorb."""
    return (await _indexes(registry, {xorb.id: xorb.digest}))[xorb.id]


async def indexes_of(registry: Registry, rows: Sequence[TermRow]) -> dict[int, XorbIndex]:
    """The index of each xorb that the terms name, by row."""
    return await _indexes(registry, {row.xorb_id: row.digest for row in rows})


async def _indexes(registry: Registry, wanted: Mapping[int, Digest]) -> dict[int, XorbIndex]:
    memory = registry.xet.indexes
    # The digest is part of the key: a xorb whose bytes were lost may have come again, packed another way.
    found = {item[0]: index for item in wanted.items() if (index := memory.get(item)) is not None}
    missing = wanted.keys() - found.keys()
    if missing:
        stored = await registry.database.read(xorbs.chunks_of, missing)
        for xorb_id, data in stored.items():
            found[xorb_id] = XorbIndex.from_bytes(data)
            memory.put((xorb_id, wanted[xorb_id]), found[xorb_id])
    if wanted.keys() - found.keys():
        raise Corrupt("the file was deleted, and its chunks collected, while it was read")
    return found

"""Known chunks: the xorbs that have a chunk and that a client may refer to instead of sending it again."""

from entrepot.catalog import xorbs
from entrepot.domain.errors import FileNotFound
from entrepot.operations.registry import Registry
from entrepot.operations.xet.admit import Ticket, require_to_write
from entrepot.operations.xet.chunked import index_of
from entrepot.operations.xet.reach import readable, usable
from entrepot.xet.merkle import XetHash
from entrepot.xet.xorb import XorbIndex

MOST = 4
"""How many xorbs with the chunk one answer describes: the newest is most likely the one to go on with."""
MOST_BESIDE = 64
"""How many more of the same files: 4 GiB of content in some 3 MiB, so that a client asks once and not by luck."""


async def known_chunks(registry: Registry, ticket: Ticket, chunk: XetHash) -> list[XorbIndex]:
    """What is in xorbs that have the chunk; raises `FileNotFound` where there are none that the holder may read."""
    here = await require_to_write(registry, ticket)
    repository = here.repository
    repositories = await readable(registry, ticket)
    rows = await registry.database.read(xorbs.with_chunk, chunk, repository.row.id, repositories, MOST)
    if rows:
        found = [row.id for row in rows]
        rows += await registry.database.read(xorbs.beside, found, repository.row.id, repositories, MOST_BESIDE)
    allowed = await usable(registry, ticket, here, [row.hash for row in rows])
    rows = [row for row in rows if row.hash in allowed]
    present = [row for row in rows if await registry.blobs.size(row.digest) == row.size]
    if not present:
        raise FileNotFound(f"no xorb here is known to have the chunk {chunk}")
    return [await index_of(registry, row) for row in present]

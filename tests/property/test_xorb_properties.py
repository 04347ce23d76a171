"""Xorbs: whatever is packed reads back, and nothing sent or stored raises anything unforeseen."""

import lz4.frame
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.errors import Corrupt, Invalid
from entrepot.xet import xorb
from entrepot.xet.merkle import XetHash, chunk_hash, xorb_hash
from entrepot.xet.xorb import XorbIndex

Chunks = list[tuple[bytes, int]]

chunk_lists = st.lists(
    st.tuples(
        st.one_of(
            st.binary(min_size=1, max_size=300),
            st.builds(lambda piece, n: piece * n, st.binary(min_size=1, max_size=5), st.integers(1, 9000)),
        ),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=12,
)


def packed(chunks: Chunks) -> bytes:
    out = b""
    for chunk, scheme in chunks:
        plain = b"".join(chunk[k::4] for k in range(4)) if scheme == 2 else chunk
        stored = lz4.frame.compress(plain) if scheme else plain
        out += b"\0" + len(stored).to_bytes(3, "little") + bytes([scheme]) + len(chunk).to_bytes(3, "little")
        out += stored
    return out


def hash_of(chunks: Chunks) -> XetHash:
    return xorb_hash([(chunk_hash(chunk), len(chunk)) for chunk, _ in chunks])


@given(chunk_lists, st.data())
def test_what_was_packed_reads_back(chunks: Chunks, data: st.DataObject) -> None:
    body = packed(chunks)
    index = XorbIndex.from_bytes(xorb.verify(body, hash_of(chunks)).to_bytes())
    start = data.draw(st.integers(0, len(chunks) - 1))
    end = data.draw(st.integers(start + 1, len(chunks)))
    first, last = index.physical_range(start, end)
    found = [bytes(chunk) for chunk in xorb.unpack(body[first:last], index, start, end)]
    assert found == [chunk for chunk, _ in chunks[start:end]]
    assert index.sizes_of(start, end) == [len(chunk) for chunk in found]


@given(st.binary(max_size=400))
def test_random_bytes_are_invalid(body: bytes) -> None:
    _refused_or_true(body, XetHash(bytes(32)))


@given(chunk_lists, st.data())
def test_truncated_and_flipped_xorbs_are_invalid(chunks: Chunks, data: st.DataObject) -> None:
    body = bytearray(packed(chunks))
    at = data.draw(st.integers(0, len(body) - 1))
    if data.draw(st.booleans()):
        del body[at:]
    else:
        body[at] ^= 1 << data.draw(st.integers(0, 7))
    _refused_or_true(bytes(body), hash_of(chunks))


def _refused_or_true(body: bytes, announced: XetHash) -> None:
    try:
        index = xorb.verify(body, announced)
    except Invalid:
        return
    # a flipped bit may say the same in other words (an LZ4 flag), never something else
    chunks = xorb.unpack(body[: index.physical_size], index, 0, len(index))
    assert xorb_hash([(chunk_hash(chunk), len(chunk)) for chunk in chunks]) == announced


@given(chunk_lists, st.data())
def test_damaged_stored_bytes_are_corrupt_or_of_the_right_length(chunks: Chunks, data: st.DataObject) -> None:
    body = bytearray(packed(chunks))
    index = xorb.verify(body, hash_of(chunks))
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = [len(chunk) for chunk in xorb.unpack(bytes(body), index, 0, len(index))]
    except Corrupt:
        return
    assert found == index.sizes_of(0, len(index))


@given(chunk_lists, st.data())
def test_damaged_stored_indexes_are_corrupt_or_consistent(chunks: Chunks, data: st.DataObject) -> None:
    stored = bytearray(xorb.verify(packed(chunks), hash_of(chunks)).to_bytes())
    stored[data.draw(st.integers(0, len(stored) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        index = XorbIndex.from_bytes(bytes(stored))
    except Corrupt:
        return
    assert sum(index.sizes_of(0, len(index))) == index.unpacked_size
    assert index.physical_range(0, len(index)) == (0, index.physical_size)


@given(st.binary(max_size=200))
def test_random_stored_indexes_are_corrupt(stored: bytes) -> None:
    try:
        XorbIndex.from_bytes(stored)
    except Corrupt:
        return

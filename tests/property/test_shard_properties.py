"""Shards: whatever a client may write reads back, and nothing sent raises anything but `Invalid`."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.digest import Digest
from entrepot.domain.errors import Invalid
from entrepot.xet import shard, xorb
from entrepot.xet.assembly import AnnouncedFile, verify_file
from entrepot.xet.merkle import XetHash, chunk_hash, file_hash, range_hash, xorb_hash
from entrepot.xet.reconstruction import Term

HEADER = bytes.fromhex("48465265706f4d6574614461746100556967456a7b815783a5bdd95ccdd14aa9") + struct.pack("<QQ", 2, 0)
BOOKEND = b"\xff" * 32 + bytes(16)

hashes = st.binary(min_size=32, max_size=32).filter(lambda raw: raw != b"\xff" * 32).map(XetHash)


@st.composite
def terms(draw: st.DrawFn) -> Term:
    start = draw(st.integers(0, 8191))
    return Term(draw(hashes), start, draw(st.integers(start + 1, 8192)), draw(st.integers(1, 2**32 - 1)))


@st.composite
def files(draw: st.DrawFn) -> AnnouncedFile:
    parts = tuple(draw(st.lists(terms(), max_size=4)))
    ranges = st.lists(hashes, min_size=len(parts), max_size=len(parts)).map(tuple)
    sha256 = st.binary(max_size=3).map(Digest.of)
    return AnnouncedFile(draw(hashes), parts, draw(st.none() | ranges), draw(st.none() | sha256))


def written(announced: list[AnnouncedFile], xorbs: list[tuple[XetHash, list[XetHash]]]) -> bytes:
    out = HEADER
    for file in announced:
        flags = (file.ranges is not None) << 31 | (file.sha256 is not None) << 30
        out += file.hash.raw + struct.pack("<IIQ", flags, len(file.terms), 0)
        for term in file.terms:
            out += term.xorb.raw + struct.pack("<4I", 0, term.length, term.start, term.end)
        for found in file.ranges or ():
            out += found.raw + bytes(16)
        if file.sha256 is not None:
            out += XetHash.of_sha256(file.sha256).raw + bytes(16)
    out += BOOKEND
    for found, chunks in xorbs:
        out += found.raw + struct.pack("<4I", 0, len(chunks), len(chunks), 0)
        out += b"".join(c.raw + struct.pack("<4I", i, 1, 0, 0) for i, c in enumerate(chunks))
    return out + BOOKEND


shards = st.tuples(st.lists(files(), max_size=4), st.lists(st.tuples(hashes, st.lists(hashes, max_size=4)), max_size=3))


@given(shards)
def test_what_was_written_reads_back(
    sample: tuple[list[AnnouncedFile], list[tuple[XetHash, list[XetHash]]]],
) -> None:
    announced, xorbs = sample
    found = shard.parse(written(announced, xorbs))
    assert list(found.files) == announced
    assert [(entry.hash, [chunk.hash for chunk in entry.chunks]) for entry in found.xorbs] == xorbs


@given(st.binary(max_size=500), st.booleans())
def test_random_bytes_are_invalid(data: bytes, with_header: bool) -> None:
    _refused_or_read(HEADER + data if with_header else data)


@given(shards, st.data())
def test_truncated_and_flipped_shards_are_invalid_or_other_shards(
    sample: tuple[list[AnnouncedFile], list[tuple[XetHash, list[XetHash]]]], data: st.DataObject
) -> None:
    body = bytearray(written(*sample))
    at = data.draw(st.integers(0, len(body) - 1))
    if data.draw(st.booleans()):
        del body[at:]
    else:
        body[at] ^= 1 << data.draw(st.integers(0, 7))
    _refused_or_read(bytes(body))


def _refused_or_read(data: bytes) -> None:
    try:
        found = shard.parse(data)
    except Invalid:
        return
    for entry in found.xorbs:
        assert len(list(entry.chunks)) == len(entry)
    for file in found.files:
        try:
            verify_file(file, {})
        except Invalid:
            continue
        assert not file.terms


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=20), st.data())
def test_a_dedup_answer_tells_what_a_client_needs_to_announce_a_file(chunks: list[bytes], data: st.DataObject) -> None:
    pairs = [(chunk_hash(chunk), len(chunk)) for chunk in chunks]
    index = xorb.verify(xorb.pack(chunks), xorb_hash(pairs))
    (entry,) = shard.parse(shard.dedup_answer([index], 0, 1)).xorbs
    known = [(chunk.hash, chunk.size) for chunk in entry.chunks]
    start = data.draw(st.integers(0, len(known) - 1))
    end = data.draw(st.integers(start + 1, len(known)))
    part = known[start:end]
    term = Term(entry.hash, start, end, sum(size for _, size in part))
    ranges = (range_hash(b"".join(found.raw for found, _ in part)),)
    verify_file(AnnouncedFile(file_hash(part), (term,), ranges, None), {index.hash: index})

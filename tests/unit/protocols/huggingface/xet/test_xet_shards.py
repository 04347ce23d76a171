"""Shards: read as clients write them, refused with an offset, written as clients read them."""

import struct

import pytest

from entrepot.domain.digest import Digest
from entrepot.domain.errors import Invalid, TooLarge
from entrepot.xet import shard, xorb
from entrepot.xet.assembly import AnnouncedFile
from entrepot.xet.merkle import XetHash, chunk_hash, xorb_hash
from entrepot.xet.reconstruction import Term
from entrepot.xet.xorb import XorbIndex

TAG = bytes.fromhex("48465265706f4d6574614461746100556967456a7b815783a5bdd95ccdd14aa9")
HEADER = TAG + struct.pack("<QQ", 2, 0)
BOOKEND = b"\xff" * 32 + bytes(16)
BOTH = 0xC0000000
A, B, C = (chunk_hash(letter) for letter in (b"a", b"b", b"c"))


def record(found: XetHash, *words: int) -> bytes:
    return found.raw + struct.pack("<4I", *words)


FILE = (
    record(A, BOTH, 2, 0, 0)
    + record(B, 0, 300, 0, 3)
    + record(C, 0, 40, 7, 8)
    + record(B, 0, 0, 0, 0)
    + record(C, 0, 0, 0, 0)
    + record(XetHash.of_sha256(Digest.of(b"hello")), 0, 0, 0, 0)
)
XORB = record(B, 0, 2, 150, 160) + record(A, 0, 100, 1 << 31, 0) + record(C, 100, 50, 0, 0)
SHARD = HEADER + FILE + BOOKEND + XORB + BOOKEND


def test_an_upload_reads_as_files_and_xorbs() -> None:
    found = shard.parse(SHARD)
    terms = (Term(B, 0, 3, 300), Term(C, 7, 8, 40))
    assert found.files == (AnnouncedFile(A, terms, (B, C), Digest.of(b"hello")),)
    (only,) = found.xorbs
    assert (only.hash, only.unpacked_size, only.stored_size, len(only)) == (B, 150, 160, 2)
    assert list(only.chunks) == [
        shard.AnnouncedChunk(A, 0, 100, True),
        shard.AnnouncedChunk(C, 100, 50, False),
    ]


def test_files_need_neither_verification_nor_sha256_to_be_read() -> None:
    plain = HEADER + record(A, 0, 1, 0, 0) + record(B, 0, 300, 0, 3) + BOOKEND + BOOKEND
    assert shard.parse(plain).files == (AnnouncedFile(A, (Term(B, 0, 3, 300),), None, None),)


def test_a_footer_is_passed_over() -> None:
    assert shard.parse(TAG + struct.pack("<QQ", 2, 200) + SHARD[48:] + bytes(200)) == shard.parse(SHARD)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "byte 0"),
        (bytes(48), "not a shard of version 2"),
        (TAG + struct.pack("<QQ", 3, 0) + BOOKEND * 2, "not a shard of version 2"),
        (HEADER, "byte 48"),
        (SHARD[:-1], "byte 528, and 47 bytes"),
        (SHARD + b"\0", "goes on for 1 bytes"),
        (TAG + struct.pack("<QQ", 2, 1 << 63) + SHARD[48:], "footer"),
        (HEADER + record(A, 1, 0, 0, 0) + BOOKEND * 2, "byte 48 has unknown flags: 0x00000001"),
        (HEADER + record(A, BOTH, 0xFFFFFFFF, 0, 0) + BOOKEND * 2, "4294967295 records"),
        (HEADER + record(A, 0, 1, 0, 0) + record(B, 0, 9, 3, 3) + BOOKEND * 2, "term 0 at byte 96"),
        (HEADER + record(A, 0, 1, 0, 0) + record(B, 0, 0, 0, 3) + BOOKEND * 2, "term 0 at byte 96"),
        (HEADER + record(A, 0, 1, 0, 0) + record(B, 0, 9, 0, 8193) + BOOKEND * 2, "term 0 at byte 96"),
        (HEADER + BOOKEND + record(B, 0, 8193, 0, 0) + BOOKEND, "byte 96 has 8193 chunks"),
        (HEADER + BOOKEND + record(B, 0, 8, 0, 0) + BOOKEND, "breaks off: 8 records of chunks"),
    ],
)
def test_malformed_shards_are_refused_with_an_offset(data: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        shard.parse(data)


def test_limits_are_kept() -> None:
    with pytest.raises(TooLarge, match="limit"):
        shard.parse(bytes(shard.MAX_SHARD + 1))
    with pytest.raises(TooLarge, match="xorbs"):
        shard.parse(HEADER + BOOKEND + record(B, 0, 0, 0, 0) * (shard.MAX_XORBS + 1) + BOOKEND)
    with pytest.raises(TooLarge, match="files"):
        shard.parse(HEADER + record(A, 0, 0, 0, 0) * (shard.MAX_FILES + 1) + BOOKEND * 2)


def test_few_bytes_cannot_ask_for_endless_verification() -> None:
    many = shard.MAX_REFERRED_CHUNKS // 8192 + 1
    file = record(A, 0, many, 0, 0) + record(B, 0, 0xFFFFFFFF, 0, 8192) * many
    with pytest.raises(TooLarge, match="chunks in the files"):
        shard.parse(HEADER + file + BOOKEND * 2)


def index_of(chunks: list[bytes]) -> XorbIndex:
    return xorb.verify(xorb.pack(chunks), xorb_hash([(chunk_hash(c), len(c)) for c in chunks]))


def test_a_dedup_answer_has_an_empty_file_section_its_xorbs_and_a_footer() -> None:
    eligible = next(c for i in range(100_000) if shard.is_dedup_eligible(chunk_hash(c := str(i).encode())))
    indexes = [index_of([b"one", eligible]), index_of([b"three"])]
    answer = shard.dedup_answer(indexes, created=1_000, expires=2_000)
    found = shard.parse(answer)
    assert found.files == ()
    assert [entry.hash for entry in found.xorbs] == [index.hash for index in indexes]
    assert list(found.xorbs[0].chunks) == [
        shard.AnnouncedChunk(chunk_hash(b"one"), 0, 3, False),
        shard.AnnouncedChunk(chunk_hash(eligible), 3, len(eligible), True),
    ]
    footer_at = len(answer) - 200
    assert struct.unpack("<QQ", answer[32:48]) == (2, 200)
    assert struct.unpack("<9Q", answer[footer_at : footer_at + 72]) == (1, 48, 96, *((footer_at, 0) * 3))
    assert answer[footer_at + 72 : footer_at + 104] == bytes(32)
    assert struct.unpack("<2Q", answer[footer_at + 104 : footer_at + 120]) == (1_000, 2_000)
    assert struct.unpack("<Q", answer[-8:]) == (footer_at,)

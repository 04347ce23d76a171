"""What git clients and upstreams send is hostile: nothing but our own errors, within bounds."""

import hashlib
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.errors import Corrupt, Invalid, TooLarge
from entrepot.operations.git import pack_limits
from entrepot.operations.git.pack_limits import check_pack
from entrepot.protocols.huggingface import git_requests, pkt_lines
from entrepot.protocols.huggingface.git_requests import Fetch, Listing
from entrepot.protocols.huggingface.pkt_lines import Mark

OID = st.binary(min_size=20, max_size=20).map(bytes.hex)
WORD = st.sampled_from(["want", "have", "shallow", "deepen", "done", "ref-prefix", "command=fetch", "command=ls-refs"])
LINE = st.one_of(
    st.binary(max_size=40),
    st.builds(lambda word, rest: f"{word} {rest}".encode(), WORD, st.one_of(OID, st.text(max_size=12))),
)
PIECE = st.one_of(LINE.map(pkt_lines.line), st.sampled_from([mark.value for mark in Mark]))
BODY = st.one_of(st.binary(max_size=200), st.lists(PIECE, max_size=12).map(b"".join))


@given(BODY)
def test_a_body_is_read_or_refused(body: bytes) -> None:
    for parse in (git_requests.parse, git_requests.parse_old):
        try:
            asked = parse(body)
        except Invalid:
            continue
        assert isinstance(asked, Fetch | Listing)


@given(st.lists(st.binary(max_size=100).filter(lambda data: not data.endswith(b"\n")), max_size=8))
def test_lines_come_back_as_they_were(texts: list[bytes]) -> None:
    assert list(pkt_lines.parse(b"".join(map(pkt_lines.line, texts)))) == texts


@given(st.lists(OID, min_size=1, max_size=5, unique=True), st.lists(OID, max_size=5, unique=True), st.booleans())
def test_both_protocols_ask_for_the_same(wants: list[str], haves: list[str], done: bool) -> None:
    end = [b"done\n"] if done else []
    wanted = [f"want {oid}\n".encode() for oid in wants]
    there = [f"have {oid}\n".encode() for oid in haves]
    new = pkt_lines.line(b"command=fetch\n") + b"0001" + b"".join(map(pkt_lines.line, wanted + there + end)) + b"0000"
    first = [wanted[0].rstrip() + b" side-band-64k agent=git\n", *wanted[1:]]
    old = b"".join(map(pkt_lines.line, first)) + b"0000" + b"".join(map(pkt_lines.line, there + end)) + b"0000"
    asked, asked_old = git_requests.parse(new), git_requests.parse_old(old)
    assert isinstance(asked, Fetch)
    assert asked.wanted == asked_old.wanted
    assert [oid.hex for oid in asked.wanted.wants] == wants
    assert asked.done == asked_old.done == done


def test_more_commits_than_any_package_has_are_refused() -> None:
    wants = [f"want {number:040x}".encode() for number in range(git_requests.MAX_WANTS + 1)]
    with pytest.raises(Invalid, match="more commits"):
        git_requests.parse_old(b"".join(map(pkt_lines.line, wants)))


def _pack(*objects: tuple[int, int, bytes]) -> bytes:
    """A pack of objects: kind, the size that is said, and the bytes that are there."""
    body = b"PACK" + (2).to_bytes(4, "big") + len(objects).to_bytes(4, "big")
    for kind, size, data in objects:
        header, rest = bytearray([kind << 4 | size & 15]), size >> 4
        while rest:
            header[-1] |= 0x80
            header.append(rest & 0x7F)
            rest >>= 7
        body += bytes(header) + (b"\0" if kind == 6 else b"\0" * 20 if kind == 7 else b"") + zlib.compress(data)
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


@given(st.lists(st.binary(max_size=300), max_size=6))
def test_a_sound_pack_passes(contents: list[bytes]) -> None:
    check_pack(io.BytesIO(_pack(*((3, len(data), data) for data in contents))))


@given(st.binary(max_size=300), st.integers(0, 400))
def test_a_broken_pack_is_named_so(noise: bytes, cut: int) -> None:
    for pack in (noise, b"PACK" + noise, _pack((3, len(noise), noise), (1, 3, b"abc"))[:cut]):
        try:
            check_pack(io.BytesIO(pack))
        except (Corrupt, TooLarge):
            continue


@pytest.mark.parametrize(
    "pack",
    [
        _pack((3, pack_limits.MAX_OBJECT + 1, b"")),
        _pack((7, 6, b"\x01" + b"\xff\xff\xff\xff\x7f")),
        b"PACK" + (2).to_bytes(4, "big") + (pack_limits.MAX_OBJECTS + 1).to_bytes(4, "big"),
    ],
    ids=["an object", "what a delta makes", "how many"],
)
def test_what_would_fill_the_memory_is_refused_by_what_it_says(pack: bytes) -> None:
    with pytest.raises(TooLarge):
        check_pack(io.BytesIO(pack))


def test_what_unpacks_to_more_than_it_says_is_refused() -> None:
    with pytest.raises(Corrupt, match="longer than it says"):
        check_pack(io.BytesIO(_pack((3, 10, bytes(10 << 20)))))

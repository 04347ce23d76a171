"""Compressed streams: what came out before a break counts, and runs in a row are one."""

import bz2
import gzip
import lzma
import random
import zlib
from collections.abc import Callable

import pytest
from backports import zstd

from entrepot.domain.report import Coverage, Verdict
from entrepot.scan import scan_bytes
from entrepot.scan.budget import Budget
from entrepot.scan.engine import FAULT
from entrepot.scan.source import BytesSource
from entrepot.scan.unpacking import Inflate, Stream, once, repeats
from golden.golden_archive import VALUES

PAYLOAD = b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00echo\x85R."
NOISE = random.Random(7).randbytes(200_000)


def _lz4(data: bytes) -> bytes:
    import lz4.frame

    return bytes(lz4.frame.compress(data))


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zlib": zlib.compress,
    "lz4": _lz4,
}


@pytest.mark.parametrize("packer", PACKERS)
def test_what_is_packed_is_inspected_whatever_the_name(packer: str) -> None:
    report = scan_bytes(PACKERS[packer](PAYLOAD + bytes(600)), "weights.bin")
    assert list(report.formats) == [packer]
    assert report.verdict is Verdict.MALICIOUS


@pytest.mark.parametrize("packer", ["gzip", "bzip2", "xz", "lz4"])
def test_several_runs_are_one_stream(packer: str) -> None:
    pack = PACKERS[packer]
    assert scan_bytes(pack(PAYLOAD[:20]) + pack(PAYLOAD[20:])).verdict is Verdict.MALICIOUS


@pytest.mark.parametrize("packer", PACKERS)
def test_what_follows_a_stream_is_inspected(packer: str) -> None:
    assert scan_bytes(PACKERS[packer](VALUES) + PAYLOAD, "a.npy").verdict is Verdict.MALICIOUS


@pytest.mark.parametrize("packer", ["gzip", "zlib", "lzma", "xz"])
def test_what_came_before_a_break_is_inspected_and_the_rest_is_told_of(packer: str) -> None:
    data = bytearray(PACKERS[packer](PAYLOAD + NOISE))
    report = scan_bytes(bytes(data[: len(data) // 2]))
    assert report.verdict is Verdict.MALICIOUS
    assert report.coverage is Coverage.PARTIAL


def test_a_stream_that_breaks_gives_every_byte_before_the_break() -> None:
    packed = zlib.compress(VALUES * 50)[2:-4]
    stream = Stream(BytesSource(packed[:-3] + b"\xff" * 40), once(Inflate), Budget())
    with stream:
        got = stream.source.read(0, 10_000)
    assert got[: len(VALUES) * 49] == VALUES * 49


def test_only_what_is_read_is_unpacked() -> None:
    packed = zlib.compress(NOISE * 100)[2:-4]
    with Stream(BytesSource(packed), once(Inflate), Budget()) as stream:
        assert stream.source.read(0, 100) == NOISE[:100]
        assert stream.produced < 2 << 20


def test_one_pattern_over_and_over_is_told_from_other_data() -> None:
    assert repeats(bytes(4096))
    assert repeats(b"echo " * 900)
    assert not repeats(NOISE[:4096])


def test_zstandard_that_is_broken_is_not_read_and_no_fault() -> None:
    packed = bytearray(zstd.compress(bytes(range(256)) * 50))
    for at in range(4, len(packed), 3):
        broken = bytes(packed[:at]) + bytes([packed[at] ^ 0xFF]) + bytes(packed[at + 1 :])
        report = scan_bytes(broken, "model.pkl.zst")
        assert not [unread for unread in report.unread if FAULT in unread.reason], at

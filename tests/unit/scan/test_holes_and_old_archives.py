"""Tar files with holes, and the oldest archives, cut and twisted."""

import tarfile

import pytest

from entrepot.scan import Coverage, Verdict, scan_bytes
from golden.golden_unixes import ar_entry, cpio_new, tiff

_TEXT = b"What the model was trained on.\n"


def _with_many_holes(pieces: int, stored: bytes) -> bytes:
    """A member of GNU's own kind whose map goes on in blocks behind its header, and a plain one behind it."""
    info = tarfile.TarInfo("a.txt")
    info.type, info.size = b"S", len(stored)
    out = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    numbers = [b"%011o\0%011o\0" % (at, 1) for at in range(pieces)]
    out[386:482] = b"".join(numbers[:4])
    out[482] = 1
    out[483:495] = b"%011o\0" % pieces
    out[148:156] = b" " * 8
    out[148:156] = b"%06o\0 " % sum(out)
    rest = numbers[4:]
    while rest:
        block, rest = b"".join(rest[:21]).ljust(504, b"\0"), rest[21:]
        out += block + bytes([bool(rest)]) + bytes(7)
    plain = tarfile.TarInfo("../b.txt")
    return bytes(out) + stored.ljust(512, b"\0") + plain.tobuf() + bytes(1024)


def test_what_follows_a_file_with_many_holes_is_looked_at() -> None:
    report = scan_bytes(_with_many_holes(len(_TEXT), _TEXT), "m.tar")
    assert [finding.rule for finding in report.findings] == ["archive.traversal"]


def test_a_file_with_holes_whose_map_never_ends_is_not_read() -> None:
    data = bytearray(_with_many_holes(len(_TEXT), _TEXT))
    assert scan_bytes(bytes(data[:700]), "m.tar").coverage is Coverage.PARTIAL


@pytest.mark.parametrize("size", [70, 79, 100])
def test_an_ar_archive_that_is_cut_is_not_called_read(size: int) -> None:
    whole = b"!<arch>\n" + ar_entry("a.txt/", _TEXT)
    assert scan_bytes(whole, "m.ar").verdict is Verdict.CLEAN
    assert scan_bytes(whole[: min(size, len(whole) - 8)], "m.ar").coverage is Coverage.PARTIAL


@pytest.mark.parametrize("field", [b"-1        ", b"9" * 10, b"ten       ", b"\xb3         "])
def test_an_ar_header_with_an_odd_size_is_not_called_read(field: bytes) -> None:
    whole = bytearray(b"!<arch>\n" + ar_entry("a.txt/", _TEXT))
    whole[56:66] = field
    assert scan_bytes(bytes(whole), "m.ar").coverage is Coverage.PARTIAL


def test_a_cpio_archive_without_an_end_is_read_to_its_last_member() -> None:
    assert scan_bytes(cpio_new("a.txt", _TEXT), "m.cpio").coverage is Coverage.FULL


def test_a_cpio_name_longer_than_any_is_not_called_read() -> None:
    whole = cpio_new("a.txt", _TEXT).replace(b"00000006" + b"0" * 8 + b"a.txt", b"7fffffff" + b"0" * 8 + b"a.txt")
    assert scan_bytes(whole, "m.cpio").coverage is Coverage.PARTIAL


@pytest.mark.parametrize("place", [4, 10, 100])
def test_a_tiff_that_points_beyond_its_end_is_not_called_read(place: int) -> None:
    data = bytearray(tiff())
    data[-8:-4] = b"\xff\xff\xff\x7f"
    assert scan_bytes(bytes(data), "m.tif").coverage is Coverage.PARTIAL
    assert scan_bytes(tiff()[:-place], "m.tif").coverage is Coverage.PARTIAL


def test_an_ar_name_that_looks_like_a_place_in_the_table_is_a_name() -> None:
    whole = b"!<arch>\n" + ar_entry("/x", _TEXT).replace(b"/x", b"/\xb3", 1)
    assert scan_bytes(whole, "m.ar").coverage is Coverage.FULL

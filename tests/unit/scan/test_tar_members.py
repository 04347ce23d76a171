"""Tar archives of every kind that Python writes."""

import io
import tarfile

import pytest

from entrepot.domain.report import Coverage, Verdict
from entrepot.scan import scan_bytes
from golden.golden_archive import VALUES, tarred

PAYLOAD = b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00echo\x85R."


def _tar(kind: int, *names: str, data: bytes = VALUES) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_each_kind_is_read_in_full(kind: int) -> None:
    report = scan_bytes(_tar(kind, "m/a.npy", "m/b.npy"), "m.tar")
    assert (report.verdict, report.coverage) == (Verdict.CLEAN, Coverage.FULL)


@pytest.mark.parametrize("kind", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_lead_where_they_lead(kind: int) -> None:
    report = scan_bytes(_tar(kind, "../" * 60 + "a.npy"), "m.tar")
    assert "archive.traversal" in {finding.rule for finding in report.findings}


def test_a_tar_without_a_magic_is_one_by_its_checksum() -> None:
    data = bytearray(tarred(("a.npy", PAYLOAD)))
    data[257:265] = bytes(8)
    total = sum(data[:148]) + 8 * 32 + sum(data[156:512])
    data[148:156] = b"%06o\0 " % total
    assert scan_bytes(bytes(data), "x").verdict is Verdict.MALICIOUS


def test_what_follows_the_end_mark_is_inspected() -> None:
    assert scan_bytes(_tar(tarfile.USTAR_FORMAT, "a.npy") + _tar(tarfile.USTAR_FORMAT, "b", data=PAYLOAD)).verdict is (
        Verdict.MALICIOUS
    )


def test_what_follows_a_broken_header_is_inspected_and_told_of() -> None:
    first = _tar(tarfile.USTAR_FORMAT, "a.npy")[:1024]
    report = scan_bytes(first + PAYLOAD.ljust(2048, b"\0"), "m.tar")
    assert report.verdict is Verdict.MALICIOUS
    assert report.coverage is Coverage.PARTIAL


def test_a_file_with_holes_is_not_called_read() -> None:
    data = bytearray(_tar(tarfile.GNU_FORMAT, "a.bin"))
    data[156:157] = b"S"
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    assert scan_bytes(bytes(data), "m.tar").coverage is Coverage.PARTIAL

"""Zip files as archivers really write them, and as PyTorch's and Python's readers see them."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from entrepot.domain.report import Coverage, Verdict
from entrepot.scan import scan_bytes, scan_file
from golden.golden_archive import VALUES, in_the_comment, zipped
from golden.golden_torch import PICKLE

PAYLOAD = b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00echo\x85R."


class _Pipe(io.RawIOBase):
    """Where nobody can go back: sizes follow the members."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def _piped(method: int) -> bytes:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", method) as archive:  # type: ignore[arg-type]
        archive.writestr("a.npy", VALUES)
        archive.writestr("b.npy", VALUES)
    return bytes(pipe.data)


def _appended() -> bytes:
    buffer = io.BytesIO(zipped(("a.npy", VALUES)))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("b.npy", VALUES)
    return buffer.getvalue()


def _wide() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("a.npy", "w", force_zip64=True) as member:
        member.write(VALUES)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        _piped(zipfile.ZIP_STORED),
        _piped(zipfile.ZIP_DEFLATED),
        _appended(),
        _wide(),
        zipped(("a.npy", VALUES), method=zipfile.ZIP_LZMA),
        zipped(("a.npy", VALUES), method=zipfile.ZIP_BZIP2),
        zipped(("folder/", b""), ("folder/a.npy", VALUES), ("empty", b"")),
        zipped(("inner.zip", zipped(("a.npy", VALUES))), comment="für später".encode()),
        b"PK\x05\x06" + bytes(18),
    ],
)
def test_what_honest_archivers_write_is_clean_and_read_in_full(data: bytes) -> None:
    report = scan_bytes(data, "m.zip")
    assert (report.verdict, report.coverage, list(report.findings)) == (Verdict.CLEAN, Coverage.FULL, [])


def _rules(data: bytes, name: str = "m.zip") -> set[str]:
    return {finding.rule for finding in scan_bytes(data, name).findings}


def _harmful(data: bytes, name: str = "m.zip") -> bool:
    return any(rule.startswith("pickle.") for rule in _rules(data, name))


def test_a_pickle_is_found_under_any_name_and_packing() -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        assert _harmful(zipped(("weights.txt", PAYLOAD), method=method))


def test_a_flag_that_says_encrypted_hides_nothing() -> None:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        data = bytearray(zipped(("data.pkl", PAYLOAD), method=method))
        for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            struct.pack_into("<H", data, data.index(mark) + at, 1)
        assert _harmful(bytes(data))
        assert "archive.flags" in _rules(bytes(data))


def test_a_wrong_checksum_hides_nothing() -> None:
    right = zlib.crc32(PAYLOAD).to_bytes(4, "little")
    assert _harmful(zipped(("data.pkl", PAYLOAD)).replace(right, bytes(4)))


def test_both_of_two_members_with_one_name_are_inspected() -> None:
    assert _harmful(zipped(("data.pkl", PAYLOAD), ("dat2.pkl", PICKLE)).replace(b"dat2.pkl", b"data.pkl"))
    assert _harmful(zipped(("data.pkl", PICKLE), ("dat2.pkl", PAYLOAD)).replace(b"dat2.pkl", b"data.pkl"))


def test_an_entry_without_a_directory_is_inspected() -> None:
    data = zipped(("data.pkl", PAYLOAD))
    assert _harmful(data[: data.index(b"PK\x01\x02")])


def test_a_directory_in_a_comment_is_followed() -> None:
    assert _harmful(zipped(("a.npy", VALUES), comment=zipped(("data.pkl", PAYLOAD))))
    assert "archive.two-readings" in _rules(in_the_comment())


def test_leading_and_trailing_bytes_are_inspected() -> None:
    assert _harmful(PAYLOAD + zipped(("a.npy", VALUES)))
    assert _harmful(zipped(("a.npy", VALUES)) + PAYLOAD)
    assert _harmful(b"\0" * 100 + zipped(("data.pkl", PAYLOAD)))


def test_a_size_in_the_directory_that_is_too_small_cuts_nothing_off() -> None:
    data = bytearray(zipped(("data.pkl", PAYLOAD)))
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<II", data, at + 20, 2, 2)
    assert _harmful(bytes(data))


def test_tensors_of_a_torch_file_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    size = 1 << 30
    parts: list[tuple[str, bytes | int]] = [
        ("m/data.pkl", PICKLE),
        ("m/data/0", size),
        ("m/data/1", size),
        ("m/version", b"3\n"),
    ]
    entries = []
    with path.open("wb") as file:
        for name, content in parts:
            at = file.tell()
            count = content if isinstance(content, int) else len(content)
            crc = 0 if isinstance(content, int) else zlib.crc32(content)
            file.write(
                struct.pack("<4s5H3I2H", b"PK\x03\x04", 0, 0, 0, 0, 0, crc, count, count, len(name), 0) + name.encode()
            )
            if isinstance(content, int):
                file.seek(content, 1)
            else:
                file.write(content)
            fields = (b"PK\x01\x02", 0, 0, 0, 0, 0, 0, crc, count, count, len(name), 0, 0, 0, 0, 0, at)
            entries.append(struct.pack("<4s6H3I5H2I", *fields) + name.encode())
        at = file.tell()
        body = b"".join(entries)
        file.write(body + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 4, 4, len(body), at, 0))
    report = scan_file(path)
    assert (report.verdict, report.coverage) == (Verdict.CLEAN, Coverage.FULL)
    assert report.bytes_read < 300_000

"""Beginnings of pictures, cut anywhere: they are something or nothing, and never a fault of ours."""

import pytest

from entrepot.scan import scan_bytes
from entrepot.scan.engine import FAULT

HEADS = {
    "icon.ico": b"\0\0\1\0\2\0\x10\x10\0\0\1\0\x20\0\x04\0\0\0\x26\0\0\0",
    "bitmap.bmp": b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0",
    "photo.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    "image.webp": b"RIFF\x1a\0\0\0WEBPVP8 ",
    "scan.tif": b"II*\0\x08\0\0\0\0\0",
}


@pytest.mark.parametrize("name", HEADS)
def test_a_picture_that_is_cut_in_its_head_is_no_fault(name: str) -> None:
    for length in range(1, len(HEADS[name]) + 1):
        report = scan_bytes(HEADS[name][:length], name)
        assert not any(FAULT in unread.reason for unread in report.unread), (length, report.unread)

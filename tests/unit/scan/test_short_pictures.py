"""Beginnings of pictures, cut anywhere: they are something or nothing, and never a fault of ours."""

import contextlib

import pytest

from entrepot.scan import BytesSource
from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.formats.image import FORMAT
from entrepot.scan.sample import Sample

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
        sample = Sample(name, BytesSource(HEADS[name][:length]), Budget())
        FORMAT.recognize(sample)
        with contextlib.suppress(Unreadable, Unrecognized):
            list(FORMAT.inspect(sample, Budget()))

"""Bytes of files: what is read near the beginning is what is there, wherever reads end."""

import os
from pathlib import Path

import pytest

from entrepot.scan.source import NEAR, FileSource


@pytest.mark.parametrize("size", [0, 1, NEAR - 1, NEAR, NEAR + 1, 3 * NEAR])
def test_a_read_gives_what_stands_there_and_ends_where_the_file_ends(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "file").write_bytes(data)
    places = (0, 1, NEAR - 2, NEAR - 1, NEAR, NEAR + 1, size - 1, size, size + 9)
    with FileSource(tmp_path / "file") as source:
        assert source.size == size
        for offset in places:
            for length in (0, 1, 2, NEAR, 4 * NEAR):
                if offset >= 0:
                    assert source.read(offset, length) == data[offset : offset + length]


def test_a_file_that_grows_meanwhile_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a" * NEAR)
    with FileSource(path) as source:
        assert source.read(0, 1) == b"a"
        with path.open("ab") as file:
            file.write(b"b" * 10)
        assert source.read(NEAR, 20) == b"b" * 10

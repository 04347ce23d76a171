"""MessagePack item by item."""

import pytest

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.msgpack import Blob, Bomb, walk
from entrepot.scan.source import BytesSource


def _walked(data: bytes) -> list[Blob | int]:
    return list(walk(BytesSource(data), Budget(), 0, len(data)))


def test_texts_stand_under_their_keys_and_the_end_is_told() -> None:
    *blobs, end = _walked(b"\x82\xa1a\xa2xy\xa1b\x81\xa1c\xc4\x01z")
    assert [(blob.key, blob.is_key, blob.kind) for blob in blobs if isinstance(blob, Blob)] == [
        ("", True, "text"),
        ("a", False, "text"),
        ("", True, "text"),
        ("", True, "text"),
        ("c", False, "bytes"),
    ]
    assert end == 14


def test_extensions_have_their_code_and_size() -> None:
    blob, end = _walked(b"\xc7\x03\x05abc")
    assert isinstance(blob, Blob)
    assert (blob.code, blob.size, blob.kind, end) == (5, 3, "extension", 6)


@pytest.mark.parametrize("data", [b"\x92\x01", b"\xa5abc", b"\xc1", b"\xcb\x00", b"\x81\xa1a"])
def test_what_is_cut_off_or_impossible_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        _walked(data)


@pytest.mark.parametrize(
    "data", [b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\x91" * 999]
)
def test_what_claims_more_than_there_can_be_is_a_bomb(data: bytes) -> None:
    with pytest.raises(Bomb):
        _walked(data)

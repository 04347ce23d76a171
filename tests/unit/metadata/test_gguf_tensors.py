"""The tensors that a GGUF header names."""

import struct

import pytest

from entrepot.domain.errors import Invalid, TooLarge
from entrepot.metadata.gguf import GgufTensor, NeedMore, read_header, read_tensors


def _text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def _file(*tensors: GgufTensor) -> bytes:
    data = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), 1) + _text("general.architecture")
    data += struct.pack("<I", 8) + _text("llama")
    for one in tensors:
        data += _text(one.name) + struct.pack("<I", len(one.shape))
        data += b"".join(struct.pack("<Q", number) for number in one.shape) + struct.pack("<IQ", one.kind, 0)
    return data


TENSORS = (GgufTensor("blk.0.attn", 2, (64, 32)), GgufTensor("output", 0, (8,)), GgufTensor("scalar", 30, ()))


def test_names_kinds_and_shapes_come_in_the_order_of_the_file() -> None:
    data = _file(*TENSORS)
    assert read_tensors(data, len(data)) == TENSORS
    assert [one.elements for one in TENSORS] == [2048, 8, 1]


def test_they_add_up_to_what_the_header_says() -> None:
    data = _file(*TENSORS)
    header = read_header(data, len(data))
    assert not isinstance(header, NeedMore) and header.total == 2057


def test_a_prefix_asks_for_more_and_a_file_that_ends_is_refused() -> None:
    data = _file(*TENSORS)
    assert read_tensors(data[:60], 1 << 30) == NeedMore(1 << 20)
    with pytest.raises(Invalid, match="ends within"):
        read_tensors(data[:-4], len(data) - 4)
    with pytest.raises(TooLarge):
        read_tensors(b"GGUF" + struct.pack("<IQQ", 3, 1 << 40, 1), 1 << 50)

"""The headers of safetensors files."""

import json

import pytest

from entrepot.domain.errors import Invalid, TooLarge
from entrepot.metadata.prefix import NeedMore
from entrepot.metadata.safetensors import (
    MAX_HEADER,
    MAX_READ,
    SafetensorsHeader,
    check_index,
    read_header,
    read_index,
    shown_parameters,
)


def tensor(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


GOOD: dict[str, object] = {
    "__metadata__": {"format": "pt"},
    "b": tensor("F32", [3], 12, 24),
    "a": tensor("BF16", [2, 3], 0, 12),
    "empty": tensor("I64", [0, 5], 12, 12),
    "scalar": tensor("F32", [], 24, 28),
}


def build(fields: object, padding: str = "") -> bytes:
    text = (fields if isinstance(fields, str) else json.dumps(fields)) + padding
    return len(text.encode()).to_bytes(8, "little") + text.encode()


def read(fields: object, data: int = 28) -> SafetensorsHeader:
    prefix = build(fields)
    header = read_header(prefix, len(prefix) + data)
    assert isinstance(header, SafetensorsHeader)
    return header


def test_a_header_gives_types_and_totals() -> None:
    header = read(GOOD)
    assert header.parameters == {"BF16": 6, "I64": 0, "F32": 4}
    assert header.total == 10
    assert header.metadata == {"format": "pt"}
    assert [one.name for one in header.tensors] == ["a", "empty", "b", "scalar"]
    assert header.size == len(build(GOOD))


def test_padding_with_spaces_is_part_of_the_header() -> None:
    prefix = build({"a": tensor("U8", [1], 0, 1)}, "     ")
    assert isinstance(read_header(prefix + b"x", len(prefix) + 1), SafetensorsHeader)


def test_a_file_without_tensors_is_one() -> None:
    assert read({}, 0).total == 0


def test_half_a_byte_per_number_is_counted() -> None:
    assert read({"a": tensor("F4", [4], 0, 2), "b": tensor("F6_E2M3", [4], 2, 5)}, 5).total == 8


def test_too_few_bytes_name_how_many_it_takes() -> None:
    whole = build(GOOD)
    size = len(whole) + 28
    assert read_header(b"", size) == NeedMore(8)
    assert read_header(whole[:9], size) == NeedMore(len(whole))
    assert isinstance(read_header(whole, size), SafetensorsHeader)


BROKEN: list[tuple[object, int, str]] = [
    ({"a": tensor("U8", [2], 0, 2), "b": tensor("U8", [2], 1, 3)}, 3, "overlaps"),
    ({"a": tensor("U8", [2], 0, 2), "b": tensor("U8", [2], 3, 5)}, 5, "hole"),
    ({"a": tensor("U8", [2], 1, 3)}, 3, "hole"),
    ({"a": tensor("U8", [2], 0, 2)}, 3, "take 2 bytes and the file has 3"),
    ({"a": tensor("U8", [2], 0, 2)}, 1, "take 2 bytes"),
    ({"a": tensor("U8", [3], 0, 2)}, 2, "another size"),
    ({"a": tensor("U8", [2], 2, 0)}, 0, "another size"),
    ({"a": tensor("F4", [1], 0, 1)}, 1, "another size"),
    ({"a": tensor("U8", [1 << 62, 1 << 62], 0, 2)}, 2, "another size"),
    ({"a": tensor("U8", [1 << 63, 0], 0, 0)}, 0, "malformed"),
    ({"a": tensor("U8", [-1], 0, 2)}, 2, "malformed"),
    ({"a": tensor("U8", [1] * 65, 0, 1)}, 1, "malformed"),
    ({"a": {"dtype": "U8", "shape": [True], "data_offsets": [0, 1]}}, 1, "malformed"),
    ({"a": {"dtype": "U8", "shape": [1.0], "data_offsets": [0, 1]}}, 1, "malformed"),
    ({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0]}}, 1, "malformed"),
    ({"a": {"dtype": "U8", "shape": [1]}}, 1, "not described"),
    ({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1], "more": 1}}, 1, "not described"),
    ({"a": {"dtype": ["U8"], "shape": [1], "data_offsets": [0, 1]}}, 1, "unknown type"),
    ({"a": tensor("Q4", [1], 0, 1)}, 1, "unknown type"),
    ({"a": 5}, 1, "not described"),
    ({"__metadata__": {"a": 5}}, 0, "no texts"),
    ({"__metadata__": []}, 0, "not an object"),
    ('{"a": 1, "a": 2}', 0, "twice"),
    ("[]", 0, "brace"),
    (" {}", 0, "brace"),
    ("{" * 10, 0, "not valid JSON"),
    ('{"a":' * 100_000, 0, "not valid JSON"),
    ('{"a": NaN}', 0, "not valid JSON"),
    ("", 0, "brace"),
]


@pytest.mark.parametrize(("fields", "data", "message"), BROKEN)
def test_a_header_that_does_not_fit_its_file_is_refused(fields: object, data: int, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        read(fields, data)


def test_a_length_that_cannot_be_is_refused_before_anything_is_asked_for() -> None:
    with pytest.raises(Invalid, match="shorter"):
        read_header(b"", 7)
    with pytest.raises(Invalid, match="would be"):
        read_header((93).to_bytes(8, "little"), 100)
    with pytest.raises(Invalid, match="would be"):
        read_header((MAX_HEADER + 1).to_bytes(8, "little"), 1 << 40)
    with pytest.raises(TooLarge):
        read_header((MAX_READ + 1).to_bytes(8, "little"), 1 << 40)


def test_several_files_are_summed_and_held_against_their_index() -> None:
    one, two = read({"a": tensor("U8", [2], 0, 2)}, 2), read({"b": tensor("F32", [1], 0, 4)}, 4)
    files = {"model-1.safetensors": one, "model-2.safetensors": two}
    index = read_index(json.dumps({"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}).encode())
    check_index(index, files)
    assert shown_parameters(files.values()) == {"parameters": {"U8": 2, "F32": 1}, "total": 3}
    with pytest.raises(Invalid, match="does not"):
        check_index({"b": "model-1.safetensors"}, files)


INDEXES: list[object] = [
    *({}, {"weight_map": {}}, {"weight_map": []}, {"weight_map": {"a": 5}}, {"weight_map": {"a": "x.bin"}}, []),
    *({"weight_map": {"a": f"{folder}x.safetensors"}} for folder in ("../", "/", "sub/", "..\\")),
]


@pytest.mark.parametrize("index", INDEXES)
def test_an_index_that_leads_elsewhere_is_refused(index: object) -> None:
    with pytest.raises(Invalid):
        read_index(json.dumps(index).encode())

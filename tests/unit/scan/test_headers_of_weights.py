"""Headers of safetensors, GGUF and NumPy: strict, and the only thing that is read of large files."""

import json
from pathlib import Path

import pytest

from entrepot.domain.report import Coverage, Verdict
from entrepot.scan import scan_bytes, scan_file
from entrepot.scan.dtypes import Unknown, item_size
from golden.golden_gguf import LLAMA, gguf, pair, string, tensor
from golden.golden_numpy import array

PAYLOAD = b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00echo\x85R."


def test_of_a_large_safetensors_file_only_the_header_is_read(tmp_path: Path) -> None:
    size, count = 10 << 30, 200
    each = size // count // 4 * 4
    header = {
        f"layer.{index}": {"dtype": "F32", "shape": [each // 4], "data_offsets": [index * each, (index + 1) * each]}
        for index in range(count)
    }
    text = json.dumps(header).encode()
    path = tmp_path / "model.safetensors"
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + count * each)
    report = scan_file(path)
    assert (report.verdict, report.coverage) == (Verdict.CLEAN, Coverage.FULL)
    assert report.bytes_read < len(text) * 2 + 400_000


def test_a_template_of_gguf_is_judged_as_a_template() -> None:
    attack = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
    for key in ("tokenizer.chat_template", "tokenizer.chat_template.tool_use"):
        report = scan_bytes(gguf([LLAMA, pair(key, 8, string(attack))], []), "m.gguf")
        assert report.verdict is Verdict.MALICIOUS


@pytest.mark.parametrize("order", ["<", ">"])
def test_gguf_is_read_in_both_byte_orders(order: str) -> None:
    data = gguf([pair("a", 8, string("b", order), order)], [tensor("w", (8,), 0, order=order)], bytes(32), order)
    report = scan_bytes(data, "m.gguf")
    assert (report.verdict, report.coverage) == (Verdict.CLEAN, Coverage.FULL)


def test_objects_among_numpy_values_are_unpickled_and_so_inspected() -> None:
    for descr in ("'|O'", "'O8'", "[('a', '<f4'), ('b', '|O')]", "[('a', [('b', 'O')], (2,))]"):
        for version in (1, 2, 3):
            assert scan_bytes(array(descr, "(1,)", PAYLOAD, version), "a.npy").verdict is Verdict.MALICIOUS


def test_a_type_that_is_not_known_is_inspected_as_what_it_holds() -> None:
    assert scan_bytes(array("'i4,O'", "(1,)", PAYLOAD), "a.npy").verdict is Verdict.MALICIOUS


def test_what_follows_an_array_is_inspected() -> None:
    assert scan_bytes(array("'<f4'", "(2,)", bytes(8)) + PAYLOAD, "a.npy").verdict is Verdict.MALICIOUS


def test_an_array_header_is_a_literal_and_nothing_else() -> None:
    data = array("__import__('os').system('echo')", "(1,)", bytes(8))
    assert scan_bytes(data, "a.npy").coverage is not Coverage.FULL


@pytest.mark.parametrize(
    ("descr", "expected"),
    [
        ("<f4", (4, False)),
        ("|b1", (1, False)),
        ("<U7", (28, False)),
        ("<M8[ns]", (8, False)),
        ("|V12", (12, False)),
        ("|O", (8, True)),
        ([("a", "<f4"), ("b", "<i8", (2, 3))], (52, False)),
        (("<f4", (3,)), (12, False)),
        ([(("title", "a"), "|O")], (8, True)),
    ],
)
def test_types_have_their_sizes(descr: object, expected: tuple[int, bool]) -> None:
    assert item_size(descr) == expected


@pytest.mark.parametrize("descr", ["f4,O", 4, [("a",)], ("<f4", "x"), "nonsense", None])
def test_other_types_are_not_known(descr: object) -> None:
    with pytest.raises(Unknown):
        item_size(descr)

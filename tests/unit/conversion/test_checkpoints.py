"""Weights are taken out of checkpoints without running what they hold, and nothing that is not there is made up."""

import struct
import tracemalloc
from pathlib import Path

import pytest

from checkpoint_making import Called, Numbers, floats, in_line, pickled, zipped
from entrepot.conversion import checkpoint, safetensors
from entrepot.domain.errors import Invalid, TooLarge
from entrepot.metadata.safetensors import SafetensorsHeader, read_header

SIX = floats(0, 1, 2, 3, 4, 5)
ROWS = Numbers("0", (2, 3), (3, 1), length=6)


def written(
    folder: Path, data: bytes, key: str = ""
) -> tuple[dict[str, tuple[str, tuple[int, ...], bytes]], list[str]]:
    """The tensors of what comes of a checkpoint, read by our own reader of headers, and what was left out."""
    source, target = folder / "checkpoint.bin", folder / "model.safetensors"
    source.write_bytes(data)
    with checkpoint.opened(source, key) as found:
        size = safetensors.write(found, target, len(data))
    made = target.read_bytes()
    assert len(made) == size
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
    header = read_header(made, len(made))
    assert isinstance(header, SafetensorsHeader) and header.metadata == {"format": "pt"}
    body = made[header.size :]
    return {one.name: (one.dtype, one.shape, body[one.begin : one.end]) for one in header.tensors}, list(found.left_out)


def refused(folder: Path, data: bytes, key: str = "") -> str:
    with pytest.raises(Invalid) as caught:
        written(folder, data, key)
    assert not (folder / "model.safetensors").exists()
    return caught.value.message


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        (ROWS, SIX),
        (Numbers("0", (3, 2), (1, 3), length=6), floats(0, 3, 1, 4, 2, 5)),
        (Numbers("0", (2,), (3,), offset=1, length=6), floats(1, 4)),
        (Numbers("0", (3,), (1,), offset=3, length=6), floats(3, 4, 5)),
        (Numbers("0", (2, 2), (0, 3), length=6), floats(0, 3, 0, 3)),
        (Numbers("0", (2, 2), (3, 0), length=6), floats(0, 0, 3, 3)),
        (Numbers("0", (), (), offset=5, length=6), floats(5)),
        (Numbers("0", (1, 6, 1), (77, 1, 99), length=6), SIX),
        (Numbers("0", (0, 3), (3, 1), length=6), b""),
    ],
)
def test_numbers_stand_in_rows_however_they_lay(tmp_path: Path, tensor: Numbers, expected: bytes) -> None:
    found, left_out = written(tmp_path, zipped(pickled({"w": tensor}), {"0": SIX}))
    assert found == {"w": ("F32", tensor.shape, expected)} and left_out == []


@pytest.mark.parametrize(
    ("kind", "dtype", "width"),
    [
        ("DoubleStorage", "F64", 8),
        ("BFloat16Storage", "BF16", 2),
        ("BoolStorage", "BOOL", 1),
        ("LongStorage", "I64", 8),
    ],
)
def test_types_are_kept_and_transposed_by_their_width(tmp_path: Path, kind: str, dtype: str, width: int) -> None:
    numbers = [bytes([at]) * width for at in range(6)]
    turned = Numbers("0", (3, 2), (1, 3), kind=kind, length=6)
    found, _ = written(tmp_path, zipped(pickled({"w": turned}), {"0": b"".join(numbers)}))
    assert found["w"] == (dtype, (3, 2), b"".join(numbers[at] for at in (0, 3, 1, 4, 2, 5)))


def test_what_is_not_weights_stays_behind_and_is_named(tmp_path: Path) -> None:
    said = {
        "state_dict": {"w": ROWS, "steps": 3},
        "optimizer": {"lr": 0.1},
        "hook": Called("os", "system", ("echo hi",)),
    }
    found, left_out = written(tmp_path, zipped(pickled(said), {"0": SIX}))
    assert list(found) == ["w"]
    assert left_out == ["steps (int)", "optimizer (dict)", "hook (os.system)"]


def test_a_checkpoint_from_before_the_zip(tmp_path: Path) -> None:
    said = {"model": {"w": ROWS}, "optimizer": {"m": Numbers("1", (2,), (1,), length=2)}}
    found, _ = written(tmp_path, in_line(said, {"0": (6, SIX), "1": (2, floats(8, 9))}))
    assert found == {"w": ("F32", (2, 3), SIX)}


def test_names_that_share_their_numbers_get_a_copy_each(tmp_path: Path) -> None:
    found, _ = written(tmp_path, zipped(pickled({"a": ROWS, "b": ROWS}), {"0": SIX}))
    assert found["a"] == found["b"] == ("F32", (2, 3), SIX)


def test_of_several_dictionaries_the_one_that_is_named(tmp_path: Path) -> None:
    said = {"state_dict": {"w": ROWS}, "ema": {"e": ROWS}}
    data = zipped(pickled(said), {"0": SIX})
    assert list(written(tmp_path, data, "ema")[0]) == ["e"]
    (tmp_path / "model.safetensors").unlink()
    assert "there are: ema, state_dict" in refused(tmp_path, data, "other")


LARGE = Numbers("0", (7,), (1,), length=7)
REFUSED = {
    "numbers that are not there": (zipped(pickled({"w": LARGE}), {"0": SIX}), "does not hold all the numbers"),
    "a storage that is not there": (zipped(pickled({"w": ROWS}), {}), "does not hold all the numbers"),
    "more numbers than stored": (
        zipped(pickled({"w": Numbers("0", (1 << 40,), (0,), length=6)}), {"0": SIX}),
        "larger than what is stored",
    ),
    "an offset below zero": (
        zipped(pickled({"w": Numbers("0", (2,), (1,), offset=-1, length=6)}), {"0": SIX}),
        "malformed place",
    ),
    "a stride below zero": (zipped(pickled({"w": Numbers("0", (2,), (-1,), length=6)}), {"0": SIX}), "malformed place"),
    "another order of bytes": (zipped(pickled({"w": ROWS}), {"0": SIX}, byteorder=b"big"), "the other order"),
    "a program": (zipped(pickled({"w": ROWS}), {"0": SIX}, **{"constants.pkl": b"."}), "TorchScript"),
    "no tensors": (zipped(pickled({"a": 1}), {}), "no dictionary of names and tensors"),
    "no dictionary": (zipped(pickled([1]), {}), "no dictionary of tensors"),
    "a name for the header": (zipped(pickled({"__metadata__": ROWS}), {"0": SIX}), "no dictionary of names"),
    "a name that is no text": (zipped(pickled({"a\udc80": ROWS}), {"0": SIX}), "no text"),
    "a zip of something else": (zipped(b"", {})[:-30], "can't be read"),
    "a name of other letters": (
        zipped(pickled({"w": ROWS}), {"0": SIX}, **{"\xe4.txt": b""}).replace(b"\xc3\xa4", b"\xc3\xc3"),
        "can't be read",
    ),
    "an escape that nobody knows": (zipped(b"S'\\q'\n.", {}), "no dictionary of tensors"),
    "no pickle": (b"GGUF" + bytes(100), "does not hold together"),
    "another pickle": (pickled({"w": 1}), "no checkpoint of PyTorch"),
    "nothing": (b"", "does not hold together"),
    "a stack that is empty": (zipped(b"\x80\x02R.", {}), "does not hold together"),
    "a number of too many digits": (zipped(b"I" + b"9" * 9000 + b"\n.", {}), "does not hold together"),
    "no end": (in_line({"w": ROWS}, {"0": (6, SIX)})[:-1], "ends before"),
    "a storage that nobody names": (
        in_line({"w": ROWS}, {"0": (6, SIX), "x": (1, floats(1))}),
        "no tensor of it names",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_hold_together_is_refused_with_the_reason(tmp_path: Path, what: str) -> None:
    data, reason = REFUSED[what]
    assert reason in refused(tmp_path, data)


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped(pickled({"w": ROWS}), {"0": SIX}, **{"data/0": SIX})
    assert "two entries" in refused(tmp_path, data)


def test_a_few_numbers_under_many_names_do_not_fill_the_disk(tmp_path: Path) -> None:
    wide = Numbers("0", (1 << 20,), (1,), kind="ByteStorage", length=1 << 20)
    data = zipped(pickled({f"w{number}": wide for number in range(40)}), {"0": bytes(1 << 20)})
    with pytest.raises(TooLarge, match="share their numbers"):
        written(tmp_path, data)


def test_a_full_disk_is_no_fault_of_the_checkpoint(tmp_path: Path) -> None:
    source = tmp_path / "checkpoint.bin"
    source.write_bytes(zipped(pickled({"w": ROWS}), {"0": SIX}))
    with pytest.raises(OSError, match="no room"), checkpoint.opened(source):
        raise OSError("no room")


def test_numbers_that_were_changed_on_the_way_are_noticed(tmp_path: Path) -> None:
    data = bytearray(zipped(pickled({"w": ROWS}), {"0": SIX}))
    at = data.index(SIX)
    data[at : at + 4] = struct.pack("<f", 9)
    assert "can't be read" in refused(tmp_path, bytes(data))


def test_a_length_that_somebody_made_up_takes_no_memory(tmp_path: Path) -> None:
    endless = in_line({"w": ROWS}, {})[:-1] + b"\x8e" + struct.pack("<Q", 1 << 42)
    tracemalloc.start()
    try:
        assert "4,398,046,511,104 bytes" in refused(tmp_path, b"\x80\x02\x8e" + struct.pack("<Q", 1 << 42))
        refused(tmp_path, endless)
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()

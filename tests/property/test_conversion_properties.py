"""Whatever a checkpoint says: its weights come out, or `Invalid` does; nothing else, and nothing runs."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as some

from checkpoint_making import Called, Numbers, floats, in_line, pickled, zipped
from entrepot.conversion import checkpoint, safetensors
from entrepot.domain.errors import Invalid

STATE = {"w": Numbers("0", (2, 3), (1, 2), length=6), "x": Called("os", "system", ("echo hi",)), "n": 1}
SIX = floats(0, 1, 2, 3, 4, 5)
PICKLE = pickled({"state_dict": STATE, "epoch": 3})
OLD = in_line({"state_dict": STATE}, {"0": (6, SIX)})


def convert(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "checkpoint.pt"
        source.write_bytes(data)
        try:
            with checkpoint.opened(source) as found:
                safetensors.write(found, Path(folder) / "made.safetensors", len(data))
        except Invalid:
            assert [path.name for path in Path(folder).iterdir()] == ["checkpoint.pt"]


def changed(data: bytes) -> some.SearchStrategy[bytes]:
    """The data with some bytes changed, or cut off."""
    edits = some.lists(some.tuples(some.integers(0, len(data) - 1), some.integers(0, 255)), min_size=1, max_size=6)

    def apply(edits: list[tuple[int, int]], end: int) -> bytes:
        made = bytearray(data)
        for at, value in edits:
            made[at] = value
        return bytes(made[:end])

    return some.builds(apply, edits, some.one_of(some.just(len(data)), some.integers(0, len(data))))


@given(changed(PICKLE))
def test_a_changed_pickle(data: bytes) -> None:
    convert(zipped(data, {"0": SIX}))


@given(changed(zipped(PICKLE, {"0": SIX})))
def test_a_changed_zip(data: bytes) -> None:
    convert(data)


@given(changed(OLD))
def test_a_changed_checkpoint_from_before_the_zip(data: bytes) -> None:
    convert(data)


@given(some.binary(max_size=200))
def test_any_opcodes(data: bytes) -> None:
    convert(zipped(data, {"0": SIX}))

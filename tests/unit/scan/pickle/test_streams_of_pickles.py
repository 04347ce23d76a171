"""Several pickles in one file, and the loaders that read on by themselves."""

import pickle
import struct
from collections.abc import Callable

import pytest

from entrepot.scan import Coverage, Report, Verdict, scan_bytes
from entrepot.scan.pickle.recognition import is_pickle
from entrepot.scan.source import BytesSource
from golden.golden_pickle import FORMATS_SEEN, LOADED, call, data, instance, name

JOBLIB: Callable[[], bytes] = FORMATS_SEEN["arrays.joblib"]
LEGACY: Callable[[], bytes] = FORMATS_SEEN["legacy.pt"]


def rules(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings}


def test_values_that_joblib_writes_into_the_stream_are_passed() -> None:
    report = scan_bytes(JOBLIB(), "model.joblib")
    assert (report.verdict, report.coverage) == (Verdict.CLEAN, Coverage.FULL)


def test_what_follows_joblibs_values_is_followed() -> None:
    hidden = JOBLIB()[:-1] + call("os", "system", "echo hello") + b"."
    assert "pickle.call.process" in rules(scan_bytes(hidden, "model.joblib"))


def test_values_of_joblibs_that_are_opcodes_to_others_are_found() -> None:
    payload = call("os", "system", "echo hello") + b"0" * 20
    payload += b"N" * (-len(payload) % 8)
    wrapper = instance("joblib.numpy_pickle", "NumpyArrayWrapper")
    kind = call("numpy", "dtype", "f8", False, True)
    state = b"}(" + data("subclass") + name("numpy", "ndarray") + data("shape") + data((len(payload) // 8,))
    state += data("order") + data("C") + data("dtype") + kind + data("allow_mmap") + b"\x88u"
    report = scan_bytes(b"\x80\x03]" + wrapper + state + b"b" + payload + b"a.", "model.pkl")
    assert "pickle.call.process" in rules(report)


def test_an_array_of_objects_is_a_pickle_of_its_own() -> None:
    wrapper = instance("joblib.numpy_pickle", "NumpyArrayWrapper")
    kind = call("numpy", "dtype", "O8", False, True)
    state = b"}(" + data("shape") + data((1,)) + data("dtype") + kind + b"u"
    inner = call("os", "system", "echo hello") + b"."
    report = scan_bytes(b"\x80\x03]" + wrapper + state + b"b" + inner + b"a.", "model.joblib")
    assert "pickle.call.process" in rules(report)
    assert report.coverage is Coverage.FULL


def test_storages_of_old_pytorch_are_no_trailing_data() -> None:
    report = scan_bytes(LEGACY(), "model.pt")
    assert (report.verdict, report.coverage, rules(report)) == (Verdict.CLEAN, Coverage.FULL, set())


@pytest.mark.parametrize("place", range(5))
def test_any_of_old_pytorchs_five_pickles_may_do_harm(place: int) -> None:
    pickles = [pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {}, {}, [])]
    pickles[place] = b"\x80\x02" + call("os", "system", "echo hello") + b"."
    assert "pickle.call.process" in rules(scan_bytes(b"".join(pickles), "model.pt"))


def test_what_stands_behind_the_storages_is_looked_at() -> None:
    assert "pickle.call.process" in rules(scan_bytes(LEGACY() + LOADED, "model.pt"))


def test_a_cut_pickle_is_neither_clean_nor_malicious() -> None:
    report = scan_bytes(pickle.dumps([1, 2.5] * 99)[:-40], "model.pkl")
    assert (report.verdict, report.coverage) == (Verdict.UNKNOWN, Coverage.PARTIAL)


@pytest.mark.parametrize(
    "text",
    [
        b"Git v2.31.7 Release Notes\n=========================\n",
        b"I am a text.\n",
        b"Version: 1.0\nName: x\n",
        b"class Net:\n    pass\n",
        b"import os\nprint(1)\n",
        b"certifi\nnumpy\n",
        b"(see below)\n",
        b"]}\n",
        b"II*\x00\x08\x00\x00\x00\x01\x00.",
        b"PK\x03\x04",
        b"BM6\x00\x0c\x00\x00\x00",
        b"\x80",
        b"\x80\x04",
        b"\x80\x04\xff",
        b"",
        b".",
        b"K\x05. and so on",
    ],
)
def test_what_only_begins_like_a_pickle_is_none(text: bytes) -> None:
    assert not is_pickle(BytesSource(text), text)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("value", [None, 5, "text", [1, 2], {"a": [1.5] * 500}, (1,), list(range(2000))], ids=str)
def test_pickles_are_recognized_in_every_protocol(value: object, protocol: int) -> None:
    written = pickle.dumps(value, protocol)
    assert is_pickle(BytesSource(written), written[:4096])


def test_values_of_tensors_are_pickles_only_where_that_is_no_chance() -> None:
    written = pickle.dumps({"a": 1}, 4)
    assert is_pickle(BytesSource(written), written, opaque=True)
    chance = b"\x80\x04N" + bytes(500)
    assert not is_pickle(BytesSource(chance), chance, opaque=True)


def test_lengths_of_storages_are_counted_with_their_numbers() -> None:
    assert LEGACY()[-16:] == struct.pack("<q2f", 2, 1.0, 2.0)

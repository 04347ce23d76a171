"""What the machine tells of single opcodes, and where it ends."""

import pickle
import struct

import pytest

from entrepot.scan.budget import Budget
from entrepot.scan.pickle import machine
from entrepot.scan.pickle.judging import Judge
from entrepot.scan.pickle.machine import Ending, follow
from entrepot.scan.pickle.opcodes import arguments, codes, names
from entrepot.scan.pickle.reader import Reader
from entrepot.scan.pickle.showing import show
from entrepot.scan.pickle.symbols import Called, Global, Items, Long, Symbol
from entrepot.scan.source import BytesSource


@pytest.fixture(autouse=True)
def _nothing_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LUKEWARM", 1 << 60)


def followed(data: bytes) -> Ending:
    source = BytesSource(data)
    return follow(Reader(source), Judge(source, Budget()), Budget())


def value_of(data: bytes) -> Symbol:
    ending = followed(data)
    assert not ending.broken
    return ending.value


def test_every_opcode_is_known() -> None:
    import pickletools

    assert {opcode.name: ord(opcode.code) for opcode in pickletools.opcodes} == dict(codes())
    assert set(arguments()) == set(names())


@pytest.mark.parametrize(
    ("opcodes", "value"),
    [
        (b"I01\n", True),
        (b"I00\n", False),
        (b"I1\n", 1),
        (b"I010\n", 8),
        (b"L-12L\n", -12),
        (b"F1e3\n", 1000.0),
        (b"S'a\\n\\x41'\n", "a\nA"),
        (b"V\\u00e9\n", "é"),
        (b"\x8a\x02\x00\xff", -256),
        (b"\x8b\x01\x00\x00\x00\x7f", 127),
        (b"\x8c\x01a", "a"),
        (b"U\x01a", "a"),
        (b"C\x01a", b"a"),
        (b"(K\x01K\x02t", (1, 2)),
        (b"K\x01K\x02K\x03\x87", (1, 2, 3)),
        (b"K\x012\x86", (1, 1)),
        (b"(K\x010K\x02t", (2,)),
        (b"K\x01(0K\x020", 1),
        (b"N(K\x011", None),
        (b"K\x05q\x07K\x060h\x07", 5),
        (b"K\x05\x940K\x06\x940h\x01", 6),
        (b"K\x05r\x00\x01\x00\x000j\x00\x01\x00\x00", 5),
        (b"K\x05p9\n0g9\n", 5),
    ],
)
def test_values_are_those_that_python_makes(opcodes: bytes, value: Symbol) -> None:
    assert value_of(opcodes + b".") == value


def test_memoize_takes_the_number_of_entries_as_its_index() -> None:
    assert value_of(b"K\x05q\x09K\x06\x94000h\x01.".replace(b"000", b"00")) == 6


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"0.", "no mark"),
        (b"t.", "no mark"),
        (b"(K\x01.", ""),
        (b"K\x01(\x85.", "empty"),
        (b"h\x00.", "memo"),
        (b"\xff", "no opcode"),
        (b"X\x05\x00\x00\x00ab", "ends"),
        (b"I1", "line"),
        (b"p-1\n.", "index"),
        (b"\x80\x09.", "protocol"),
        (b"S'abc\n.", "quotes"),
        (b"\x8b\xff\xff\xff\xff.", "negative"),
    ],
)
def test_a_stream_breaks_where_unpicklers_give_up(data: bytes, why: str) -> None:
    assert why in followed(data).broken


def test_what_is_too_long_is_not_held() -> None:
    found = value_of(b"B" + struct.pack("<I", 5000) + bytes(5000) + b".")
    assert isinstance(found, Long)
    assert (found.kind, found.offset, found.size) == ("bytes", 5, 5000)


def test_of_many_plain_items_only_some_are_kept() -> None:
    found = value_of(pickle.dumps(list(range(5000))))
    assert isinstance(found, Items)
    assert (found.complete, found.plain, len(found.items)) == (False, True, 256)


def test_items_that_are_not_data_are_kept_all() -> None:
    data = b"](" + b"K\x01" * 1000 + b"cos\nsystem\ne."
    found = value_of(data)
    assert isinstance(found, Items)
    assert found.items[-1] == Global("os", "system")
    assert not found.plain


def test_names_of_python_2_are_mapped_and_kept() -> None:
    found = value_of(b"\x80\x02c__builtin__\nlist\n.")
    assert found == Global("builtins", "list")
    assert isinstance(found, Global)
    assert found.written == ("__builtin__", "list")


def test_calls_are_shown_as_python() -> None:
    call = value_of(b"\x80\x04csubprocess\nrun\n(](K\x01X\x02\x00\x00\x00ab" + b"et}\x8c\x01kNs\x92.")
    assert isinstance(call, Called)
    assert show(call) == "subprocess.run.__new__(subprocess.run, [1, 'ab'], **{'k': None})"


def test_long_texts_are_shown_from_where_they_stand() -> None:
    data = b"X" + struct.pack("<I", 5000) + b"import os\n" + b" " * 4990 + b"."
    assert show(value_of(data), BytesSource(data)).startswith("'import os\\n")


def test_a_reader_reads_beyond_its_window() -> None:
    data = bytes(range(256)) * 100
    reader = Reader(BytesSource(data), 10, window=64)
    assert reader.take(5) == data[10:15]
    reader.hop(1000)
    assert reader.take(200) == data[1015:1215]
    assert reader.offset == 1215
    reader.seek(20)
    assert reader.take(1) == data[20:21]
    assert b"\n" not in reader.line()

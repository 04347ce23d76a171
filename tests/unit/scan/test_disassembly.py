"""Pickles taken apart for people: the lines around a place, and the names they mention; nothing is loaded."""

import gzip
import io
import pickle
import zipfile
from collections import OrderedDict

import pytest

from entrepot.scan.budget import Budget, Limits
from entrepot.scan.disassembly import AROUND, MAX_IMPORTS, disassemble
from entrepot.scan.imports import Tier
from entrepot.scan.members import use_member
from entrepot.scan.sample import Sample
from entrepot.scan.source import BytesSource

HOSTILE = b"\x80\x02cos\nsystem\nX\x07\x00\x00\x00echo hi\x85R."


def _apart(data: bytes, *offsets: int):  # type: ignore[no-untyped-def]
    return disassemble(BytesSource(data), frozenset(offsets), Budget())


def test_the_line_in_question_is_marked_among_its_neighbors() -> None:
    lines = _apart(HOSTILE, 26).around[26]
    assert [line.opcode for line in lines] == ["PROTO", "GLOBAL", "BINUNICODE", "TUPLE1", "REDUCE", "STOP"]
    assert [line.offset for line in lines if line.is_marked] == [26]


def test_a_few_lines_are_shown_of_many() -> None:
    data = pickle.dumps(list(range(10_000)), 2)
    middle = len(data) // 2
    at = next(offset for offset in range(middle, middle + 9) if offset in _apart(data, offset).around)
    lines = _apart(data, at).around[at]
    assert len(lines) == 2 * AROUND + 1 and lines[AROUND].is_marked


def test_several_places_have_their_own_lines() -> None:
    found = _apart(HOSTILE + HOSTILE, 26, 26 + len(HOSTILE))
    assert {offset: [line.offset for line in lines if line.is_marked] for offset, lines in found.around.items()} == {
        26: [26],
        26 + len(HOSTILE): [26 + len(HOSTILE)],
    }


@pytest.mark.parametrize("protocol", range(6))
def test_names_are_told_by_safety_the_worst_first(protocol: int) -> None:
    data = pickle.dumps(OrderedDict(a=1), protocol) + HOSTILE
    found = _apart(data)
    assert [(one.name, one.tier) for one in found.mentions if one.tier is Tier.DANGEROUS] == [
        ("os.system", Tier.DANGEROUS)
    ]
    assert "collections.OrderedDict" in [one.name for one in found.mentions]
    assert found.mentions[0].tier is Tier.DANGEROUS


def test_names_that_come_from_the_memo_are_followed_and_others_counted() -> None:
    remembered = b"\x80\x04\x8c\x02os\x94\x8c\x06system\x9400h\x00h\x01\x93."
    assert [one.name for one in _apart(remembered).mentions] == ["os.system"]
    assert _apart(b"\x80\x04]\x8c\x06system\x93.").unresolved == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x80",
        HOSTILE[:-3],
        b"\x8e" + b"\xff" * 8,
        b"I" + b"9" * 5000 + b"\n.",
        b"L" + b"9" * 5000 + b"L\n.",
    ],
)
def test_what_is_broken_ends_the_disassembly_with_a_reason(data: bytes) -> None:
    found = _apart(data)
    assert not data or found.ends


def test_long_arguments_and_many_names_are_cut() -> None:
    many = b"".join(b"cmodule%d\nname\n0" % number for number in range(MAX_IMPORTS + 50)) + b"N."
    assert len(_apart(many).mentions) == MAX_IMPORTS
    line = _apart(pickle.dumps("x" * 100_000, 4)).around
    assert line == {}
    shown = _apart(pickle.dumps(["x" * 100_000], 2), 0).around[0]
    assert all(len(one.argument) < 300 for one in shown)


def _read(name: str, data: bytes, path: str, budget: Budget | None = None) -> bytes | None:
    budget = budget or Budget()
    return use_member(Sample(name, BytesSource(data), budget), path, budget, lambda found: found.read(0, 1000))


def _zip(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def test_a_member_is_found_by_the_name_that_reports_give_it() -> None:
    outer = _zip("inner.zip", _zip("archive/data.pkl", HOSTILE))
    for name, data, path in (
        ("a.pkl", HOSTILE, ""),
        ("a.pt", _zip("archive/data.pkl", HOSTILE), "archive/data.pkl"),
        ("a.zip", outer, "inner.zip!archive/data.pkl"),
    ):
        assert _read(name, data, path) == HOSTILE


def test_what_is_not_there_or_costs_too_much_is_not_found() -> None:
    data = _zip("a.pkl", HOSTILE)
    assert _read("a.zip", data, "b.pkl") is None
    assert _read("a.bin", b"nothing", "a!b!c") is None
    assert _read("a.gz", gzip.compress(b"x"), "y") is None
    assert _read("a.zip", data, "a.pkl", Budget(Limits(members=0, values=0))) is None

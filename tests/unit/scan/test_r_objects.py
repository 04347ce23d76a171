"""R's objects: what is told of them, and that depth is only memory."""

import pytest

from entrepot.domain.report import Finding
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.r.encodings import encoding
from entrepot.scan.r.judging import Judge
from entrepot.scan.r.reading import Reader, Thing
from entrepot.scan.source import BytesSource
from r_making import NULL, call, closure, environment, number, pairs, promise, rds, reals, symbol, texts, vector


def _read(item: bytes) -> tuple[Thing, set[str], int]:
    data = rds(item)
    judge = Judge()
    stream = encoding(BytesSource(data), Budget(), 0)
    thing = Reader(stream, Budget(), judge).read()
    rules = {one.rule for one in judge.take() if isinstance(one, Finding)}
    return thing, rules, len(data) - stream.at


def test_a_call_is_shown_as_r_would_write_it() -> None:
    thing, _, left = _read(call("lm", call("~", symbol("y"), symbol("x")), tags=("formula",)))
    assert thing.shown == "lm(formula = ~(y, x))"
    assert left == 0


@pytest.mark.parametrize(
    "item",
    [
        reals(1.0, 2.0),
        vector(texts("system"), reals(1.0), names=("a", "b")),
        environment(pairs(promise(call("f", symbol("x"))), tags=("lazy",))),
        closure(call("{", call("library", symbol("stats")), call("unlink", texts("x")))),
        vector(call("lm", symbol("y")), number(255 | 1 << 8)),
        NULL,
    ],
)
def test_what_honest_objects_hold_is_read_to_its_end_without_a_word(item: bytes) -> None:
    _, rules, left = _read(item)
    assert (rules, left) == (set(), 0)


def test_calls_in_calls_are_read_however_deep() -> None:
    item = symbol("x")
    for _ in range(3_000):
        item = call("+", item, symbol("y"))
    _, rules, left = _read(vector(item, call("system", texts("echo"))))
    assert (rules, left) == ({"r.call"}, 0)


def test_a_list_may_end_with_a_promise() -> None:
    _, rules, _ = _read(number(2) + reals(1.0) + promise(call("f", symbol("x"))))
    assert rules == {"r.promise"}


@pytest.mark.parametrize("item", [number(99), number(255 | 7 << 8), number(14) + number(-5), number(16) + number(9)])
def test_what_r_would_refuse_is_unreadable(item: bytes) -> None:
    with pytest.raises(Unreadable):
        _read(item)

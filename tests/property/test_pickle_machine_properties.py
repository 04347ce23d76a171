"""The machine against CPython's unpicklers, and its fast way against its slow one."""

import collections
import datetime
import io
import pickle
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.domain.report import Capability
from entrepot.scan.budget import Budget
from entrepot.scan.pickle import machine, runs
from entrepot.scan.pickle.judging import Judge
from entrepot.scan.pickle.machine import Ending, follow
from entrepot.scan.pickle.names import import_of
from entrepot.scan.pickle.reader import Reader
from entrepot.scan.pickle.recognition import Witness
from entrepot.scan.pickle.state import Place
from entrepot.scan.pickle.symbols import Called, Global, Persistent, Symbol
from entrepot.scan.source import BytesSource

Event = tuple[str, str]


class Recorder(Witness):
    """What the machine tells, in short."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []

    def imported(self, symbol: Global, at: Place) -> None:
        self.events.append(("import", str(import_of(symbol.module, symbol.name, 0))))

    def called(self, call: Called, at: Place) -> Symbol:
        if isinstance(call.callable, Global):
            self.events.append(("call", call.callable.name))
        elif isinstance(call.callable, Called | Persistent):
            self.events.append(("call", "a result"))
        return call

    def built(self, target: Symbol, state: Symbol, at: Place) -> None:
        if isinstance(target, Called | Persistent):
            self.events.append(("build", "a result"))

    def persistent(self, pid: Symbol, at: Place) -> None:
        self.events.append(("persistent", ""))


def follow_with_the_machine(data: bytes) -> tuple[list[Event], Ending]:
    recorder = Recorder()
    machine._FOLLOWED.opcodes = (
        0  # skipping begins earlier where much was followed before, and what is followed again is told again
    )
    ending = follow(Reader(BytesSource(data)), recorder, Budget())
    return recorder.events, ending


def unpickle_harmlessly(unpickler: type, data: bytes) -> tuple[list[Event], int | None]:
    """What CPython's unpickler does, where every import gives a class that does nothing but remember."""
    events: list[Event] = []

    class Result:
        def __new__(cls, *arguments: object, **keywords: object) -> "Result":
            if not isinstance(cls, type):
                raise TypeError
            events.append(("call", cls.__name__))
            return object.__new__(cls)

        def __init__(self, *arguments: object, **keywords: object) -> None:
            pass

        def __call__(self, *arguments: object, **keywords: object) -> "Result":
            events.append(("call", "a result"))
            return object.__new__(Result)

        def __setstate__(self, state: object) -> None:
            events.append(("build", "a result"))

        def __setitem__(self, key: object, value: object) -> None:
            pass

        def append(self, value: object) -> None:
            pass

        def extend(self, values: object) -> None:
            pass

    class Harmless(unpickler):  # type: ignore[misc,valid-type]
        def find_class(self, module: str, name: str) -> type:
            events.append(("import", str(import_of(module, name, 0))))
            return type(name, (Result,), {})

        def persistent_load(self, pid: object) -> object:
            events.append(("persistent", ""))
            return object.__new__(Result)

    stream = io.BytesIO(data)
    try:
        Harmless(stream).load()
    except Exception:  # noqa: BLE001 - whatever the stream makes it raise
        return events, None
    return events, stream.tell()


def text(value: str) -> bytes:
    return b"\x8c" + bytes([len(value)]) + value.encode()


PIECES = [
    b"N", b"K\x05", b"M\x05\x01", b"J\x05\x00\x00\xff", b"G?\xf0\x00\x00\x00\x00\x00\x00", b"I7\n", b"I01\n", b"L12L\n",
    b"F1.5\n", b"S'abc'\n", b"Vabc\n", b"U\x01a", b"X\x01\x00\x00\x00a", b"C\x02ab", b"\x8a\x01\x05", b"\x88", b"\x89",
    text("os"), text("system"), text("a"), b"]", b"}", b")", b"\x8f", b"(", b"(", b"(", b"t", b"l", b"d", b"\x91", b"a",
    b"e", b"s", b"u", b"\x90", b"\x85", b"\x86", b"\x87", b"0", b"1", b"2", b"\x94", b"\x94", b"h\x00", b"h\x01",
    b"h\x02", b"q\x00", b"q\x05", b"h\x05", b"j\x01\x00\x00\x00", b"r\x01\x00\x00\x00", b"g1\n", b"p1\n",
    b"cos\nsystem\n",
    b"cmod\nThing\n", b"\x93", b"R", b"R", b"\x81", b"\x92", b"o", b"iMod\nThing\n", b"b", b"Pid\n", b"Q",
    b"\x80\x04", b"\x80\x02", text("os") + text("system") + b"\x93", b"(K\x01t", b")R", b")\x81", b"}b", b"\x8a\x00",
    b"\x8b\x01\x00\x00\x00\x07", b"B\x01\x00\x00\x00a", b"\x96\x01\x00\x00\x00\x00\x00\x00\x00a",
]  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_the_machine_does_what_pythons_unpickler_does(pieces: list[bytes]) -> None:
    data = b"".join(pieces) + b"."
    events, ending = follow_with_the_machine(data)
    for unpickler in (pickle._Unpickler, pickle.Unpickler):  # type: ignore[attr-defined]
        done, end = unpickle_harmlessly(unpickler, data)
        assert events[: len(done)] == done
        if end is not None:
            assert len(events) == len(done)
            assert (ending.offset, ending.broken) == (end, "")


class Thing:
    """Something of a project's own."""


class Other(Thing):
    """And something else."""


def _made(described: tuple[type, dict[str, object]]) -> object:
    kind, attributes = described
    made = kind()
    made.__dict__.update(attributes)
    return made


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=300),
    st.binary(max_size=300),
    st.sampled_from([Thing, Other, datetime.date(2024, 1, 2), collections.Counter("abc"), 1 << 900]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=12),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(max_size=9), inner, max_size=9),
        st.dictionaries(st.text(max_size=9), inner, max_size=9).map(collections.OrderedDict),
        st.tuples(st.sampled_from([Thing, Other]), st.dictionaries(st.text(max_size=5), inner, max_size=5)).map(_made),
    ),
    max_leaves=60,
)


@settings(max_examples=150, deadline=None)
@given(VALUES, st.integers(0, 5))
def test_what_is_pickled_is_followed_to_its_end(value: object, protocol: int) -> None:
    data = pickle.dumps(value, protocol)
    events, ending = follow_with_the_machine(data)
    done, end = unpickle_harmlessly(pickle._Unpickler, data)  # type: ignore[attr-defined]
    assert (ending.offset, ending.broken) == (end, "")
    assert events == done


@contextmanager
def skipping(monkeypatch: pytest.MonkeyPatch, warm: int) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(machine, "WARM", warm)
        patched.setattr(machine, "LUKEWARM", warm)
        patched.setattr(runs, "WORTH", 4)
        patched.setattr(runs, "MAKING", 2_000)
        yield


def said_of(data: bytes) -> tuple[set[object], Capability, int, bool]:
    source = BytesSource(data)
    judge = Judge(source, Budget())
    ending = follow(Reader(source), judge, Budget())
    judge.finish(ending.value)
    found = {getattr(item, "rule", "") + getattr(item, "message", "") for item in judge.take()}
    return {*found}, judge.capability, ending.offset, bool(ending.broken)


HEALTH = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=40, deadline=None, suppress_health_check=HEALTH)
@given(st.lists(VALUES, min_size=3, max_size=30), st.integers(0, 5), st.booleans())
def test_skipping_changes_nothing_of_what_is_found(
    monkeypatch: pytest.MonkeyPatch, values: list[object], protocol: int, calls: bool
) -> None:
    data = pickle.dumps([values, values, Call() if calls else None, values], protocol)
    with skipping(monkeypatch, 1 << 60):
        slow = said_of(data)
    with skipping(monkeypatch, 10):
        assert said_of(data) == slow


class Call:
    """Pickled as a call that is found."""

    def __reduce__(self) -> tuple[object, ...]:
        import os

        return os.system, ("echo hello",)


QUIET = [
    b"N", b"K\x05", text("name") + b"\x94", b"]\x94", b"}\x94", b"(", b"t\x94", b"]\x94(K\x01K\x02e",
    b"}\x94(K\x01K\x02u",
    b"h\x00", b"h\x03", b"h\x04", b"h\x05", b"\x85\x94", b"\x86", b"G?\xf0\x00\x00\x00\x00\x00\x00", b"0", b"a", b"e",
]  # fmt: skip
LOUD = [
    text("os") + b"\x94" + text("system") + b"\x94\x93\x94",
    text("project") + b"\x94" + text("Thing") + b"\x94\x93\x94",
    b"R", b"\x81", b")\x81", b"b", b"ub", b"\x93", b"2", b"cproject\nOther\n\x94", b"h\x02", b"h\x06", b"h\x10",
]  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=HEALTH)
@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from(QUIET), max_size=8), st.integers(1, 30), st.sampled_from(LOUD)), max_size=12
    )
)
def test_skipping_hides_nothing_that_is_done_between_runs(
    monkeypatch: pytest.MonkeyPatch, parts: list[tuple[list[bytes], int, bytes]]
) -> None:
    """What is found slowly before a break is found fast as well: skipping may overlook the break, never the harm."""
    data = b"\x80\x04" + b"".join(b"".join(quiet) * times + loud for quiet, times, loud in parts) + b"."
    with skipping(monkeypatch, 1 << 60):
        slow, _, _, broken = said_of(data)
    with skipping(monkeypatch, 2):
        fast, _, _, _ = said_of(data)
    assert slow <= fast if broken else slow == fast


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join))
def test_nothing_but_what_is_promised_is_raised(data: bytes) -> None:
    follow_with_the_machine(data)
    said_of(data)

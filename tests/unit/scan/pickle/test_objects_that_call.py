"""Classes that keep data and nothing else may be in a pickle; those that call what their state names may not."""

import configparser
import functools
import math
import operator
import pickle
import string
from email.message import EmailMessage, Message
from http.cookies import SimpleCookie

import pytest

from entrepot.scan import Verdict, scan_bytes

PLAIN = {
    "formatter": string.Formatter(),
    "item": operator.itemgetter(1, 2),
    "attribute": operator.attrgetter("shape", "dtype.name"),
    "method": operator.methodcaller("strip", "x"),
    "method with names": operator.methodcaller("split", sep=","),
    "base": functools.partial(int, base=2),
    "power": functools.partial(math.pow, 2),
    "order": functools.partial(sorted, key=operator.itemgetter(0)),
}


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("name", PLAIN)
def test_an_object_that_calls_nothing_while_it_is_loaded_is_clean(name: str, protocol: int) -> None:
    assert scan_bytes(pickle.dumps({"how": PLAIN[name]}, protocol), "m.pkl").verdict is Verdict.CLEAN


def _call(*parts: bytes) -> bytes:
    return b"\x80\x02" + b"".join(parts) + b"."


FORMATTER = b"cstring\nFormatter\n)\x81"


@pytest.mark.parametrize(
    "stream",
    [
        _call(b"cbuiltins\ngetattr\n", FORMATTER, b"X\6\0\0\0format\x86RX\3\0\0\0{0}\x85R"),
        _call(b"coperator\nmethodcaller\nX\6\0\0\0formatX\3\0\0\0{0}\x86R", FORMATTER, b"\x85R"),
        _call(b"coperator\nattrgetter\nX\6\0\0\0format\x85R", FORMATTER, b"\x85R"),
        _call(b"cstring\nFormatter.vformat\n", FORMATTER, b"X\3\0\0\0{0}))\x87R"),
        _call(b"coperator\nitemgetter\nX\1\0\0\0a\x85R}\x85R"),
        _call(b"cfunctools\npartial\ncoperator\nattrgetter\nX\1\0\0\0a\x86R)R"),
    ],
)
def test_what_is_taken_from_such_an_object_or_called_is_not(stream: bytes) -> None:
    assert scan_bytes(stream, "m.pkl").verdict is Verdict.MALICIOUS


def test_a_cookie_calls_what_its_state_names_for_each_item() -> None:
    cookie, calls = SimpleCookie(), list[str]()
    cookie.__dict__["value_encode"] = lambda value: calls.append(value) or (value, value)
    cookie["a"] = "from the pickle"
    assert calls == ["from the pickle"]


def test_a_message_calls_what_its_policy_names_for_each_item() -> None:
    class _Policy:
        pass

    message, policy, calls = Message(), _Policy(), list[str]()
    policy.__dict__["header_max_count"] = calls.append
    policy.__dict__["header_store_parse"] = lambda name, value: (name, value)
    message.__dict__["policy"] = policy
    message["from the pickle"] = "x"
    assert calls == ["from the pickle"]


def test_a_configuration_sets_attributes_of_what_its_state_names() -> None:
    class _Victim(dict[str, object]):
        _get_conv = staticmethod(len)

    victim = _Victim()
    converters = configparser.ConverterMapping.__new__(configparser.ConverterMapping)
    converters.__dict__.update(_data={}, _parser=victim)
    converters["x"] = print
    assert "getx" in victim.__dict__


@pytest.mark.parametrize("value", [SimpleCookie("a=b"), Message(), EmailMessage(), configparser.ConfigParser()])
def test_so_none_of_them_is_called_clean(value: object) -> None:
    assert scan_bytes(pickle.dumps(value, 2), "m.pkl").verdict is Verdict.MALICIOUS

"""Compiled code that a virtual machine runs: Java classes, Android's, WebAssembly, compiled Python."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.executables import is_java_class, judge
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_SUFFIXES = (".class", ".dex", ".wasm", ".pyc", ".pyo")
_PYTHON_ENDS = b"\r\n"
_PYTHON_FIRSTS = b"\x03\x33\x42\x55\x61\x6f\xa7\xcb\xf3\x2b"
"""How compiled Python begins: 2.7, and 3.6 to 3.14."""


def _kind(sample: Sample) -> str:
    head = sample.head
    if is_java_class(head):
        return "a compiled Java class"
    if head[:8] == b"\0asm\1\0\0\0":
        return "a WebAssembly module"
    if head[:4] == b"dex\n" and head[4:7].isdigit() and head[7:8] == b"\0":
        return "an Android program"
    return "compiled Python" if _is_python(head) else ""


def _is_python(head: bytes) -> bool:
    """A version, two ends of line, and behind eight, twelve or sixteen bytes a code object."""
    if head[2:4] != _PYTHON_ENDS or len(head) < 40:
        return False
    return head[16] & 0x7F == 0x63 or head[12] & 0x7F == 0x63 or head[8] & 0x7F == 0x63


def _recognize(sample: Sample) -> bool:
    head = sample.head
    is_marked = head[:4] in (b"\xca\xfe\xba\xbe", b"\0asm", b"dex\n")
    return (is_marked or (head[2:4] == _PYTHON_ENDS and not sample.opaque)) and bool(_kind(sample))


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    yield from judge(sample, _kind(sample))


FORMAT = Format(
    "bytecode",
    _recognize,
    _inspect,
    "compiled code",
    RunsCode.YES,
    "a virtual machine",
    _SUFFIXES,
    firsts=b"\xca\0d" + _PYTHON_FIRSTS,
    names=(".pyc", ".pyo"),
)

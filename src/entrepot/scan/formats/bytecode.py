"""Compiled code that a virtual machine runs: Java classes, Android's, WebAssembly, compiled Python."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.executables import is_java_class, judge
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_SUFFIXES = (".class", ".dex", ".wasm")


def _kind(sample: Sample) -> str:
    head = sample.head
    if is_java_class(head):
        return "a compiled Java class"
    if head[:8] == b"\0asm\1\0\0\0":
        return "a WebAssembly module"
    if head[:4] == b"dex\n" and head[4:7].isdigit() and head[7:8] == b"\0":
        return "an Android program"
    return ""


def _recognize(sample: Sample) -> bool:
    return sample.head[:4] in (b"\xca\xfe\xba\xbe", b"\0asm", b"dex\n") and bool(_kind(sample))


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
    firsts=b"\xca\0d",
)

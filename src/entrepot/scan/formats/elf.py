"""ELF: programs and libraries of Linux and most other systems."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.executables import is_elf, judge
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_KINDS = {1: "object file", 2: "program", 3: "library or program", 4: "core dump"}


def _recognize(sample: Sample) -> bool:
    return is_elf(sample.head, sample.opaque)


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    head = sample.head
    kind = int.from_bytes(head[16:18], "big" if head[5:6] == b"\2" else "little")
    yield from judge(sample, f"an ELF {_KINDS.get(kind, 'file')}")


FORMAT = Format(
    "elf",
    _recognize,
    _inspect,
    "an ELF program",
    RunsCode.YES,
    "native code",
    (".so", ".elf", ".o", ".ko"),
    firsts=b"\x7f",
)

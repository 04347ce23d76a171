"""MATLAB's data files of versions 4 to 7: values one after another. Version 7.3 is HDF5."""

from collections.abc import Iterator

from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source

_HEADER = 128
_ORDERS = {b"IM": "little", b"MI": "big"}
_TYPES = frozenset((*range(1, 19),))
_WIDTHS = (8, 4, 4, 2, 2, 1)


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if sample.opaque or len(head) < 20:
        return False
    if head[:8] == b"MATLAB 5":
        return len(head) >= _HEADER and head[126:128] in _ORDERS
    return sample.suffix == ".mat" and _old(head[:20]) is not None


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.embedded import commands_in

    yield from commands_in(sample.source, budget)
    if order := _ORDERS.get(sample.head[126:128]):
        yield from _elements(sample.source, order == "little", budget)
    else:
        yield from _matrices(sample.source, budget)


def _elements(source: Source, little: bool, budget: Budget) -> Iterator[Found]:
    at, size = _HEADER, source.size
    while at + 8 <= size:
        budget.spend_values()
        tag = source.read(at, 8)
        kind, length = (int.from_bytes(part, "little" if little else "big") for part in (tag[:4], tag[4:]))
        if kind not in _TYPES or length > size - at - 8:
            break
        at += 8 + length
    yield from rest(source, at)


def _old(header: bytes) -> int | None:
    """The bytes of values behind a header of version 4; None where it is none."""
    kind, rows, columns, imaginary, name = (int.from_bytes(header[at : at + 4], "little") for at in range(0, 20, 4))
    precision, layout = kind // 10 % 10, kind % 10
    plausible = kind < 60 and layout < 3 and precision < len(_WIDTHS) and imaginary < 2 and 1 < name < 256
    if not plausible or max(rows, columns) >= 1 << 28:
        return None
    return name + rows * columns * _WIDTHS[precision] * (1 + imaginary)


def _matrices(source: Source, budget: Budget) -> Iterator[Found]:
    at, size = 0, source.size
    while at < size:
        budget.spend_values()
        header = source.read(at, 20)
        values = _old(header) if len(header) == 20 else None
        if values is None or values > size - at - 20:
            if not at:
                raise Unrecognized("no matrix of MATLAB's")
            break
        at += 20 + values
    yield from rest(source, at)


FORMAT = Format(
    "matlab",
    _recognize,
    _inspect,
    "MATLAB data",
    RunsCode.RARELY,
    "objects of classes",
    (".mat",),
    firsts=b"M\0\n\x14\x1e\2",
)

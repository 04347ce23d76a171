"""Everything to be said about a GGUF file: header, templates, where its tensors lie."""

from collections.abc import Iterator

from entrepot.domain.report import Location, Unread
from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget
from entrepot.scan.embedded import calls
from entrepot.scan.formats import Found, Member
from entrepot.scan.gguf.header import Corrupt, Reader, Tensor, Text, reaches_out
from entrepot.scan.inside import smuggled
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import BytesSource, Source, Window

MAX_SHOWN = 20
LOOKED_AT = 1_000
"""Tensors whose first bytes are looked at."""


def inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    """What a format yields. Raises `Unreadable` and `OutOfBudget`."""
    reader = Reader(sample.source, budget)
    try:
        for one in reader.read():
            if isinstance(one, Text):
                yield from _text(one)
            else:
                yield one
    except Corrupt as broken:
        yield broken.finding
        raise
    header = reader.header
    for kind in sorted(header.unknown):
        yield Unread(f"tensors of the unknown type {kind}")
    yield from smuggled(sample.source, budget, "the header", 0, header.data)
    yield from _layout(sample.source, header.data, header.alignment, header.tensors)


def _text(text: Text) -> Iterator[Found]:
    """Templates are code to whoever renders them; other strings are read as text."""
    if "template" in text.key or reaches_out(text.value):
        yield Member(text.key, BytesSource(text.value), ("jinja",))
    elif text.value:
        yield from calls(text.value.decode("utf-8", "replace"), text.key, text.at)
        yield Member(text.key, BytesSource(text.value), ("text",), opaque=True)


def _layout(source: Source, base: int, alignment: int, tensors: list[Tensor]) -> Iterator[Found]:
    size = source.size
    reached = base
    problems = 0
    for number, tensor in enumerate(sorted(tensors, key=lambda tensor: (tensor.offset, tensor.size or 0))):
        start = base + tensor.offset
        wrong = _wrong(tensor, start, size, alignment, reached)
        if wrong and problems < MAX_SHOWN:
            problems += 1
            rule, message = wrong
            yield found(rule, f"the tensor {tensor.name!r} {message}", at=Location(offset=tensor.at))
        if start > reached and start < size:
            yield from rest(source, reached, f"gap at {reached}", start)
        stop = start + (tensor.size if tensor.size is not None else size - start)
        if number < LOOKED_AT and start < min(stop, size):
            yield Member(tensor.name, Window(source, start, stop - start), opaque=True)
        reached = max(reached, min(stop, size))
    for trailing in rest(source, reached):
        yield found("gguf.trailing", f"{size - reached} bytes behind the last tensor", at=Location(offset=reached))
        yield trailing


def _wrong(tensor: Tensor, start: int, size: int, alignment: int, reached: int) -> tuple[str, str] | None:
    if tensor.offset >= 1 << 62:
        return "gguf.overflow", f"has the offset {tensor.offset}, which wraps around"
    if tensor.size is not None and start + tensor.size > size:
        return "gguf.bounds", f"ends at byte {start + tensor.size} of a file of {size}"
    if tensor.offset % alignment:
        return "gguf.bounds", f"has the offset {tensor.offset}, which is not aligned to {alignment} bytes"
    if start < reached and tensor.size:
        return "gguf.overlap", f"shares bytes with another, at byte {start}"
    return None

"""Safetensors: a JSON header that must fit its file exactly, and values that nobody reads as code."""

from collections.abc import Iterator, Mapping

from entrepot.domain.report import Location, Unread
from entrepot.domain.values import dataclass
from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.documents import parse_json
from entrepot.scan.formats import Format, Found, Member, RunsCode
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import BytesSource, Source, Window

MAX_HEADER = 100_000_000
"""The library's own limit."""
LOOKED_AT = 1_000
"""Tensors whose first bytes are looked at; nothing reads them as code, so this is a look for what was smuggled in."""
MAX_SHOWN = 20
_ACTIVE = Pattern(r"(?i)<\s*(?:script|iframe|object|embed|svg)\b[^>]{0,200}|\bjavascript:\s*\w|\bon(?:error|load)\s*=")
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "U16": 16, "I16": 16, "F16": 16, "BF16": 16, "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64,
    "C64": 64, "C128": 128, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "I4": 4, "U4": 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tensor:
    """One entry of the header; offsets count from where the values begin."""

    name: str
    start: int
    stop: int


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if head[8:9] != b"{" or sample.opaque:
        return False
    length = int.from_bytes(head[:8], "little")
    if sample.suffix == ".safetensors":
        return True
    return 2 <= length <= MAX_HEADER and (b'"data_offsets"' in head or b'"__metadata__"' in head or head[8:10] == b"{}")


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    source = sample.source
    length = int.from_bytes(sample.head[:8], "little")
    if length > MAX_HEADER or (length and not source.read(7 + length, 1)):
        yield found("safetensors.header-invalid", f"the header claims {length} bytes, of a file of {source.size}")
        raise Unreadable("the header's length is wrong")
    budget.check_string(length)
    try:
        text = source.read(8, length).decode("utf-8")
        header = parse_json(text)
        if not isinstance(header.value, dict):
            raise Unreadable("the header is no object")
    except ValueError as error:
        yield found("safetensors.header-invalid", f"the header can't be read: {error}"[:300])
        raise Unreadable("the header is no JSON") from None
    for name in header.repeated:
        yield found("safetensors.repeated-name", f"{name!r} stands twice in the header")
    yield from _metadata(header.value.get("__metadata__"))
    tensors: list[Tensor] = []
    problems = list(_check(header.value, source.size - 8 - length, tensors, budget))
    yield from problems[:MAX_SHOWN]
    yield from _layout(source, 8 + length, tensors)


def _metadata(metadata: object) -> Iterator[Found]:
    from entrepot.scan.embedded import calls

    if metadata is None:
        return
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        yield found("safetensors.header-invalid", "__metadata__ holds something else than strings")
    if isinstance(metadata, dict):
        words = [f"{key}: {value}" for key, value in metadata.items() if isinstance(value, str)]
        for word in words:
            yield from calls(word, "__metadata__")
            if active := _ACTIVE.search(word):
                message = f"the metadata holds what a browser runs: {active[0]}"
                yield found("safetensors.active-content", message, evidence=word)
        yield Member("__metadata__", BytesSource("\n".join(words).encode("utf-8", "replace")), ("text",), opaque=True)


def _check(header: Mapping[str, object], have: int, tensors: list[Tensor], budget: Budget) -> Iterator[Found]:
    for name, entry in header.items():
        budget.spend_values()
        if name == "__metadata__":
            continue
        match entry:
            case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(start), int(stop)]}:
                pass
            case _:
                yield found("safetensors.header-invalid", f"the tensor {name!r} lacks type, shape or offsets")
                continue
        if not 0 <= start <= stop <= have:
            message = f"the tensor {name!r} lies at [{start}, {stop}] of {have} bytes"
            yield found("safetensors.bounds", message)
            continue
        tensors.append(Tensor(name, start, stop))
        yield from _check_size(name, dtype, shape, stop - start)


def _check_size(name: str, dtype: str, shape: list[object], size: int) -> Iterator[Found]:
    bits = _BITS.get(dtype)
    count = 1
    for length in shape:
        if not isinstance(length, int) or isinstance(length, bool) or length < 0 or count > 1 << 62:
            yield found("safetensors.shape-mismatch", f"the tensor {name!r} has no possible shape: {shape}"[:300])
            return
        count *= length
    if bits is None:
        yield Unread(f"a tensor of the unknown type {dtype!r}"[:200], member=name)
    elif -(-count * bits // 8) != size:
        message = f"the tensor {name!r} of {dtype} and shape {shape} has {size} bytes"
        yield found("safetensors.shape-mismatch", message)


def _layout(source: Source, base: int, tensors: list[Tensor]) -> Iterator[Found]:
    """Overlaps, holes and what follows; and the first bytes of each tensor."""
    reached = shown = 0
    for number, tensor in enumerate(sorted(tensors, key=lambda tensor: (tensor.start, tensor.stop))):
        if tensor.start != reached and tensor.stop > tensor.start and shown < MAX_SHOWN:
            shown += 1
            what = "shares bytes with another" if tensor.start < reached else "leaves a gap before it"
            message = f"the tensor {tensor.name!r} at {tensor.start} {what}"
            yield found("safetensors.overlap", message, at=Location(offset=base + tensor.start))
            if tensor.start > reached:
                yield from rest(source, base + reached, f"gap at {base + reached}", base + tensor.start)
        if number < LOOKED_AT and tensor.stop > tensor.start:
            yield Member(tensor.name, Window(source, base + tensor.start, tensor.stop - tensor.start), opaque=True)
        reached = max(reached, tensor.stop)
    left = source.size - base - reached
    if left > 0:
        yield found("safetensors.trailing", f"{left} bytes behind the last tensor", at=Location(offset=base + reached))
        yield from rest(source, base + reached)
    elif left < 0:
        yield Unread("the values are cut off", base)


FORMAT = Format("safetensors", _recognize, _inspect, "safetensors", RunsCode.NO, suffixes=(".safetensors",))

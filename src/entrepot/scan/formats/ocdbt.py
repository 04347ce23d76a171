"""TensorStore's databases, in which Orbax keeps checkpoints: a manifest, trees, and values. Data only."""

from collections.abc import Iterator

from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, Member, RunsCode
from entrepot.scan.sample import Sample
from entrepot.scan.source import Window

_MAGICS = (b"\x0c\xdb\x3a\x2a", b"\x0c\xdb\x20\xde", b"\x0c\xdb\x12\x34")
_NAME = 32
"""Where values are: chunks one after another, in whatever packing, and trees between them."""


def _recognize(sample: Sample) -> bool:
    if sample.opaque:
        return False
    head = sample.head
    if head[:4] in _MAGICS and len(head) >= 16:
        return 16 < int.from_bytes(head[4:12], "little") < 1 << 48
    return len(sample.basename) == _NAME and _is_values(sample.name)


def _is_values(name: str) -> bool:
    """Whether it is a file of values: in the folder `d`, named by 32 hexadecimal digits."""
    folder, _, last = name.replace("\\", "/").replace("!", "/").rpartition("/")
    return folder.rpartition("/")[2] == "d" and len(last) == _NAME and not last.strip("0123456789abcdef")


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    source = sample.source
    if sample.head[:4] != _MAGICS[0]:
        # Values have no marks of their own; whatever else they are is told by the other formats.
        yield Member("values", Window(source, 0, source.size), opaque=True)
        return
    size = int.from_bytes(sample.head[4:12], "little")
    if size > source.size:
        raise Unreadable(f"a manifest of {size} bytes, of which {source.size} are there")
    yield from rest(source, size)


FORMAT = Format("ocdbt", _recognize, _inspect, "an Orbax or TensorStore database", RunsCode.NO, suffixes=(".ocdbt",))

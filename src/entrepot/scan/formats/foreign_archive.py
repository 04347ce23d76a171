"""Archives and packings that are recognized and not read: RAR, compress, brotli, snappy and others."""

from collections.abc import Iterator

from entrepot.domain.report import Unread
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_MAGICS = {
    b"Rar!\x1a\x07": "a RAR archive",
    b"xar!": "a xar archive",
    b"LZIP\1": "an lzip file",
    b"\xff\x06\0\0sNaPpY": "a snappy stream",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office document",
    b"hsqs": "a squashfs image",
    b"\xed\xab\xee\xdb": "an RPM package",
}
_SUFFIXES = (".rar", ".xar", ".lz", ".sz", ".br", ".iso", ".rpm", ".msi")


def _kind(sample: Sample) -> str:
    head = sample.head
    for magic, kind in _MAGICS.items():
        if head.startswith(magic):
            return kind
    return ""


def _recognize(sample: Sample) -> bool:
    return sample.head[:1] in b"RxL\xff\xd0h\xed" and not sample.opaque and bool(_kind(sample))


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    yield Unread(f"{_kind(sample)}, which is not unpacked")


FORMAT = Format(
    "foreign-archive",
    _recognize,
    _inspect,
    "another archive",
    RunsCode.RARELY,
    "what is inside",
    _SUFFIXES,
    firsts=b"RxL\xff\xd0h\xed",
)

"""A compressed file: what it unpacks to as one member, what follows it as another."""

import posixpath
from collections.abc import Iterator

from entrepot.domain.report import Unread
from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Found, Member
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.unpacking import Begin, Stream

_SHORT = {".tgz": ".tar", ".tbz2": ".tar", ".txz": ".tar", ".tlz4": ".tar", ".tzst": ".tar", ".svgz": ".svg"}
_PACKED = {".gz", ".gzip", ".bz2", ".xz", ".lzma", ".z", ".zlib", ".lz4", ".zst", ".zstd"}


def inspect_stream(sample: Sample, budget: Budget, begin: Begin) -> Iterator[Found]:
    """What the compressed runs of a file hold, whether they end well, and what stands behind them."""
    with Stream(sample.source, begin, budget) as stream:
        yield Member(_inner(sample.name), stream.source)
        stream.finish()
    if stream.bomb:
        yield found("archive.bomb", stream.bomb)
    if stream.broken:
        yield Unread(f"{stream.broken}; {stream.produced} bytes were unpacked", stream.at)
    if stream.complete:
        yield from rest(sample.source, stream.at)


def _inner(name: str) -> str:
    base = posixpath.basename(name.replace("\\", "/"))
    stem, suffix = posixpath.splitext(base)
    if suffix.lower() in _PACKED:
        return stem
    return stem + _SHORT[suffix.lower()] if suffix.lower() in _SHORT else base or "unpacked"

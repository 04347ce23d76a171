"""PDF documents, searched for what viewers run on opening."""

import re
from collections.abc import Iterator

from entrepot.domain.report import Location, Unread
from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import pieces

_OVERLAP = 64
MAX_SIZE = 256 << 20


def _recognize(sample: Sample) -> bool:
    return sample.head[:5] == b"%PDF-"


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    source = sample.source
    seen: dict[bytes, int] = {}
    at, last, end = 0, b"", 0
    for piece in pieces(source, 0, MAX_SIZE):
        data = last + piece
        place = data.rfind(b"%%EOF")
        end = at - len(last) + place + 5 if place >= 0 else end
        for match in re.finditer(rb"/(?:JavaScript|JS|Launch|OpenAction|AA)\b", _plain(data)):
            seen.setdefault(match[0][1:], at)
        at, last = at + len(piece), data[-_OVERLAP:]
    runs = [name.decode() for name in (b"JavaScript", b"JS", b"Launch") if name in seen]
    if runs:
        started = [name.decode() for name in (b"OpenAction", b"AA") if name in seen]
        yield found("media.pdf-action", f"the document has actions: {', '.join(started + runs)}", at=Location())
    if at >= MAX_SIZE:
        yield Unread("the rest of a very long document", MAX_SIZE)
    while end and source.read(end, 1) in (b"\r", b"\n"):
        end += 1
    if end:
        yield from rest(source, end)


def _plain(data: bytes) -> bytes:
    """Names without the escapes that hide them: `/Open#41ction`."""
    if b"#" not in data:
        return data
    return re.sub(rb"#([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), data)


FORMAT = Format(
    "pdf",
    _recognize,
    _inspect,
    "a PDF document",
    RunsCode.RARELY,
    "its viewer's JavaScript",
    (".pdf",),
    firsts=b"%",
)

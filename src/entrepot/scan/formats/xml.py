"""XML: PMML, OpenVINO's networks, property lists; what makes readers fetch, expand or run something."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_SUFFIXES = (".xml", ".pmml", ".xsl", ".xslt", ".plist", ".xsd", ".dtd")
_STARTS = (b"<?xml", b"<!doctype", b"<!entity", b"<pmml", b"<net ", b"<plist", b"<!--")
_WIDE = {b"<\0?\0": "utf-16-le", b"\0<\0?": "utf-16-be", b"<\0!\0": "utf-16-le", b"\0<\0!": "utf-16-be"}
_PAGE = (b"<!doctype html", b"<!-- ")


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if sample.opaque or not head:
        return False
    if head[:4] in _WIDE:
        return True
    if head[0] not in b"<\xef\xff\xfe \t\r\n":
        return False
    start = head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if sample.suffix in _SUFFIXES or head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return start[:1] == b"<" or (head[:2] in (b"\xff\xfe", b"\xfe\xff") and head[2:4] in (b"<\0", b"\0<"))
    return start.startswith(_STARTS) and not start.startswith(_PAGE)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    # Loaded here: few files are XML.
    from entrepot.scan.xml.judging import judge

    budget.check_string(sample.source.size)
    wide = _WIDE.get(sample.head[:4])
    if wide:
        text: str | None = sample.source.read(0, sample.source.size).decode(wide, "replace")
    else:
        text = sample.text
    if text is None:
        if sample.source.size > 32 << 20:
            raise Unreadable("a document of more than 32 MiB")
        text = sample.source.read(0, sample.source.size).decode("latin-1")
    yield from judge(text, budget)


FORMAT = Format(
    "xml",
    _recognize,
    _inspect,
    "XML",
    RunsCode.RARELY,
    "entities, includes, style sheets",
    _SUFFIXES,
    firsts=b"<\xef\xff\xfe \t\r\n\0",
)

"""Preview: the beginning of a file as text, by way of the gate like every byte that leaves."""

import codecs
from dataclasses import dataclass

from entrepot.domain.content import File
from entrepot.domain.door import Door
from entrepot.domain.names import Locator
from entrepot.operations.download import download
from entrepot.operations.exhibit import Exhibit
from entrepot.operations.registry import Registry

MAX_TEXT = 96 << 10
"""Bytes of a preview."""
MAX_CARD = 64 << 10
"""Of a card: rendering takes seconds for a megabyte that was written to take long."""
MAX_FETCHED = 1 << 20
"""What is larger is not fetched from an upstream for a look at its beginning."""
MAX_DUMP = 512
"""Bytes that are shown of what is no text."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a file: as text, or as bytes and their places where it is none."""

    text: str
    is_text: bool
    is_whole: bool


async def preview(registry: Registry, shown: Exhibit, file: File, limit: int = MAX_TEXT) -> Preview | None:
    """The beginning of the file; None where it would have to be fetched whole. Raises `Blocked` and `Held`."""
    if file.blob is None and file.size > MAX_FETCHED:
        return None
    locator = Locator(shown.asked, shown.package.name, shown.revision.commit.hex, file.path)
    clearance = await download(registry, locator, shown.case.actor, Door.PAGE, counts=False)
    end = min(clearance.file.size, limit)
    data = b"".join([piece async for piece in clearance.open(0, end)])
    return _preview(data, is_whole=end == clearance.file.size)


def _preview(data: bytes, *, is_whole: bool) -> Preview:
    try:
        # Cut off where the limit is, a character may be torn; that is no reason to call it no text.
        text = codecs.getincrementaldecoder("utf-8")().decode(data, final=is_whole)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" not in text:
        return Preview(text, True, is_whole)
    return Preview(_dump(data[:MAX_DUMP]), False, is_whole and len(data) <= MAX_DUMP)


def _dump(data: bytes) -> str:
    lines = []
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{at:08x}  {row.hex(' '):<47}  {shown}")
    return "\n".join(lines)

"""Sound and video: WAV and AVI, MP3, FLAC, Ogg, MP4, Matroska."""

from collections.abc import Iterator

from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_SUFFIXES = (".wav", ".avi", ".mp3", ".flac", ".ogg", ".opus", ".mp4", ".m4a", ".mov", ".webm", ".mkv")
_STREAMS = (b"fLaC", b"OggS", b"\x1a\x45\xdf\xa3")
"""Formats whose end is the file's: what follows can't be told from more of the same."""


def _is_mp3(head: bytes, suffix: str) -> bool:
    if head[:3] == b"ID3":
        return len(head) > 10 and head[3] < 5 and not any(byte & 0x80 for byte in head[6:10])
    return suffix == ".mp3" and head[:1] == b"\xff" and head[1:2] in (b"\xfb", b"\xf3", b"\xf2", b"\xfa")


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if head[:1] not in b"fO\x1aRI\xff\0" or len(head) < 20 or sample.opaque:
        return False
    if head[:4] == b"RIFF":
        return head[8:12] in (b"WAVE", b"AVI ")
    return head[:4] in _STREAMS or head[4:8] == b"ftyp" or _is_mp3(head, sample.suffix)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.media import boxes_end

    source, head = sample.source, sample.head
    if head[:4] == b"RIFF":
        end = 8 + int.from_bytes(head[4:8], "little")
        if end > source.size:
            raise Unreadable("the recording is cut off")
        yield from rest(source, end + end % 2)
    elif head[4:8] == b"ftyp":
        yield from rest(source, boxes_end(source, budget))


FORMAT = Format(
    "recording",
    _recognize,
    _inspect,
    "sound or video",
    RunsCode.NO,
    suffixes=_SUFFIXES,
    firsts=b"fO\x1aRI\xff\0",
)

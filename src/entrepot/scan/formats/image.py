"""Pictures: PNG, JPEG, GIF, WebP, BMP, icons, TIFF; their pixels are harmless, what follows them is looked at."""

from collections.abc import Iterator

from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".ico", ".tif", ".tiff")
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def _kind(head: bytes, size: int) -> str:
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if head[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if (
        head[:2] == b"BM"
        and not any(head[6:10])
        and head[14:18] in (b"\x28\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0", b"\x0c\0\0\0")
    ):
        return "bmp" if int.from_bytes(head[2:6], "little") <= size else ""
    if len(head) >= 22 and head[:4] == b"\0\0\1\0" and 0 < head[4] < 64 and not head[5] and head[9] == 0:
        return "ico" if int.from_bytes(head[18:22], "little") == 6 + 16 * head[4] else ""
    return "tiff" if head[:4] in _TIFF and len(head) > 8 else ""


_FIRST = b"\x89\xffGRBI\0M"


def _recognize(sample: Sample) -> bool:
    head = sample.head
    return head[:1] in _FIRST and len(head) > 16 and not sample.opaque and bool(_kind(head, sample.source.size))


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.media import gif_end, jpeg_end, png_end

    source, head = sample.source, sample.head
    kind = _kind(head, source.size)
    if kind == "png":
        end = png_end(source, budget)
    elif kind == "jpeg":
        end = jpeg_end(source, budget)
    elif kind == "gif":
        end = gif_end(source, budget)
    elif kind == "webp":
        end = 8 + int.from_bytes(head[4:8], "little")
        end += end % 2
    elif kind == "bmp":
        end = int.from_bytes(head[2:6], "little")
    elif kind == "ico":
        entries = [source.read(6 + 16 * index, 16) for index in range(head[4])]
        end = max(int.from_bytes(one[8:12], "little") + int.from_bytes(one[12:16], "little") for one in entries)
    else:
        from entrepot.scan.tiff import inspect

        yield from inspect(source, budget)
        return
    if end > source.size + 1:
        raise Unreadable("the picture is cut off")
    yield from rest(source, end)


FORMAT = Format("image", _recognize, _inspect, "a picture", RunsCode.NO, suffixes=_SUFFIXES, firsts=_FIRST)

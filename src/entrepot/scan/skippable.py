"""Frames that LZ4 and Zstandard readers pass over."""

from entrepot.scan.source import Source

_MAGIC = range(0x184D2A50, 0x184D2A60)
MAX_FRAMES = 1_000


def past_skippable(source: Source, at: int) -> int:
    """Where the first frame stands that is not skippable; `at` itself where none follows."""
    start = at
    for _ in range(MAX_FRAMES):
        head = source.read(at, 8)
        if len(head) < 8 or int.from_bytes(head[:4], "little") not in _MAGIC:
            return at if source.read(at, 1) else start
        at += 8 + int.from_bytes(head[4:], "little")
    return start

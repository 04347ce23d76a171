"""Random access to bytes: a file, bytes in memory, a part of another source, or what a stream unpacks to."""

import os
from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

STEP = 1 << 20
"""Bytes of one read where a source is read from end to end."""
NEAR = 64 << 10
"""Bytes of a file's beginning that are read at once and kept: of a small file, every format asks for a little."""
IN_MEMORY = 8 << 20
"""Unpacked bytes kept in memory; more goes to a temporary file."""


class Unavailable(Exception):
    """The bytes can't be had: a disk or a network failed. Says nothing about what they are."""


class Source(Protocol):
    """Bytes that can be read anywhere; nobody has to have all of them."""

    @property
    def size(self) -> int:
        """Bytes in all. For unpacked streams this unpacks everything, within the budget."""
        ...

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`; fewer only where the source ends.

        Raises `OutOfBudget`, and `OSError` where a disk or a network fails.
        """
        ...


class BytesSource:
    """Bytes in memory."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        return len(self._data)

    def read(self, offset: int, size: int) -> bytes:
        return bytes(self._data[offset : offset + size])


class FileSource:
    """A file on this machine; a context manager that closes it."""

    __slots__ = ("_descriptor", "_near", "_size")

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Raises `OSError`."""
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._size = os.fstat(self._descriptor).st_size
        self._near: bytes | None = None

    @property
    def size(self) -> int:
        return self._size

    def read(self, offset: int, size: int) -> bytes:
        if self._near is None:
            # No more than there is: room for 64 KiB costs as much as scanning a small file.
            self._near = os.pread(self._descriptor, min(self._size, NEAR) or NEAR, 0)
        if offset + size <= len(self._near) or self._size <= len(self._near) < NEAR:
            return self._near[offset : offset + size]
        return os.pread(self._descriptor, size, offset)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._descriptor)


class Window:
    """A part of another source, as a source of its own."""

    __slots__ = ("_checked", "_offset", "_size", "_source")

    def __init__(self, source: Source, offset: int, size: int) -> None:
        """`size` may reach beyond the end; the window then ends there. Asks nothing of the source before somebody
        reads: the size of an unpacked one costs unpacking it all."""
        if isinstance(source, Window):
            base, start, length = source.place
            source, offset, size = base, start + offset, min(size, length - offset)
        self._source = source
        self._offset = offset
        self._size = max(0, size)
        self._checked = not size

    @property
    def place(self) -> tuple[Source, int, int]:
        """What it is a part of, which is no window itself, where it begins there, and how long it is at most."""
        return self._source, self._offset, self._size

    @property
    def size(self) -> int:
        if not self._checked:
            # Of an unpacked source the last byte is enough; all of it may be terabytes.
            if not isinstance(self._source, Unpacked) or not self.read(self._size - 1, 1):
                self._size = max(0, min(self._size, self._source.size - self._offset))
            self._checked = True
        return self._size

    def read(self, offset: int, size: int) -> bytes:
        return self._source.read(self._offset + offset, max(0, min(size, self._size - offset)))


class Unpacked:
    """What an iterator of pieces yields, kept as far as somebody has read: unpacking stops where reading stops."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        """The pieces count against the budget where they are made, and may raise `OutOfBudget` or `Unreadable`."""
        # Loaded here: what is not packed does without.
        import tempfile

        self._pieces = pieces
        self._kept = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - lives as long as the source
        self._have = 0
        self._failure: Exception | None = None

    def close(self) -> None:
        """Let go of what was kept; nothing can be read afterwards."""
        self._kept.close()

    def __del__(self) -> None:
        self._kept.close()

    @property
    def size(self) -> int:
        self._unpack(None)
        return self._have

    def read(self, offset: int, size: int) -> bytes:
        """As `Source.read`. What was unpacked before the stream broke can be read; beyond it, the break is raised."""
        if self._have < offset + size:
            try:
                self._unpack(offset + size)
            except ValueError:
                # What came before the break is what a loader has acted on already.
                if self._have <= offset:
                    raise
        self._kept.seek(offset)
        return self._kept.read(size)

    def _unpack(self, until: int | None) -> None:
        if self._failure:
            raise self._failure
        self._kept.seek(self._have)
        try:
            while until is None or self._have < until:
                piece = next(self._pieces, None)
                if piece is None:
                    return
                self._kept.write(piece)
                self._have += len(piece)
        except ValueError as failure:  # `Unreadable` and `OutOfBudget` are of this kind
            self._failure = failure
            raise


def pieces(source: Source, offset: int = 0, end: int | None = None, step: int = STEP) -> Iterator[bytes]:
    """The bytes from `offset` to `end` (or the source's end), one after another."""
    while end is None or offset < end:
        piece = source.read(offset, step if end is None else min(step, end - offset))
        if not piece:
            return
        offset += len(piece)
        yield piece

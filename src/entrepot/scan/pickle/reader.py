"""The bytes of a stream in the order in which an unpickler reads them, a window at a time."""

from entrepot.scan.source import Source

WINDOW = 1 << 20
LINE = 1 << 24
"""Bytes of the longest line that is looked for; protocol 0 writes a string as one line."""


class Truncated(ValueError):
    """The stream ends where more is needed."""


class Reader:
    """A position in a source, with the bytes around it: `buf[pos]` is the byte at `base + pos`."""

    __slots__ = ("_size", "_source", "base", "buf", "longest", "pos", "window")

    def __init__(self, source: Source, offset: int = 0, size: int | None = None, window: int = WINDOW) -> None:
        """`size` is where the stream's bytes end, if not with the source."""
        self._source = source
        self._size = size
        self.base = offset
        self.buf = b""
        self.pos = 0
        self.longest = LINE
        self.window = window

    @property
    def offset(self) -> int:
        """Where the next byte stands in the source."""
        return self.base + self.pos

    @property
    def source(self) -> Source:
        """What is read."""
        return self._source

    @property
    def size(self) -> int:
        """Where the bytes end."""
        if self._size is None:
            self._size = self._source.size
        return self._size

    def need(self, count: int) -> None:
        """See to it that `count` bytes from the position are in the window. Raises `Truncated`."""
        missing = count - (len(self.buf) - self.pos)
        if missing > 0:
            self._refill(max(missing, self.window))
            if len(self.buf) < count:
                raise Truncated(f"the stream ends at {self.base + len(self.buf)}")

    def fill(self) -> bool:
        """Get another window behind the position; False at the end of the source."""
        before = len(self.buf) - self.pos
        self._refill(self.window)
        return len(self.buf) > before

    def take(self, count: int) -> bytes:
        """The next `count` bytes. Raises `Truncated`."""
        start = self.pos
        end = start + count
        if end > len(self.buf):
            self.need(count)
            start, end = 0, count
        self.pos = end
        return self.buf[start:end]

    def peek(self, count: int) -> bytes:
        """The next bytes without passing them; fewer where the window ends."""
        return self.buf[self.pos : self.pos + count]

    def hop(self, count: int) -> None:
        """Pass `count` bytes unread. Raises `Truncated` where there are not so many."""
        target = self.offset + count
        if target <= self.base + len(self.buf):
            self.pos += count
            return
        if target > self.size:
            raise Truncated(f"{count} bytes announced at {self.offset}, {self.size - self.offset} are there")
        self.seek(target)

    def seek(self, offset: int) -> None:
        """Go on from there."""
        if self.base <= offset <= self.base + len(self.buf):
            self.pos = offset - self.base
        else:
            self.base, self.buf, self.pos = offset, b"", 0

    def line(self) -> bytes:
        """The bytes up to the next newline, which is passed. Raises `Truncated`."""
        looked = 0
        while (end := self.buf.find(b"\n", self.pos + looked)) < 0:
            looked = len(self.buf) - self.pos
            if looked > self.longest or not self.fill():
                raise Truncated(f"a line without an end at {self.offset}")
        found = self.buf[self.pos : end]
        self.pos = end + 1
        return found

    def _refill(self, count: int) -> None:
        rest = self.buf[self.pos :]
        end = self.base + len(self.buf)
        if self._size is not None:
            count = max(0, min(count, self._size - end))
        self.buf = rest + self._source.read(end, count) if count else rest
        self.base = end - len(rest)
        self.pos = 0

"""What a format is asked about: a name that may lie, bytes that don't, and views of them that are read once."""

import posixpath

from entrepot.scan.budget import Budget
from entrepot.scan.documents import parse_json
from entrepot.scan.source import Source

HEAD = 4096
OPAQUE_HEAD = 512
"""Of a tensor's values less is read: a model has hundreds of tensors, and nothing but strong evidence counts there."""
OPAQUE_TAIL = 64
TAIL = 65_557
"""The longest end of a zip file: its record of 22 bytes and a comment of 65,535."""
_TEXT_LIMIT = 32 << 20
_BINARY = bytes(set(range(32)) - {7, 8, 9, 10, 12, 13, 27})
TEXT_FIRSTS = bytes((*(byte for byte in range(128) if byte not in _BINARY), *range(0xC2, 0xF5), 0xFE, 0xFF))
"""The bytes with which text can begin: as UTF-8, or with the mark of UTF-16."""
_UNREAD = object()
LEFT = "left for later by a glance"
"""How the reason ends why something was not read that can be read once the file is here."""


class Sample:
    """A file or member before and while it is inspected."""

    __slots__ = (
        "_head",
        "_json",
        "_tail",
        "_text",
        "basename",
        "budget",
        "families",
        "glances",
        "name",
        "opaque",
        "source",
        "suffix",
    )

    def __init__(self, name: str, source: Source, budget: Budget, families: frozenset[str] = frozenset()) -> None:
        self.name = name
        self.source = source
        self.budget = budget
        self.families = families
        """The rule families that are off by default and were asked for."""
        self.basename = posixpath.basename(name.replace("\\", "/")).lower()
        """The name's last part, in lower case."""
        self.suffix = posixpath.splitext(self.basename)[1]
        """The name's extension in lower case, with its dot; empty without one."""
        self.opaque = False
        """Whether these are a tensor's values: weak evidence is chance there, so only what can't be chance counts."""
        self.glances = False
        """Whether the file lies elsewhere and each read is a request: what can wait until it is here is left."""
        self._head: bytes | None = None
        self._tail: bytes | None = None
        self._text: object = _UNREAD
        self._json: object = _UNREAD

    @property
    def head(self) -> bytes:
        """The first bytes, 4 KiB at most; of a tensor's values 512."""
        if self._head is None:
            self._head = self.source.read(0, OPAQUE_HEAD if self.opaque else HEAD)
        return self._head

    @property
    def tail(self) -> bytes:
        """The last bytes, 64 KiB and a zip file's end at most; of a tensor's values 64. Unpacks a packed member to its
        end."""
        if self._tail is None:
            if len(self.head) < (OPAQUE_HEAD if self.opaque else HEAD):
                self._tail = self.head
            else:
                size = self.source.size
                last = OPAQUE_TAIL if self.opaque else TAIL
                self._tail = self.source.read(max(0, size - last), last)
        return self._tail

    @property
    def seems_text(self) -> bool:
        """Whether the first bytes could be text in UTF-8 (or with a byte order mark, UTF-16)."""
        head = self.head
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return True
        if not head or head.translate(None, _BINARY) != head:
            return False
        try:
            # The last character may be cut.
            head.decode("utf-8")
        except UnicodeDecodeError as error:
            return len(head) in (HEAD, OPAQUE_HEAD) and error.start >= len(head) - 4
        return True

    @property
    def text(self) -> str | None:
        """All of it as text; None where it is binary or longer than 32 MiB."""
        if self._text is _UNREAD:
            self._text = self._read_text() if self.seems_text else None if self.head else ""
        return self._text  # type: ignore[return-value]

    @property
    def json(self) -> object:
        """All of it as JSON (NaN allowed, as Python reads it); None where it is none. Names that repeat: the last one,
        as Python has it; `documents.parse_json` tells of the others."""
        if self._json is _UNREAD:
            text = self.text if self.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") else None
            try:
                self._json = None if text is None else parse_json(text).value
            except ValueError:
                self._json = None
        return self._json

    def _read_text(self) -> str | None:
        if self.source.size > _TEXT_LIMIT:
            return None
        data = self.source.read(0, _TEXT_LIMIT)
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data.decode("utf-16", "replace")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None

"""MessagePack: the checkpoints of Flax, spaCy's tables, msgpack-numpy's arrays. Data, with pickles in places."""

from collections.abc import Iterator

from entrepot.domain.report import Capability, Location
from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.formats import Format, Found, Member, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source, Window

_SUFFIXES = (".msgpack", ".mpk")
_NAMES = ("checkpoint", "key2row", "lookups.bin", "strings.msgpack")
_LONG = frozenset((0xDC, 0xDD, 0xDE, 0xDF))
_TEXT = 64 << 10


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if not head or head[0] < 0x80 or sample.opaque:
        return False
    if sample.suffix in _SUFFIXES or sample.basename in _NAMES:
        return head[0] <= 0x9F or head[0] in _LONG
    return (0x81 <= head[0] <= 0x8F or head[0] in (0xDE, 0xDF)) and _has_key(head)


def _has_key(head: bytes) -> bool:
    """Whether a map begins with a text of its own as key, and a value follows."""
    at = 1 if head[0] < 0x90 else 3 if head[0] == 0xDE else 5
    code = head[at] if len(head) > at else 0
    if 0xA2 <= code <= 0xBF:
        start, size = at + 1, code & 31
    elif code in (0xD9, 0xC4) and len(head) > at + 1:
        start, size = at + 2, head[at + 1]
    else:
        return False
    key = head[start : start + size]
    is_text = len(key) == size >= 2 and key.isascii() and all(32 <= byte < 127 for byte in key)
    return is_text and len(head) > start + size and head[start + size] != 0xC1


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.msgpack import Bomb

    source, size, at, yielded = sample.source, sample.source.size, 0, False
    sure = sample.suffix in _SUFFIXES
    try:
        while at < size:
            end = at
            for one in _value(source, budget, at, size):
                if isinstance(one, int):
                    end = one
                else:
                    yielded = True
                    yield one
            at = end
            if not _goes_on(source.read(at, 64)):
                break
    except Bomb as bomb:
        message, place = bomb.args
        if not sure and not yielded:
            raise Unrecognized(message) from None
        yield found("msgpack.bomb", message, at=Location(offset=place))
        return
    except Unreadable as error:
        if not sure and not yielded:
            raise Unrecognized(str(error)) from None
        raise
    yield from rest(source, at)


def _goes_on(head: bytes) -> bool:
    """Whether another value follows: several may stand in one file, and what else follows is to be looked at."""
    return bool(head) and (0x81 <= head[0] <= 0x8F or head[0] in _LONG) and _has_key(head)


def _value(source: Source, budget: Budget, at: int, size: int) -> Iterator[Found | int]:
    from entrepot.scan.embedded import commands
    from entrepot.scan.msgpack import walk

    objects: set[int] = set()
    for blob in walk(source, budget, at, size):
        if isinstance(blob, int):
            yield blob
            return
        name = f"{blob.key or 'key'} at {blob.start}"
        if blob.size > _TEXT and blob.kind != "text":
            yield Member(name, Window(source, blob.start, blob.size), opaque=True)
            continue
        # msgpack-numpy: {nd, type, kind: b"O", shape, data: a pickle}
        data = source.read(blob.start, min(blob.size, 1 << 20))
        if blob.key == "kind" and data == b"O":
            objects.add(blob.depth)
        text = _text(data)
        if text is not None:
            yield from commands(text, "a key" if blob.is_key else f"the value of {blob.key}", blob.start)
        if blob.kind == "text" or blob.size < 8:
            continue
        if blob.key == "data" and blob.depth in objects:
            objects.discard(blob.depth)
            yield Capability.ALLOWED_IMPORTS
            yield Member(name, Window(source, blob.start, blob.size), ("pickle",))
        elif blob.kind == "extension" and blob.code in (1, 3):
            yield from _array(source, budget, blob.start, blob.size)
        else:
            yield Member(name, Window(source, blob.start, blob.size), opaque=not _is_loadable(data, text))


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1") if data[:64].isascii() else None


def _is_loadable(data: bytes, text: str | None) -> bool:
    """Whether it can be no chance: a pickle or an archive, or text, which pickles of protocol 0 are as well."""
    return data[:2] in (b"PK", b"\x1f\x8b", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05") or (
        text is not None and data.isascii() and len(data) > 16
    )


_ARRAYS = (b"\x93", b"\x94", b"\xdc", b"\xdd", b"\x92")


def _array(source: Source, budget: Budget, start: int, size: int) -> Iterator[Found]:
    """Flax's arrays: a value of its own, of shape, type and bytes."""
    from entrepot.scan.msgpack import Bomb, walk

    try:
        if source.read(start, 1) not in _ARRAYS:
            raise Unreadable("an extension that is no array of shape, type and bytes")
        for blob in walk(source, budget, start, start + size):
            if not isinstance(blob, int) and blob.kind == "bytes" and blob.size > 8:
                yield Member(f"array at {blob.start}", Window(source, blob.start, blob.size), opaque=True)
    except (Bomb, Unreadable):
        data = source.read(start, min(size, 1 << 20))
        loadable = _is_loadable(data, _text(data))
        yield Member(f"extension at {start}", Window(source, start, size), opaque=not loadable)


FORMAT = Format(
    "msgpack",
    _recognize,
    _inspect,
    "MessagePack",
    RunsCode.RARELY,
    "pickles in msgpack-numpy's object arrays; readers' hooks",
    _SUFFIXES,
    firsts=bytes(range(0x80, 0x100)),
)

"""Tables and vocabularies: what their schemas call; and one of each format that is data only."""

import json
import struct

from golden.pairs import Golden
from protobuf_making import field


def _avro(kind: str) -> bytes:
    schema = {"type": "record", "name": "a", "fields": [{"name": "x", "type": {"type": "string", "java-class": kind}}]}

    def text(value: bytes) -> bytes:
        number, out = len(value) * 2, bytearray()
        while number > 127:
            out.append(number & 127 | 128)
            number >>= 7
        return bytes([*out, number]) + value

    head = (
        b"\4" + text(b"avro.schema") + text(json.dumps(schema).encode()) + text(b"avro.codec") + text(b"null") + b"\0"
    )
    return b"Obj\1" + head + bytes(range(16)) + b"\2\4\2a" + bytes(range(16))


def _sqlite(statement: str) -> bytes:
    page = b"SQLite format 3\0\x10\0\1\1\0\x40\x20\x20" + bytes(200) + statement.encode()
    return page.ljust(4096, b"\0")


def _matlab() -> bytes:
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM" + struct.pack("<II", 14, 8) + bytes(8)


def _old_matlab() -> bytes:
    return struct.pack("<IIIII", 0, 1, 2, 0, 2) + b"a\0" + struct.pack("<2d", 1, 2)


def _sentencepiece() -> bytes:
    def piece(text: str, kind: int) -> bytes:
        return field(1, text) + b"\x15" + struct.pack("<f", -1.5) + field(3, kind)

    pieces = b"".join(field(1, piece(text, 2)) for text in ("<unk>", "<s>", "the", "of"))
    return pieces + field(2, field(1, "corpus.txt")) + field(3, field(1, "nmt_nfkc"))


def _vectors() -> bytes:
    return b"2 3\n" + b"the " + struct.pack("<3f", 0.5, 1e-9, -2) + b"\nof " + struct.pack("<3f", 1, 2, 3) + b"\n"


def _record() -> bytes:
    return bytes.fromhex("0500000000000000eab2043e") + b"hello" + b"\xbb\x1f\x1c\x19"


def _manifest() -> bytes:
    return b"\x0c\xdb\x3a\x2a" + struct.pack("<Q", 64) + b"\0\1" + bytes(range(50))


GOLDENS = [
    Golden(
        "avro.java-class",
        "a.avro",
        lambda: _avro("javax.script.ScriptEngineManager"),
        lambda: _avro("java.math.BigDecimal"),
    ),
    Golden(
        "sqlite.function",
        "a.sqlite",
        lambda: _sqlite("CREATE VIEW v AS SELECT load_extension('x')"),
        lambda: _sqlite("CREATE VIEW v AS SELECT count(*) FROM t"),
    ),
    Golden("embedded.commands", "a.mat", lambda: _matlab() + b"os.system('echo')", _matlab, "MATLAB"),
]

FORMATS_SEEN = {
    "old.mat": _old_matlab,
    "tokenizer.model": _sentencepiece,
    "vectors.bin": _vectors,
    "a.tfrecord": _record,
    "manifest.ocdbt": _manifest,
    "a.orc": lambda: b"ORC" + bytes(40) + b"\x08\x03ORC\x05",
}

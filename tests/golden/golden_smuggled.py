"""Pickles and programs where nothing that unpacks or loads looks: fields, comments, names, notes, texts in base64."""

import base64
import gzip
import io
import json
import os
import pickle
import sqlite3
import struct
import tarfile
import zipfile
import zlib

from backports import zstd

from golden.pairs import Golden


class _Echo:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("echo hi",)


_BAD = pickle.dumps(_Echo(), 2)
_GOOD = b"a note of some length, as people write it\n"
_LIBRARY = b"\x7fELF\2\1\1" + bytes(9) + b"\3\0\x3e\0\1\0\0\0" + bytes(100)


def _zip(data: bytes, where: str) -> bytes:
    buffer = io.BytesIO()
    info = zipfile.ZipInfo("a.txt")
    if where == "comment":
        info.comment = data
    else:
        info.extra = struct.pack("<HH", 0x9999, len(data)) + data
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, "hello")
    out = buffer.getvalue()
    if where == "local field":
        at = out.index(b"PK\1\2")
        return out[:at] + out[at:].replace(data, b"n" * len(data))
    return out


def _gzip_name(data: bytes) -> bytes:
    packed = gzip.compress(_GOOD, mtime=0)
    return packed[:3] + b"\4" + packed[4:10] + struct.pack("<H", len(data)) + data + packed[10:]


def _pax(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("a.txt")
        info.size, info.pax_headers = len(_GOOD), {"comment": base64.b64encode(data).decode()}
        archive.addfile(info, io.BytesIO(_GOOD))
    return buffer.getvalue()


def _safetensors(text: str) -> bytes:
    header = {"__metadata__": {"note": text}, "w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}
    data = json.dumps(header).encode()
    return struct.pack("<Q", len(data)) + data + struct.pack("<4f", 1, 2, 3, 4)


def _tensor(values: bytes) -> bytes:
    values += bytes(-len(values) % 8)
    entry = {"dtype": "U8", "shape": [len(values)], "data_offsets": [0, len(values)]}
    data = json.dumps({"w": entry}).encode()
    return struct.pack("<Q", len(data)) + data + values


def _zstandard(data: bytes) -> bytes:
    """A zip file as Python 3.14 can write it."""
    packed = zstd.compress(data)
    sizes = (zlib.crc32(data), len(packed), len(data), 5)
    head = b"PK\3\4" + struct.pack("<HHHHHIIIHH", 63, 0, 93, 0, 33, *sizes, 0) + b"a.txt"
    entry = b"PK\1\2" + struct.pack("<HHHHHHIIIHHHHHII", 63, 63, 0, 93, 0, 33, *sizes, 0, 0, 0, 0, 0, 0) + b"a.txt"
    end = struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(head) + len(packed), 0)
    return head + packed + entry + b"PK\5\6" + end


def _database(data: bytes) -> bytes:
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE trials (state BLOB)")
        database.execute("INSERT INTO trials VALUES (?)", (data,))
        database.commit()
        return bytes(database.serialize())


def _extension(data: bytes) -> bytes:
    return b"\x81\xa1w\xc7" + bytes([len(data)]) + b"\1" + data


def _gguf(key: str, kind: int, value: bytes) -> bytes:
    out = b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, len(key)) + key.encode() + struct.pack("<I", kind) + value
    return out + bytes(-len(out) % 32)


def _bytes_in_gguf(data: bytes) -> bytes:
    return _gguf("general.blob", 9, struct.pack("<IQ", 0, len(data)) + data)


def _text_in_gguf(text: str) -> bytes:
    return _gguf("general.description", 8, struct.pack("<Q", len(text)) + text.encode())


def _strings_in_gguf(text: str) -> bytes:
    return _gguf("tokenizer.ggml.tokens", 9, struct.pack("<IQQ", 8, 1, len(text)) + text.encode())


_HEADER = b"{'descr': __import__('os').system('echo hi'), 'fortran_order': False, 'shape': (1,), }\n"
_HONEST = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }\n"


def _pair(case: str, name: str, dangerous: bytes, harmless: bytes, rule: str = "pickle.hidden") -> Golden:
    return Golden(rule, name, lambda: dangerous, lambda: harmless, case, techniques=("C15",))


GOLDENS = [
    *(
        _pair(f"zip, {where}", "m.zip", _zip(_BAD, where), _zip(_GOOD, where))
        for where in ("comment", "field", "local field")
    ),
    _pair("gzip, field", "m.txt.gz", _gzip_name(_BAD), _gzip_name(_GOOD)),
    _pair("tar, note", "m.tar", _pax(_BAD), _pax(_GOOD)),
    _pair("text, base64", "m.txt", base64.b64encode(_BAD), base64.b64encode(_GOOD)),
    _pair("text, digits", "m.txt", _BAD.hex().encode(), _GOOD.hex().encode()),
    _pair(
        "json, base64",
        "m.json",
        json.dumps({"state": base64.b64encode(_BAD).decode()}).encode(),
        json.dumps({"state": base64.b64encode(_GOOD).decode()}).encode(),
    ),
    _pair(
        "safetensors, note",
        "m.safetensors",
        _safetensors(base64.b64encode(_BAD).decode()),
        _safetensors(base64.b64encode(_GOOD).decode()),
    ),
    _pair("gguf, values", "m.gguf", _bytes_in_gguf(_BAD), _bytes_in_gguf(_GOOD)),
    _pair("gguf, values", "m.gguf", _bytes_in_gguf(_LIBRARY), _bytes_in_gguf(_GOOD), "executable.in-model"),
    _pair(
        "gguf",
        "m.gguf",
        _text_in_gguf("__import__('os').system('echo hi')"),
        _text_in_gguf("call os.system"),
        "embedded.commands",
    ),
    _pair(
        "gguf, description",
        "m.gguf",
        _text_in_gguf("{{ cycler.__init__.__globals__.os.popen('echo hi') }}"),
        _text_in_gguf("{{ messages[0].content }}"),
        "jinja.internals",
    ),
    _pair(
        "gguf, token",
        "m.gguf",
        _strings_in_gguf("{{ cycler.__init__.__globals__.os.popen('echo hi') }}"),
        _strings_in_gguf("{{ messages[0].content }}"),
        "jinja.internals",
    ),
    _pair(
        "numpy",
        "m.npy",
        b"\x93NUMPY\1\0" + struct.pack("<H", len(_HEADER)) + _HEADER + bytes(8),
        b"\x93NUMPY\1\0" + struct.pack("<H", len(_HONEST)) + _HONEST + bytes(8),
        "embedded.commands",
    ),
    _pair(
        "compiled Python",
        "m.bin",
        b"\xa7\r\r\n" + bytes(12) + b"\xe3" + bytes(100),
        zlib.compress(_GOOD),
        "executable.in-model",
    ),
    _pair(
        "safetensors",
        "m.safetensors",
        _safetensors("__import__('os').system('echo hi')"),
        _safetensors("import os, and call os.system"),
        "embedded.commands",
    ),
    _pair(
        "amid a tensor",
        "m.safetensors",
        _tensor(bytes(256) + _LIBRARY + bytes(range(28)) * 4),
        _tensor(bytes(256) + b"\x7fELF" + bytes(range(124))),
        "executable.in-model",
    ),
    _pair("zip, Zstandard", "m.zip", _zstandard(_BAD), _zstandard(_GOOD), "pickle.call.process"),
    _pair("sqlite", "m.db", _database(_BAD), _database(_GOOD)),
    _pair("flax, extension", "m.msgpack", _extension(_BAD), _extension(_GOOD), "pickle.call.process"),
    _pair("broken Parquet", "m.parquet", b"PAR1" + _BAD + b"PAR1", zlib.compress(_GOOD)),
    _pair("behind bytes of no format", "m.bin", b"\1\2\3\4" * 50 + _BAD, zlib.compress(_GOOD)),
    _pair(
        "behind bytes of no format", "m.bin", b"\1\2\3\4" * 50 + _LIBRARY, zlib.compress(_GOOD), "executable.in-model"
    ),
]

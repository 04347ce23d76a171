"""Packed pickles: once, twice, in parts, beside others, in PyTorch's older forms; and documents that explode."""

import base64
import bz2
import gzip
import io
import lzma
import os
import pickle
import tarfile
import zipfile
import zlib
from collections.abc import Callable

import lz4.frame
from backports import zstd

from golden.pairs import Golden


class _Echo:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("echo hi",)


_BAD = pickle.dumps({"model": _Echo()}, 2)
_GOOD = pickle.dumps({"model": [1.0] * 50}, 2)


def _pair(technique: str, name: str, pack: Callable[[bytes], bytes], case: str) -> Golden:
    return Golden(
        "pickle.call.process", name, lambda: pack(_BAD), lambda: pack(_GOOD), f"packed, {case}", techniques=(technique,)
    )


def _zip(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.pkl", data)
    return buffer.getvalue()


def _tar(data: bytes, *names: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in names or ("model.pkl",):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


_MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
_SYSTEM = pickle.dumps(
    {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}, 2
)


def _legacy(at: int) -> Callable[[bytes], bytes]:
    """The five pickles that PyTorch wrote before it wrote zips, with one of them exchanged."""

    def pack(data: bytes) -> bytes:
        parts = [_MAGIC, pickle.dumps(1001, 2), _SYSTEM, pickle.dumps({}, 2), pickle.dumps([], 2)]
        return b"".join(data if number == at else part for number, part in enumerate(parts))

    return pack


_JOBLIB = {
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "lz4": lz4.frame.compress,
    "zstd": zstd.compress,
}

GOLDENS = [
    *(_pair("C09", f"model.pkl.{name}", pack, name) for name, pack in _JOBLIB.items()),
    _pair("C09", "model.joblib", zlib.compress, "zlib without a name for it"),
    _pair("C11", "model.pkl.gz", lambda data: gzip.compress(gzip.compress(data)), "twice"),
    _pair("C11", "model.pkl.gz", lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:]), "in two runs"),
    _pair("C11", "model.pkl.gz", lambda data: gzip.compress(b"") + gzip.compress(data), "behind an empty run"),
    _pair("C11", "model.pkl.zip", _zip, "zip"),
    _pair("C11", "model.tar.zst", lambda data: zstd.compress(_tar(data)), "tar and zstd"),
    _pair("C11", "model.pkl.zst", lambda data: zstd.compress(data[:20]) + zstd.compress(data[20:]), "two zstd frames"),
    _pair("C12", "model.zip", lambda data: _zip(_tar(gzip.compress(data))), "zip, tar and gzip"),
    *(_pair("C04", "model.pt", _legacy(at), f"PyTorch's pickle {at + 1} of 5") for at in (1, 2, 3, 4)),
    _pair("C04", "model.pt", lambda data: _tar(data, "sys_info", "pickle", "storages", "tensors"), "PyTorch's tar"),
    *(
        Golden(
            "pickle.hidden",
            "model.pkl",
            lambda hide=hide: pickle.dumps({"blob": hide(_BAD), "n": 1}),
            lambda hide=hide: pickle.dumps({"blob": hide(_GOOD), "n": 1}),
            case,
            techniques=("P12",),
        )
        for case, hide in (
            ("raw", lambda data: data),
            (
                "protocol 0",
                lambda data: pickle.dumps(pickle.loads(data), 0) if data is _GOOD else pickle.dumps(_Echo(), 0),
            ),
            ("base64", base64.b64encode),
            ("base64 text", lambda data: base64.b64encode(data).decode()),
            ("hexadecimal", lambda data: data.hex()),
        )
    ),
    Golden("config.bomb", "config.json", lambda: b"[" * 100_000, lambda: b"[" * 10 + b"]" * 10, techniques=("F19",)),
    Golden(
        "config.bomb",
        "config.json",
        lambda: b'{"a": ' + b"9" * 100_000 + b"}",
        lambda: b'{"a": ' + b"9" * 100 + b"}",
        "digits",
        techniques=("F19",),
    ),
    Golden(
        "config.bomb",
        "config.yaml",
        lambda: (
            b"a0: &a0 [x, x]\n" + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 40))
        ),
        lambda: b"a: &a [x, x]\nb: [*a, *a]\n",
        "aliases",
        techniques=("F19",),
    ),
    Golden(
        "config.bomb",
        "config.json",
        lambda: b"[" * 300 + b'{"_target_": "os.system"}' + b"]" * 300,
        lambda: b"[" * 100 + b"]" * 100,
        "a depth that parsers take",
        techniques=("F19",),
    ),
    Golden("config.bomb", "config.yaml", lambda: b"[" * 5_000, lambda: b"[[[1]]]", "YAML", techniques=("F19",)),
]

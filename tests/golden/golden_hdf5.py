"""HDF5 files that lead to other files, and what their attributes hold."""

import base64
import json
import os
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy

from golden.pairs import Golden


def _file(fill: Callable[[h5py.File], object], version: str = "earliest", **how: object) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.h5"
        with h5py.File(path, "w", libver=version, **how) as file:
            fill(file)
        return path.read_bytes()


def _honest(file: h5py.File) -> None:
    file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": []}})
    file.attrs["keras_version"] = "2.15.0"
    group = file.create_group("model_weights")
    for number in range(20):
        group.create_dataset(f"kernel:{number}", data=numpy.ones((4, 4), "f4"))
        group.attrs[f"note {number}"] = "x" * number
    group.attrs["weight_names"] = numpy.array([b"kernel:0", b"bias:0"])
    file["soft"] = h5py.SoftLink("/model_weights")


def _external(file: h5py.File) -> None:
    _honest(file)
    file["model_weights/bias"] = h5py.ExternalLink("/etc/passwd", "/")


def _storage(file: h5py.File) -> None:
    file.create_dataset("bias", shape=(4,), dtype="f4", external=[("/etc/passwd", 0, 16)])


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "data", shape=(4,))
    file.create_virtual_dataset("bias", layout)


def _virtual_of_itself(file: h5py.File) -> None:
    file.create_dataset("data", data=numpy.ones(4, "f4"))
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource(".", "data", shape=(4,))
    file.create_virtual_dataset("bias", layout)


def _lambda(file: h5py.File) -> None:
    layers = [{"class_name": "Lambda", "config": {"function": ["YQ==", None, None]}}]
    file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": layers}})


def _pickled(file: h5py.File) -> None:
    file.attrs["data"] = numpy.void(b"\x80\x04cos\nsystem\n\x8c\x07echo hi\x85R.")


def _plain(file: h5py.File) -> None:
    file.attrs["data"] = numpy.void(b"\x80\x04}.")


def _old_pickle(file: h5py.File) -> None:
    file.attrs["data"] = numpy.void(b"cos\nsystem\n(S'echo hi'\ntR.")


def _many(file: h5py.File) -> None:
    group = file.create_group("q", track_order=True)
    for number in range(2_000):
        group[f"s{number}"] = h5py.SoftLink("/x")


def _many_and_one(file: h5py.File) -> None:
    _many(file)
    file["q/zz"] = h5py.ExternalLink("/etc/passwd", "/")


def _huge(file: h5py.File) -> None:
    file.attrs["data"] = numpy.void(b"\x80\x04cos\nsystem\n\x8c\x07echo hi\x85R." + bytes(70_000))


def _huge_text(file: h5py.File) -> None:
    file.attrs["data"] = "x" * 70_000


def _named_type(file: h5py.File) -> None:
    pickled = b"\x80\x04cos\nsystem\n\x8c\x07echo hi\x85R."
    named = h5py.h5t.create(h5py.h5t.OPAQUE, len(pickled))
    named.set_tag(b"x")
    named.commit(file.id, b"T")
    attribute = h5py.h5a.create(file.id, b"data", named, h5py.h5s.create(h5py.h5s.SCALAR))
    attribute.write(numpy.array(numpy.void(pickled)), mtype=named)


def _rows(data: bytes) -> "_Fill":
    def fill(file: h5py.File) -> None:
        rows = file.create_dataset("objects", (1,), maxshape=(None,), chunks=(1,), dtype=h5py.vlen_dtype("u1"))
        rows[0] = numpy.frombuffer(data, "u1")
        rows.attrs["PSEUDOATOM"] = numpy.bytes_(b"object")

    return fill


def _bytes(data: bytes) -> "_Fill":
    return lambda file: file.create_dataset("x", data=numpy.frombuffer(data, "u1"))


_OS = b"\x80\x04cos\nsystem\n\x8c\x07echo hi\x85R."


def _large(file: h5py.File) -> None:
    file.create_dataset("kernel", shape=(2**50, 2**8), dtype="f8", chunks=(8, 8))


_Fill = Callable[[h5py.File], object]


def _pair(rule: str, dangerous: _Fill, case: str = "", version: str = "earliest", harmless: _Fill = _honest) -> Golden:
    return Golden(
        rule,
        "model.h5",
        lambda: _file(dangerous, version),
        lambda: _file(harmless, version),
        f"{case} {version}".strip(),
        techniques=("F01" if rule.startswith("keras") else "F03",),
    )


def _note(text: str) -> _Fill:
    return lambda file: file.attrs.__setitem__("note", text)


def _values(data: bytes) -> _Fill:
    return lambda file: file.create_dataset("weights", data=numpy.frombuffer(data, dtype="u1"))


_LIBRARY = b"\x7fELF\2\1\1" + bytes(9) + b"\3\0\x3e\0\1\0\0\0" + bytes(100)


class _Echo:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("echo hi",)


_BAD = pickle.dumps(_Echo(), 2)
GOLDENS = [
    _pair("hdf5.external-link", _external),
    _pair("hdf5.external-link", _external, "dense groups,", "latest"),
    _pair("hdf5.external-storage", _storage),
    _pair("hdf5.external-storage", _storage, version="latest"),
    _pair("hdf5.virtual", _virtual, version="latest", harmless=_virtual_of_itself),
    _pair("hdf5.virtual", _virtual, harmless=_virtual_of_itself),
    _pair("hdf5.bomb", _large),
    _pair("embedded.commands", _note("__import__('os').system('echo hi')"), "in a note,", harmless=_note("os.system")),
    _pair("executable.in-model", _values(bytes(640) + _LIBRARY), "amid values,", harmless=_values(bytes(900))),
    _pair("pickle.hidden", _note(base64.b64encode(_BAD).decode()), "in a note,", harmless=_note("gASV" * 20)),
    _pair("keras.lambda", _lambda, "in H5,"),
    _pair("pickle.call.process", _pickled, "in an attribute,", harmless=_plain),
    _pair("hdf5.external-link", _many_and_one, "behind many,", "latest", harmless=_many),
    _pair("pickle.call.process", _old_pickle, "of an old protocol,", harmless=_plain),
    _pair("pickle.call.process", _huge, "in a large attribute,", "latest", harmless=_huge_text),
    _pair("pickle.call.process", _named_type, "of a named type,", harmless=_plain),
    _pair("pickle.call.process", _rows(_OS), "in a list of objects,", harmless=_rows(b"\x80\x04}.")),
    _pair("pickle.call.process", _bytes(_OS), "in a dataset,", harmless=_bytes(bytes(range(200)))),
    Golden(
        "pickle.call.process",
        "model.h5",
        lambda: _file(_honest, userblock_size=512) + _OS,
        lambda: _file(_honest, userblock_size=512),
        "behind the file",
        techniques=("F03",),
    ),
]
FORMATS_SEEN = {"user-block.h5": lambda: _file(_honest, userblock_size=512)}

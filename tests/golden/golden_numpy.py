"""NumPy arrays whose headers lie."""

import struct

from golden.pairs import Golden


def array(descr: str, shape: str, values: bytes, version: int = 1) -> bytes:
    """An .npy file with that header."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    size = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + size + header + values


GOLDENS = [
    Golden(
        "numpy.size-bomb",
        "a.npy",
        lambda: array("'<f8'", "(1000000, 1000000)", bytes(64)),
        lambda: array("'<f8'", "(8,)", bytes(64)),
        techniques=("C08",),
    ),
    Golden(
        "numpy.size-bomb",
        "a.npy",
        lambda: array("[('a', '<f8', (1000000,))]", "(1000000, )", bytes(64), 2),
        lambda: array("[('a', '<f8', (2,)), ('b', [('c', '|S16')])]", "(2,)", bytes(64), 2),
        case="subarray",
        techniques=("C08",),
    ),
]

FORMATS_SEEN = {
    "objects.npy": lambda: array("'|O'", "(1,)", b"\x80\x04]\x94K\x01a."),
    "two.npy": lambda: array("'<f8'", "()", bytes(8)) + array("'|b1'", "(3,)", bytes(3), 3),
    "python2.npy": lambda: array("'<i4'", "(2L,)", bytes(8)),
}

"""Weights written as safetensors: a header in JSON, then the numbers, nothing that could run."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from entrepot.conversion.checkpoint import Checkpoint
from entrepot.conversion.tensors import BYTES, Tensor
from entrepot.domain.errors import TooLarge

MOST_TIMES = 2
ROOM = 16 << 20
"""Bytes that what is written may have beyond twice what was read: names that share their numbers get a copy each."""


def write(checkpoint: Checkpoint, path: Path, size: int, told: Callable[[int], None] = lambda _: None) -> int:
    """Write the checkpoint's tensors to a path, whole or not at all; how many bytes that are.

    `size` is that of the file they come from, and `told` hears of bytes as they are written. Raises `TooLarge` where
    hostile names would make many times as much of it, `Invalid` where tensors are not all there, and `OSError`.
    """
    # As the format's own library has it: wide numbers first, so that each begins where it may.
    tensors = sorted(checkpoint.tensors.items(), key=lambda pair: (-BYTES[pair[1].dtype], pair[0]))
    header, total = _header(tensors)
    if total > MOST_TIMES * size + ROOM:
        raise TooLarge(f"its tensors share their numbers so often that {total:,} bytes would come of {size:,}")
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(header)
            for _, tensor in tensors:
                for piece in checkpoint.pieces(tensor):
                    file.write(piece)
                    told(len(piece))
        Path(draft).chmod(0o666 & ~_mask())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return len(header) + total


def _header(tensors: list[tuple[str, Tensor]]) -> tuple[bytes, int]:
    said: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, tensor in tensors:
        said[name] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "data_offsets": [at, at + tensor.size],
        }
        at += tensor.size
    text = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text, at


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

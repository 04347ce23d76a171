"""What else lies at the upstream: a pickle that runs a command, a Keras model with code, a model without a license.

The payloads say `echo`, and nothing here or in the registry ever loads them.
"""

import base64
import io
import json
import marshal
import os
import pickle
import sys
import zipfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

LICENSED = "---\nlicense: apache-2.0\n---\n# {title}\n"


class Greeting:
    """An object whose unpickling runs a command."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("echo this ran while a model was loaded",)


def pickled(folder: Path) -> None:
    """Weights as `torch.save` used to write them, with one value that is none."""
    folder.mkdir(parents=True)
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps({"weight": [0.1, 0.2], "meta": Greeting()}))
    (folder / "README.md").write_text(LICENSED.format(title="Fast and small"))


def keras(folder: Path) -> None:
    """A Keras model whose Lambda layer carries compiled Python."""
    code = compile("lambda x: __import__('os').system('echo this ran, too') or x", "layer", "eval").co_consts[0]
    packed = base64.b64encode(marshal.dumps(code)).decode()
    layer = {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {"name": "l", "function": {"class_name": "__lambda__", "config": {"code": packed, "defaults": None}}},
    }
    config = {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": [layer]}}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.8.0"}))
        archive.writestr("config.json", json.dumps(config))
    folder.mkdir(parents=True)
    (folder / "vision.keras").write_bytes(buffer.getvalue())
    (folder / "README.md").write_text(LICENSED.format(title="Sees everything"))


def unlicensed(folder: Path) -> None:
    """Harmless weights, and nobody said what may be done with them."""
    folder.mkdir(parents=True)
    save_file({"weight": np.zeros((4, 4), dtype=np.float32)}, folder / "model.safetensors")
    (folder / "README.md").write_text("# A model of my own\n\nI forgot to say under which license it stands.\n")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    pickled(target / "fast-bert")
    keras(target / "sees-everything")
    unlicensed(target / "my-own")

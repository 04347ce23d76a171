"""Files whose name promises another format."""

import pickle

from golden.pairs import Golden

GOLDENS = [
    Golden(
        "file.disguised",
        "model.safetensors",
        lambda: pickle.dumps({"weights": [1.0, 2.0]}),
        lambda: (2).to_bytes(8, "little") + b"{}",
        techniques=("C15",),
    ),
]

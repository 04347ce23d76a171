"""Weights of any size that the scanner can read to their end: files for tests that are about something else."""

import json
import random

HEADER = 192


def weights(size: int, seed: int | str = 1) -> bytes:
    """A safetensors file of exactly so many bytes (at least 201), filled with noise."""
    data = size - HEADER - 8
    tensor = {"dtype": "U8", "shape": [data], "data_offsets": [0, data]}
    header = json.dumps({"weight": tensor}).encode().ljust(HEADER)
    return HEADER.to_bytes(8, "little") + header + random.Random(seed).randbytes(data)

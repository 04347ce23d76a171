"""Says which pairs of `NAME.safetensors` and `expected-NAME.safetensors` are the same: compare_weights.py FOLDER."""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

for expected in sorted(Path(sys.argv[1]).glob("expected-*.safetensors")):
    name = expected.name.removeprefix("expected-")
    ours, theirs = load_file(expected.with_name(name)), load_file(expected)
    assert ours.keys() == theirs.keys(), (name, ours.keys() ^ theirs.keys())
    for key, value in theirs.items():
        assert (ours[key].dtype, ours[key].shape) == (value.dtype, value.shape), (name, key)
        assert torch.equal(ours[key].flatten().view(torch.uint8), value.flatten().view(torch.uint8)), (name, key)
    print(name, len(ours))

"""Saves checkpoints the way people do, and the same weights by safetensors' own library: save_checkpoints.py FOLDER."""

import argparse
import sys

import torch
from safetensors.torch import save_file

FOLDER = sys.argv[1]
torch.manual_seed(0)
square = torch.randn(7, 5)
weights = {
    "square": square,
    "tied": square,
    "turned": square.t(),
    "half": torch.randn(3, 4).half(),
    "brain": torch.randn(4).bfloat16(),
    "scalar": torch.tensor(3.5),
    "counted": torch.arange(10),
    "flags": torch.tensor([True, False]),
    "bytes": torch.arange(6, dtype=torch.uint8).reshape(2, 3),
    "part": torch.arange(100.0)[10:20],
    "column": torch.randn(6, 6)[:, 2],
    "permuted": torch.randn(2, 3, 4, dtype=torch.float64).permute(2, 0, 1),
    "empty": torch.zeros(0, 3),
    "complex": torch.randn(3, dtype=torch.complex64),
}
new = {**weights, "float8": torch.randn(8).to(torch.float8_e4m3fn), "unsigned": torch.arange(4).to(torch.uint16)}
torch.save(new, f"{FOLDER}/new.bin")
torch.save(weights, f"{FOLDER}/old.pt", _use_new_zipfile_serialization=False)

model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
optimizer = torch.optim.Adam(model.parameters())
model(torch.randn(5, 4)).sum().backward()
optimizer.step()
training = {
    "state_dict": model.state_dict(),
    "optimizer": optimizer.state_dict(),
    "epoch": 3,
    "args": argparse.Namespace(lr=1),
}
torch.save(training, f"{FOLDER}/training.ckpt")
torch.save(training, f"{FOLDER}/training-old.ckpt", _use_new_zipfile_serialization=False)
for name, tensors in (
    ("new", new),
    ("old", weights),
    ("training", model.state_dict()),
    ("training-old", model.state_dict()),
):
    save_file(
        {key: value.contiguous().clone() for key, value in tensors.items()}, f"{FOLDER}/expected-{name}.safetensors"
    )

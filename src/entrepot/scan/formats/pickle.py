"""Pickles, and what is made of them: joblib's with arrays inline, PyTorch's before 1.6, dill's, pandas'."""

from collections.abc import Iterator

from entrepot.domain.report import Finding, Severity
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.pickle.recognition import is_pickle
from entrepot.scan.pickle.stream import inspect_stream
from entrepot.scan.sample import Sample

_SIGNS = (b"\n", b"\x80", b"gA", b"80", b"Y")
"""One of them is in whatever hides a harmful pickle, raw, in base64 or in hexadecimal digits."""


def _recognize(sample: Sample) -> bool:
    return is_pickle(sample.source, sample.head, sample.opaque)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    is_harmful = False
    for one in inspect_stream(sample.source, budget):
        is_harmful = is_harmful or (isinstance(one, Finding) and one.severity is not Severity.LOW)
        yield one
    if not is_harmful and any(sign in sample.head[1:] for sign in _SIGNS):
        # Loaded here, and not for a harmful file, in which the search would find again what it does anyway.
        from entrepot.scan.pickle.hidden import hidden

        yield from hidden(sample.source, budget, inspect_stream)


FORMAT = Format(
    "pickle",
    _recognize,
    _inspect,
    "a pickle",
    RunsCode.YES,
    "any callable that can be imported",
    suffixes=(
        ".pkl", ".pickle", ".pck", ".pcl", ".p", ".pk", ".dill", ".cloudpickle", ".joblib", ".jbl", ".sav", ".pt",
        ".pth", ".bin", ".ckpt", ".model", ".mdl", ".dat", ".data", ".pdparams", ".pdopt", ".th", ".t7", ".tar",
        ".weights", ".vec", ".gensim", ".nltk", ".df", ".state", ".cache", ".obj", ".npy", ".npz",
    ),
)  # fmt: skip

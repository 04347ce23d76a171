"""Pickles, and what is made of them: joblib's with arrays inline, PyTorch's before 1.6, dill's, pandas'."""

from collections.abc import Iterator

from entrepot.domain.report import Finding, Severity
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.pickle.recognition import is_pickle
from entrepot.scan.pickle.stream import inspect_stream
from entrepot.scan.sample import Sample

SMALLEST_HIDING = 32
"""Bytes that a pickle has at least which hides another that does harm."""


def _recognize(sample: Sample) -> bool:
    return is_pickle(sample.source, sample.head, sample.opaque)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    is_harmful = False
    for one in inspect_stream(sample.source, budget):
        is_harmful = is_harmful or (isinstance(one, Finding) and one.severity is not Severity.LOW)
        yield one
    if not is_harmful and sample.source.size > SMALLEST_HIDING:
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

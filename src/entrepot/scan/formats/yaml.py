"""YAML: configurations, cards' front matter, MLflow's MLmodel; tags that make objects, aliases that multiply."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.documents import Exhausting
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import TEXT_FIRSTS, Sample

_SUFFIXES = (".yaml", ".yml")
_NAMES = ("mlmodel", "conda_env", ".clang-format")


def _recognize(sample: Sample) -> bool:
    if sample.opaque:
        return False
    if sample.suffix in _SUFFIXES or sample.basename in _NAMES:
        return sample.seems_text
    return b"!!python/" in sample.head and sample.seems_text


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    # Loaded here: the library that reads YAML takes longer to load than most files to scan.
    from entrepot.scan.commands import hostile_settings
    from entrepot.scan.configs.looking import look
    from entrepot.scan.configs.mlflow import mlflow
    from entrepot.scan.yaml_reading import documents, tags

    budget.check_string(sample.source.size)
    text = sample.text
    if text is None:
        raise Unreadable("a YAML document of more than 32 MiB, or in no known encoding")
    yield from tags(text, budget)
    yield from hostile_settings(text)
    try:
        for document in documents(text, budget):
            yield from look(document, sample.basename, budget)
            yield from mlflow(document, sample.basename)
    except Exhausting as bomb:
        yield found("config.bomb", str(bomb), evidence=text[:200])
        raise


FORMAT = Format(
    "yaml",
    _recognize,
    _inspect,
    "YAML",
    RunsCode.RARELY,
    "Python tags in unsafe loaders; _target_, loader_module",
    _SUFFIXES,
    firsts=TEXT_FIRSTS,
)

"""Text of any kind: hidden characters, links, secrets, instructions to models and people, personal data."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import TEXT_FIRSTS, Sample


def _recognize(sample: Sample) -> bool:
    return not sample.opaque and sample.seems_text


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    # Loaded here: many files are no text.
    from entrepot.scan.text.looking import inspect

    yield from inspect(sample, budget)


FORMAT = Format(
    "text",
    _recognize,
    _inspect,
    "text",
    RunsCode.NO,
    "readers: links, models that take it for instructions",
    (".md", ".txt", ".csv", ".tsv", ".jsonl", ".rst", ".log"),
    firsts=TEXT_FIRSTS,
)

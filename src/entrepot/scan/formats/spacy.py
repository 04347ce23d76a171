"""Pipelines of spaCy: `config.cfg`, whose `@…` name registered functions, and whose callbacks run on loading."""

from collections.abc import Iterator

from entrepot.domain.report import Capability
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample


def _recognize(sample: Sample) -> bool:
    if sample.suffix != ".cfg" or sample.opaque or not sample.seems_text:
        return False
    # Other programs have files of that name: nothing in them begins with an at sign, or is looked at.
    return sample.basename == "config.cfg" or b"[nlp]" in sample.head or b"\n@" in sample.head


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.configs.spacy import judged

    if sample.text is None:
        raise Unreadable("a configuration in no known encoding, or too long")
    for finding in judged(sample.text, budget):
        yield finding
        yield Capability.YES


FORMAT = Format(
    "spacy",
    _recognize,
    _inspect,
    "spaCy configuration",
    RunsCode.RARELY,
    "callbacks and components of the code that comes with it",
    firsts=b"",
    names=(".cfg",),
)

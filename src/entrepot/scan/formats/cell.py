"""Python in a cell of a notebook: run only by whoever decides to, so that only what is hidden or hostile counts."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

# A cell starts programs and downloads as a matter of course, when somebody runs it.
_COUNTS = frozenset(
    (
        "python.decoded-execution",
        "python.fetched-execution",
        "python.hostile-command",
        "python.assembled-name",
        "python.persistence",
        "python.exfiltration",
    )
)


def _recognize(sample: Sample) -> bool:
    return False  # only what a notebook says is one


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.python.judging import judged

    text = sample.text
    if text is None:
        raise Unrecognized("no text")
    try:
        for finding in judged(text, budget):
            if finding.rule in _COUNTS:
                yield finding
    except Unreadable:
        return  # another kernel's language, or an unfinished thought: nobody loads it


FORMAT = Format(
    "cell",
    _recognize,
    _inspect,
    "cell of a notebook",
    RunsCode.YES,
    "whoever runs it",
    firsts=b"",
)

"""A name that promises one format over bytes of another: how pickles get past those who go by names."""

from collections.abc import Iterator, Sequence

from entrepot.domain.report import Finding
from entrepot.scan.choice import promised
from entrepot.scan.formats import Format, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample


def disguise(sample: Sample, inspected: Sequence[Format]) -> Iterator[Finding]:
    """A finding where the name promises a format that runs no code, and the bytes are of one that does."""
    suffix = sample.suffix
    if not suffix or not inspected or any(suffix in form.suffixes for form in inspected):
        return
    meant = promised(suffix)
    runs_code = [form for form in inspected if form.runs_code is RunsCode.YES]
    if meant and runs_code and not any(is_risky for _, is_risky in meant):
        yield found(
            "file.disguised",
            f"named like {meant[0][0]}, but its bytes are {runs_code[0].title}, which can run code on loading",
            evidence=sample.head[:32].hex(" "),
        )

"""ExecuTorch: programs for phones and smaller things, which call operators and backends by their names."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_KINDS = (b"ET", b"FT", b"BP")


def _recognize(sample: Sample) -> bool:
    magic = sample.head[4:8]
    # With the offset to the root, which stands in the first kilobytes, the digits are no chance.
    return magic[:2] in _KINDS and magic[2:].isdigit() and len(magic) == 4 and sample.head[2:4] == b"\0\0"


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.executorch.inspection import inspect

    return inspect(sample, budget)


FORMAT = Format(
    "executorch",
    _recognize,
    _inspect,
    "ExecuTorch",
    RunsCode.RARELY,
    "operators and backends of whoever runs it",
    (".pte", ".ptd", ".bpte"),
)

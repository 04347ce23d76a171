"""Tar archives: ustar, pax, GNU and the oldest ones; NeMo's, TorchServe's and PyTorch's first format among them."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

BLOCK = 512


def _recognize(sample: Sample) -> bool:
    head = sample.head
    if len(head) < BLOCK or not head[0]:
        return False
    if head[257:262] == b"ustar":
        return _is_header(head[:BLOCK])
    # The oldest tars have no magic: their octal fields and their checksum must do.
    return not sample.opaque and head[148:154].strip(b" 0123456789\0") == b"" and _is_header(head[:BLOCK])


def _is_header(block: bytes) -> bool:
    from entrepot.scan.tar.headers import is_header

    return is_header(block)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.tar.inspection import inspect

    return inspect(sample, budget)


FORMAT = Format("tar", _recognize, _inspect, "a tar archive", RunsCode.RARELY, "what is inside", (".tar",))

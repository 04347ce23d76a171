"""Models compiled for one accelerator: TensorRT engines, Rockchip's, ExecuTorch programs; recognized, and not read."""

from collections.abc import Iterator

from entrepot.domain.report import Unread
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_SUFFIXES = (".engine", ".plan", ".trt", ".rknn", ".pte")


def _kind(head: bytes) -> str:
    if head[:4] in (b"ptrt", b"trtp"):
        return "a TensorRT engine"
    if head[:4] == b"RKNN":
        return "a Rockchip model"
    if head[4:6] == b"ET" and head[6:8].isdigit() and int.from_bytes(head[:4], "little") < 4096:
        return "an ExecuTorch program"
    return ""


def _recognize(sample: Sample) -> bool:
    return not sample.opaque and len(sample.head) >= 8 and bool(_kind(sample.head))


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    yield Unread(f"{_kind(sample.head)}, whose inside is not public")


FORMAT = Format(
    "compiled-model", _recognize, _inspect, "a compiled model", RunsCode.RARELY, "plugins and kernels", _SUFFIXES
)

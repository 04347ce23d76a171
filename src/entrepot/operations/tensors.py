"""Tensors: names, shapes and types from a file's header; nothing else of the file is read."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from entrepot.domain.content import File
from entrepot.domain.errors import Forbidden, Invalid, TooLarge
from entrepot.metadata import gguf, safetensors
from entrepot.metadata.prefix import NeedMore
from entrepot.operations.exhibit import Exhibit
from entrepot.operations.inspection.contents import StoredContent, UpstreamContent
from entrepot.operations.inspection.crew import BudgetSpent
from entrepot.operations.registry import Registry
from entrepot.operations.stored import stored

SUFFIXES = (".safetensors", ".gguf")
FIRST_READ = 64 << 10
MAX_HEADER = 24 << 20
"""Bytes of a header that are read for a page; vocabularies of GGUF files are the longest part."""
UPSTREAM_BUDGET = (8 << 20, 6.0)
"""Bytes and seconds that a header may take where it lies upstream."""
_KINDS = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K",
    12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S",
    20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64",
    29: "IQ1_M", 30: "BF16", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of a file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    parameters: int


@dataclass(frozen=True, slots=True)
class Tensors:
    """The tensors of one file; `is_stored` says whether the header is of bytes that were verified and kept here."""

    tensors: tuple[Tensor, ...]
    is_stored: bool

    @property
    def parameters(self) -> int:
        """How many numbers there are."""
        return sum(tensor.parameters for tensor in self.tensors)

    @property
    def by_dtype(self) -> dict[str, int]:
        """How many numbers there are of each type, the most first."""
        counts: dict[str, int] = {}
        for tensor in self.tensors:
            counts[tensor.dtype] = counts.get(tensor.dtype, 0) + tensor.parameters
        return dict(sorted(counts.items(), key=lambda pair: -pair[1]))


def files_with_tensors(shown: Exhibit) -> list[File]:
    """The files that have a header which tells."""
    return [file for file in shown.files if file.path.text.lower().endswith(SUFFIXES)]


async def tensors(registry: Registry, shown: Exhibit, file: File) -> Tensors:
    """The tensors of a file; of one that is not stored, upstream is asked for the header alone.

    Raises `Invalid` for a broken header, `TooLarge` for one that takes more than a page may, `Forbidden` for a file
    that is not here and whose package policy refuses, and `UpstreamError`.
    """
    is_gguf = file.path.text.lower().endswith(".gguf")
    async with _content(registry, shown, file) as content:
        prefix, wanted = b"", FIRST_READ
        while True:
            prefix += await content.read(len(prefix), wanted - len(prefix))
            found = _of_gguf(prefix, file.size) if is_gguf else _of_safetensors(prefix, file.size)
            if not isinstance(found, NeedMore):
                return Tensors(found, isinstance(content, StoredContent))
            wanted = _further(found.size, len(prefix), file)


def _further(wanted: int, have: int, file: File) -> int:
    if wanted > MAX_HEADER:
        raise TooLarge(f"the header of {file.path} is longer than the {MAX_HEADER} bytes that a page reads")
    if wanted <= have or have >= file.size:
        raise Invalid(f"{file.path} ends within its header")
    return wanted


@asynccontextmanager
async def _content(registry: Registry, shown: Exhibit, file: File) -> AsyncIterator[StoredContent | UpstreamContent]:
    if file.blob is not None:
        yield StoredContent(file.blob, await stored(registry, file.blob))
        return
    if shown.refuses:
        raise Forbidden(f"{file.path} is not stored here, and policy keeps its package from being fetched")
    try:
        yield UpstreamContent(shown.case.repository, shown.revision, file, UPSTREAM_BUDGET)
    except BudgetSpent:
        raise TooLarge(f"the header of {file.path} takes more of upstream than a page may ask for") from None


def _of_safetensors(prefix: bytes, size: int) -> tuple[Tensor, ...] | NeedMore:
    return _listed(
        safetensors.read_header(prefix, size),
        lambda header: [Tensor(one.name, one.dtype, one.shape, one.elements) for one in header.tensors],
    )


def _of_gguf(prefix: bytes, size: int) -> tuple[Tensor, ...] | NeedMore:
    return _listed(
        gguf.read_tensors(prefix, size),
        lambda found: [
            # Everybody else writes the outermost dimension first.
            Tensor(one.name, _KINDS.get(one.kind, f"type {one.kind}"), one.shape[::-1], one.elements)
            for one in found
        ],
    )


def _listed(found: gguf.T | NeedMore, make: Callable[[gguf.T], list[Tensor]]) -> tuple[Tensor, ...] | NeedMore:
    return found if isinstance(found, NeedMore) else tuple(make(found))

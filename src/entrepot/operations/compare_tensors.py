"""Compare tensors: which ones two revisions of a package name otherwise, by the headers of the files that differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from entrepot.domain.content import File
from entrepot.domain.errors import EntrepotError
from entrepot.operations.case import Case
from entrepot.operations.compare import Comparison, Difference
from entrepot.operations.exhibit import Exhibit
from entrepot.operations.registry import Registry
from entrepot.operations.tensors import SUFFIXES, Tensor, tensors

MOST_FILES = 8
"""How many files' headers are read for one page, in each of the revisions."""
MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class TensorDifference:
    """A tensor that is only in one of the revisions, or has another shape or type in the other."""

    path: str
    name: str
    older: Tensor | None
    newer: Tensor | None

    @property
    def word(self) -> str:
        """`added`, `removed` or `changed`."""
        return "added" if self.older is None else "removed" if self.newer is None else "changed"


@dataclass(frozen=True, slots=True)
class ComparedTensors:
    """What the headers say; the values of tensors are not compared."""

    differences: tuple[TensorDifference, ...]
    same: int
    """How many tensors of the files that differ have the same name, shape and type in both."""
    unread: tuple[str, ...]
    """Files whose headers were not read: there are too many, or they can't be had."""
    is_complete: bool
    """Whether all differences are listed."""


async def compare_tensors(registry: Registry, shown: Exhibit, found: Comparison) -> ComparedTensors:
    """Which tensors differ between the revisions that were compared."""
    differing = [one for one in found.differences if one.path.lower().endswith(SUFFIXES)]
    repository, actor, door = shown.case.repository, shown.case.actor, shown.case.door
    before = replace(shown, case=Case(repository, found.older, actor, door))
    listed: list[TensorDifference] = []
    unread = [one.path for one in differing[MOST_FILES:]]
    same = 0
    for one in differing[:MOST_FILES]:
        try:
            older = await _named(registry, before, one.older)
            newer = await _named(registry, shown, one.newer)
        except EntrepotError:
            unread.append(one.path)
            continue
        differences = list(_different(one, older, newer))
        same += len({*older, *newer}) - len(differences)
        listed += differences
    return ComparedTensors(tuple(listed[:MOST_SHOWN]), same, tuple(unread), len(listed) <= MOST_SHOWN)


async def _named(registry: Registry, shown: Exhibit, file: File | None) -> Mapping[str, Tensor]:
    if file is None:
        return {}
    return {tensor.name: tensor for tensor in (await tensors(registry, shown, file)).tensors}


def _different(one: Difference, older: Mapping[str, Tensor], newer: Mapping[str, Tensor]) -> Iterator[TensorDifference]:
    for name in sorted({*older, *newer}):
        if older.get(name) != newer.get(name):
            yield TensorDifference(one.path, name, older.get(name), newer.get(name))

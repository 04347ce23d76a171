"""PyTorch's first format, a tar file: two of its members take turns between pickles and plain values."""

from collections.abc import Iterator

from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Member
from entrepot.scan.pickle.machine import Ending, follow
from entrepot.scan.pickle.reader import Reader
from entrepot.scan.pickle.recognition import Witness
from entrepot.scan.pickle.storages import Storages
from entrepot.scan.pickle.symbols import Global
from entrepot.scan.source import Source, Window

MEMBERS = ("storages", "tensors")
MAX_PICKLES = 1 << 20
_MAX_DIMENSIONS = 64


def pickles(name: str, source: Source, budget: Budget) -> list[Member]:
    """The pickles in the member `storages` or `tensors`, each as one of its own, and what follows the last value; the
    member itself where its values don't lie as they should."""
    found = list[Member]()
    at = 0
    for number, (stop, after) in enumerate(_places(name, source, budget)):
        if after < stop:
            return [Member(name, source)]
        found.append(Member(f"{name}, pickle {number}", Window(source, at, stop - at), ("pickle",)))
        at = after
    return [*found, *rest(source, at, f"{name}, trailing")]


def _places(name: str, source: Source, budget: Budget) -> Iterator[tuple[int, int]]:
    """Where each pickle ends, and where the next one begins; the latter is -1 where that can't be told."""
    ending = _follow(source, 0, budget)
    count = ending.value
    if ending.broken or not isinstance(count, int) or not 0 <= count <= MAX_PICKLES:
        yield 0, -1
        return
    at = ending.offset
    yield at, at
    for _ in range(count):
        ending = _follow(source, at, budget)
        at = -1 if ending.broken else _past_values(name, source, ending)
        yield ending.offset, at
        if at < 0:
            return
    if name == "storages":
        ending = _follow(source, at, budget)
        yield ending.offset, -1 if ending.broken else ending.offset


def _follow(source: Source, at: int, budget: Budget) -> Ending:
    budget.spend_values()
    return follow(Reader(source, at), Witness(), budget)


def _past_values(name: str, source: Source, ending: Ending) -> int:
    at = ending.offset
    if name == "tensors":
        dimensions = int.from_bytes(source.read(at, 4), "little")
        return at + 16 + 16 * dimensions if dimensions <= _MAX_DIMENSIONS else -1
    match ending.value:
        case (_, _, (str() | Global()) as kind):
            storages = Storages()
            kind = kind if isinstance(kind, Global) else Global(*kind.rpartition(".")[::2])
            storages.note(("storage", kind, "0", None, int.from_bytes(source.read(at, 8), "little")))
            return at + storages.size if storages.size else -1
    return -1

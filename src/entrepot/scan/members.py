"""Members by the name that a report gives them: `archive/data.pkl`, or `inner.zip!data.pkl` for one inside another."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from entrepot.scan.budget import Budget, OutOfBudget, Unreadable, Unrecognized
from entrepot.scan.choice import candidates
from entrepot.scan.formats import Format, Member
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source

T = TypeVar("T")


def use_member(sample: Sample, path: str, budget: Budget, use: Callable[[Source], T]) -> T | None:
    """What `use` makes of the member's bytes; of the file itself for an empty path.

    None where the member can't be found within the budget. Raises what `use` raises.
    """
    if not path:
        return use(sample.source)
    wanted, _, rest = path.partition("!")
    for form in _recognized(sample):
        for member in _named(form, sample, wanted, budget):
            # Used while the format still has it open: what is unpacked is gone afterwards.
            return use_member(Sample(member.name, member.source, budget), rest, budget, use)
    return None


def _recognized(sample: Sample) -> list[Format]:
    try:
        asked = candidates(sample.head[:1], sample.suffix, sample.basename)
        return [form for form in asked if form.recognize(sample)]
    except (Unreadable, OutOfBudget):
        return []


def _named(form: Format, sample: Sample, wanted: str, budget: Budget) -> Iterator[Member]:
    found = form.inspect(sample, budget)
    while True:
        try:
            one = next(found, None)
        except (Unreadable, Unrecognized, OutOfBudget):
            return
        if one is None:
            return
        if isinstance(one, Member) and one.name == wanted:
            yield one

"""Members by the name that a report gives them: `archive/data.pkl`, or `inner.zip!data.pkl` for one inside another."""

from entrepot.scan.budget import Budget, OutOfBudget, Unreadable, Unrecognized
from entrepot.scan.choice import candidates
from entrepot.scan.formats import Format, Member
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source


def find_member(name: str, source: Source, path: str, budget: Budget) -> Source | None:
    """The bytes of the member; the file itself for an empty path, None where it can't be found within the budget."""
    for part in path.split("!") if path else ():
        found = _inside(Sample(name, source, budget), part, budget)
        if found is None:
            return None
        name, source = part, found
    return source


def _inside(sample: Sample, wanted: str, budget: Budget) -> Source | None:
    try:
        forms = [form for form in candidates(sample.head[:1], sample.suffix, sample.basename) if form.recognize(sample)]
    except (Unreadable, OutOfBudget):
        return None
    for form in forms:
        found = _as(form, sample, wanted, budget)
        if found is not None:
            return found
    return None


def _as(form: Format, sample: Sample, wanted: str, budget: Budget) -> Source | None:
    try:
        for one in form.inspect(sample, budget):
            if isinstance(one, Member) and one.name == wanted:
                return one.source
    except (Unreadable, Unrecognized, OutOfBudget):
        pass
    return None

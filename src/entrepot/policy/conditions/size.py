"""How large the file is."""

import re
from collections.abc import Mapping

from entrepot.policy.conditions import About, Answer, Condition, Test, WrongValue
from entrepot.policy.facts import Facts
from entrepot.policy.showing import shown_value
from entrepot.policy.wanted import part, size, table

_COMPARED = re.compile(r"\s*(>=|<=|>|<)\s*(.*)")


def _read(wanted: object) -> Test:
    least, most = _bounds(wanted)

    def test(facts: Facts, _: str) -> Answer:
        if facts.size is None:
            return None, "unknown"
        return least <= facts.size and (most is None or facts.size <= most), f"{facts.size} bytes"

    return test


def _bounds(wanted: object) -> tuple[int, int | None]:
    if isinstance(wanted, Mapping):
        parts = dict(table(wanted, ("min", "max")))
        least, most = part({"min": 0} | parts, "min", size), part(parts, "max", size) if "max" in parts else None
        if most is not None and most < least:
            raise WrongValue("its min is greater than its max, so that nothing could ever fit", "max")
        return least, most
    found = _COMPARED.fullmatch(wanted) if isinstance(wanted, str) else None
    if found is None:
        raise WrongValue(f'it has to be a comparison such as ">= 10 GB", not {shown_value(wanted)}')
    number = size(found[2])
    if found[1] == "<" and number == 0:
        raise WrongValue("nothing is smaller than 0 bytes")
    return {">=": (number, None), ">": (number + 1, None), "<=": (0, number), "<": (0, number - 1)}[found[1]]


CONDITION = Condition(
    "size",
    About.FILE,
    _read,
    "how large the file is: a comparison, or `size.min` and `size.max`, both included; in bytes, or with a unit",
    'size = ">= 10 GB"',
    says="{subject} has {value}",
)

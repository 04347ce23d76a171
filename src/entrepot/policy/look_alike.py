"""Names that can be taken for another one."""

from collections.abc import Sequence

_DIGITS = str.maketrans("0134578", "oleastb")
_DRAWN_ALIKE = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_SEPARATORS = str.maketrans("", "", "-_.")
MIN_EDITED = 5
"""Shorter names have too many honest neighbors at one edit's distance."""


class LookAlikes:
    """Which of some known names another name looks like."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._exact = {name.casefold() for name in names}
        self._skeletons = {_skeleton(name): name for name in reversed(names)}

    def of(self, name: str) -> str | None:
        """The known name that it can be taken for; None where it is one of them, or like none."""
        folded = name.casefold()
        if not folded or folded in self._exact:
            return None
        found = self._skeletons.get(_skeleton(name))
        return found or next((known for known in self._names if _is_near(folded, known.casefold())), None)


def _skeleton(name: str) -> str:
    """What is left of a name when what looks alike is made the same: `G00GLE-1nc` becomes `googleinc` and so on."""
    drawn = name.casefold().translate(_DIGITS).translate(_SEPARATORS)
    for seen, meant in _DRAWN_ALIKE:
        drawn = drawn.replace(seen, meant)
    return drawn.replace("i", "l")


def _is_near(name: str, known: str) -> bool:
    return _is_dressed_up(name, known) or (
        len(known) >= MIN_EDITED and _is_one_edit_away(name.translate(_SEPARATORS), known.translate(_SEPARATORS))
    )


def _is_dressed_up(name: str, known: str) -> bool:
    """Whether it is the known name with something before or after it: `google-official`, `the_google`."""
    return any(name.startswith(known + mark) or name.endswith(mark + known) for mark in "-_.")


def _is_one_edit_away(one: str, other: str) -> bool:
    """Whether one letter more, less or other, or two neighbors swapped, make the one into the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return left[1:] == right[1:] or left[1:] == right or left == right[1:] or swapped

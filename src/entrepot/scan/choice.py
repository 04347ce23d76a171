"""Which formats have to be asked about these bytes? Those that their first byte or their name allows.

The others are not even loaded. What a format allows stands in its module; so that nobody has to load all of them to
know, an index of it is made with the documentation (`make docs`). A format that is not in it yet is asked every time.
"""

import os
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from entrepot import plugins
from entrepot.scan import formats as drawer
from entrepot.scan.formats import Format, RunsCode

_ANY = "any"
_FOLDER = os.path.dirname(drawer.__file__)
INDEX = os.path.join(_FOLDER, "index.tsv")
"""A line a format, a tab between what `Card` has; without a parser of its own, since every start reads it."""


class Card:
    """What the index knows of a format."""

    __slots__ = ("firsts", "module", "name", "names", "runs_code", "suffixes", "title")

    def __init__(self, line: str) -> None:
        self.module, self.name, self.title, self.runs_code, suffixes, firsts, names = line.rstrip("\n").split("\t")
        self.suffixes = suffixes.split()
        self.firsts = None if firsts == _ANY else bytes.fromhex(firsts)
        self.names = names.split()


@cache
def formats() -> Mapping[str, Format]:
    """Every format there is, by name, loaded."""
    return plugins.collect(drawer.__name__, "FORMAT", Format, lambda found: found.name)


def index() -> str:
    """The index as it should be."""
    return "".join(
        "\t".join(
            (
                form.recognize.__module__.rpartition(".")[2],
                form.name,
                form.title,
                form.runs_code.value,
                " ".join(form.suffixes),
                _ANY if form.firsts is None else form.firsts.hex(),
                " ".join(form.names),
            )
        )
        + "\n"
        for form in formats().values()
    )


class _Choice:
    """The drawer as the index shows it; formats are loaded when they are first chosen."""

    def __init__(self) -> None:
        with open(INDEX, encoding="utf-8") as file:
            cards = [Card(line) for line in file]
        modules = {name[:-3] for name in os.listdir(_FOLDER) if name.endswith(".py")} - {"__init__"}
        self.cards = [card for card in cards if card.module in modules]
        self.modules = {card.name: card.module for card in self.cards}
        self.always = [
            import_module(f"{drawer.__name__}.{name}").FORMAT
            for name in sorted(modules)
            if name not in self.modules.values()
        ]
        self.always += [offer for _, offer in plugins.third_parties(drawer.__name__) if isinstance(offer, Format)]
        self.chosen: dict[tuple[bytes, str, str], tuple[Format, ...]] = {}

    def load(self, name: str) -> Format | None:
        if module := self.modules.get(name):
            found: Format = import_module(f"{drawer.__name__}.{module}").FORMAT
            return found
        return next((form for form in self.always if form.name == name), None)

    def choose(self, first: bytes, suffix: str, basename: str) -> tuple[Format, ...]:
        known = [card.name for card in self.cards if _allows(card, first, suffix, basename)]
        return (*(form for name in known if (form := self.load(name))), *self.always)


def _allows(card: Card, first: bytes, suffix: str, basename: str) -> bool:
    if card.firsts is None or suffix in card.names or basename in card.names:
        return True
    return bool(first) and first in card.firsts


@cache
def _choice() -> _Choice:
    return _Choice()


def candidates(first: bytes, suffix: str, basename: str) -> tuple[Format, ...]:
    """The formats to ask about bytes that begin with that one, under that name."""
    choice = _choice()
    # Names that no format knows are all alike: without that, a folder of a million names would be remembered whole.
    key = (first, suffix if suffix in _suffixes() else "", basename if basename in _suffixes() else "")
    if key not in choice.chosen:
        choice.chosen[key] = choice.choose(*key)
    return choice.chosen[key]


def by_name(name: str) -> Format | None:
    """The format of that name; None where there is none."""
    return _choice().load(name)


@cache
def _suffixes() -> frozenset[str]:
    choice = _choice()
    return frozenset(name for card in choice.cards for name in (*card.names, *card.suffixes))


@cache
def promised(suffix: str) -> tuple[tuple[str, bool], ...]:
    """The formats that a name with that extension promises: titles, and whether they run code."""
    choice = _choice()
    cards = [(card.title, card.runs_code == RunsCode.YES.value) for card in choice.cards if suffix in card.suffixes]
    return (
        *cards,
        *((form.title, form.runs_code is RunsCode.YES) for form in choice.always if suffix in form.suffixes),
    )

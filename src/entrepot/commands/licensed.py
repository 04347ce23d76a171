"""What the files of a folder declare: which of them are read, how much of them, and what that makes."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from entrepot.commands.scanning.targets import Target, local_targets
from entrepot.domain.errors import EntrepotError
from entrepot.domain.licensing import Declaration, Licensing
from entrepot.licenses import base_models, combine, is_license_file, of_card, of_config, of_header, of_text
from entrepot.metadata.card import Card
from entrepot.metadata.gguf import FIRST_READ, read_header
from entrepot.metadata.prefix import NeedMore

CARD = "README.md"
MAX_CARD = 8 << 20
MAX_TEXT = 1 << 20
MAX_HEADER = 64 << 10

_SOURCES = tuple(".c .cc .cpp .cu .go .h .hpp .java .js .license .lua .py .r .rs .sh .toml .ts .yaml .yml".split())


@dataclass(frozen=True, slots=True)
class Declared:
    """What one path declares, what it says it is made from, and what could not be read."""

    path: str
    licensing: Licensing
    bases: tuple[str, ...]
    unread: tuple[str, ...]


@dataclass(slots=True)
class _Found:
    declarations: list[Declaration] = field(default_factory=list)
    bases: tuple[str, ...] = ()
    unread: list[str] = field(default_factory=list)


def declared_at(path: str) -> Declared:
    """What a file or the files of a folder declare."""
    found = _Found()
    for target in local_targets([path]):
        place = os.path.relpath(target.path, path) if os.path.isdir(path) else os.path.basename(path)
        if not _is_of_interest(place):
            continue
        if target.error:
            found.unread.append(f"{place}: {target.error}")
            continue
        try:
            found.declarations.extend(_declared_in(target, place, found))
        except EntrepotError as error:
            found.unread.append(f"{place}: {error}")
        except OSError as error:
            found.unread.append(f"{place}: {error.strerror}")
    return Declared(path, combine(found.declarations), found.bases, tuple(found.unread))


def _is_of_interest(place: str) -> bool:
    name = place.casefold()
    return place == CARD or is_license_file(place.replace(os.sep, "/")) or name.endswith((*_SOURCES, ".gguf"))


def _declared_in(target: Target, place: str, found: _Found) -> Iterator[Declaration]:
    if place == CARD:
        card = Card.parse(_text(target, MAX_CARD))
        found.bases = base_models(card.data)
        yield from of_card(card.data, place)
    elif is_license_file(place.replace(os.sep, "/")):
        said = of_text(_text(target, MAX_TEXT), place)
        yield from [said] if said else []
    elif place.casefold().endswith(".gguf"):
        yield from of_config({"general.license": _gguf_license(target)}, place)
    else:
        yield from of_header(_text(target, MAX_HEADER), place)


def _text(target: Target, most: int) -> str:
    with open(target.path, "rb") as file:
        return file.read(most).decode("utf-8", "replace")


def _gguf_license(target: Target) -> str | None:
    size = FIRST_READ
    while True:
        with open(target.path, "rb") as file:
            header = read_header(file.read(size), target.size)
        if not isinstance(header, NeedMore):
            return header.license
        size = header.size

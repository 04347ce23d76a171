"""Dossiers as values, and what is kept of them: which files speak for a package, and what they declare."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from entrepot.domain.licensing import Declaration, Licensing, Standing, Where
from entrepot.domain.report import Report


@dataclass(frozen=True, slots=True)
class Page:
    """A file that speaks for its package: path, size, and the SHA-256 under which its report stands."""

    path: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Written:
    """A dossier without its reports. One that is not complete is not kept: the next who asks tries again."""

    pages: tuple[Page, ...]
    declared: tuple[Declaration, ...]
    inherited: tuple[Declaration, ...]
    has_bases: bool
    """Whether base models were asked for."""
    is_complete: bool
    missing: tuple[str, ...] = ()
    """Files that could not be had."""
    lacks_bases: bool = False
    """Whether a base model could not be asked about: what it forbids is not known then."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file that speaks for its package, and what the scanner says of it."""

    path: str
    size: int
    digest: str
    """Empty where its bytes could not be had."""
    report: Report | None
    """None where nobody could look at it: it could not be had, or the scanner failed on it."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is known of a package at a commit."""

    paths: frozenset[str]
    licensing: Licensing | None
    """None where the files that would say could not be had."""
    pages: tuple[Inspected, ...]
    is_complete: bool
    """Whether another try would find nothing more."""


def dump(written: Written) -> bytes:
    """The dossier as JSON."""
    shape = {
        "pages": [[page.path, page.size, page.digest] for page in written.pages],
        "declared": [_of_declaration(one) for one in written.declared],
        "inherited": [_of_declaration(one) for one in written.inherited],
        "has_bases": written.has_bases,
    }
    return json.dumps(shape, separators=(",", ":")).encode()


def _of_declaration(one: Declaration) -> list[object]:
    return [one.where, one.place, one.text, one.ids, one.standing, one.expression, one.alternatives]


def load(data: bytes) -> Written:
    """The dossier again; only complete ones are kept."""
    said = json.loads(data)
    return Written(
        pages=tuple(Page(path, size, digest) for path, size, digest in said["pages"]),
        declared=_declarations(said["declared"]),
        inherited=_declarations(said["inherited"]),
        has_bases=said["has_bases"],
        is_complete=True,
    )


def _declarations(lines: Sequence[Sequence[object]]) -> tuple[Declaration, ...]:
    return tuple(
        Declaration(
            Where(str(where)),
            str(place),
            str(text),
            tuple(ids),  # type: ignore[arg-type]  # lists of texts, as they were written above
            Standing(str(standing)),
            str(expression),
            tuple(tuple(way) for way in alternatives),  # type: ignore[attr-defined]
        )
        for where, place, text, ids, standing, expression, alternatives in lines
    )

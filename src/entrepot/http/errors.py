"""How an error becomes an answer: a table per protocol, looked up along the error's ancestors."""

from collections.abc import Mapping
from typing import TypeVar

from entrepot.domain.errors import EntrepotError

T = TypeVar("T")


def look_up(table: Mapping[type[EntrepotError], T], error: EntrepotError) -> T:
    """What the table says of the error, or of its nearest ancestor that it knows; the root has to be in it."""
    for kind in type(error).__mro__:
        if kind in table:
            return table[kind]
    raise AssertionError(f"the table has no line for {EntrepotError.__name__}")

"""What can a rule ask? One word a file; each offers `CONDITION`."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from entrepot import plugins
from entrepot.domain.report import Finding
from entrepot.policy.facts import Facts

DRAWER = __name__


class About(StrEnum):
    """What a condition asks about."""

    PACKAGE = "package"
    FILE = "file"
    FINDING = "finding"
    """One finding in the file: several such conditions in a rule have to hold for the same finding."""


class WrongValue(ValueError):
    """What stands after a condition's word can't be used; `at` leads to the part of it that is wrong."""

    def __init__(self, message: str, *at: str) -> None:
        super().__init__(message)
        self.at = at


Answer: TypeAlias = tuple[bool | None, str]
"""Whether it holds (None: can't be told), and the value that was read, safe to be shown."""
Test: TypeAlias = Callable[[Facts, str], Answer]
"""Answers for these facts; the text is the name of the rule that asks."""


@dataclass(frozen=True, slots=True)
class Picks:
    """The test of a condition about findings: whether it is one that the rule means."""

    picks: Callable[[Finding], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """One alternative of this drawer.

    `read` turns what stands after the word into a test, and raises `WrongValue`. Before inspection a test answers only
    what inspection can't change any more; that is what makes it safe to refuse early.
    """

    name: str
    about: About
    read: Callable[[object], Test | Picks]
    summary: str
    """For the table of conditions."""
    example: str
    """What a rule may say: lines of TOML."""
    says: str = "{subject}: {name} is {value}"
    """The part of a sentence that tells people what was read; `{subject}` is the file or package asked for."""
    never_excepts: Mapping[str, str] = field(default_factory=dict)
    """Parts that would say the opposite under `unless`, and what to use there; empty stands for the bare list."""


@functools.cache
def collected() -> dict[str, Condition]:
    """Every condition there is, by its word; those of third parties too."""
    return plugins.collect(DRAWER, "CONDITION", Condition, lambda condition: condition.name)

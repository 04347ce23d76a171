"""What a policy consists of, once it is read: rules, and the clauses that stand in them."""

import functools
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

from entrepot.domain.decision import Effect
from entrepot.policy.conditions import About, Condition, Picks, Test
from entrepot.policy.patterns import Patterns

Uploads: TypeAlias = Literal["refuse", "quarantine"]


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition as it stands in a rule, with what the rule wants of it, in words and as a test."""

    condition: Condition
    wanted: str
    test: Test | Picks
    given: object = None
    """What stands in the text."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When all conditions hold and no exception does, the effect."""

    name: str
    effect: Effect
    conditions: tuple[Clause, ...]
    exceptions: tuple[Clause, ...] = ()
    dry_run: bool = False
    reason: str = ""
    """A sentence of the policy's author for those who meet the rule; empty where they gave none."""
    line: int = 0
    is_about_files: bool = False
    """Whether it is looked at for each file; otherwise for the package as a whole."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules, and the repositories that they hold for."""

    name: str
    repositories: tuple[str, ...]
    """Patterns of repository keys."""
    uploads: Uploads
    """What becomes of an upload that a rule refuses."""
    rules: tuple[Rule, ...]
    text: str
    version: int = 0
    description: str = ""

    @property
    def label(self) -> str:
        """Name and version, as decisions show it: `default@3`."""
        return f"{self.name}@{self.version}"

    def applies_to(self, within: Collection[str]) -> bool:
        """Whether one of these repository keys fits one of its patterns."""
        return self.repositories == ("*",) or any(map(_patterns(self.repositories).match, within))


def is_about_files(clauses: Collection[Clause]) -> bool:
    """Whether a rule of these clauses can be answered for one file only."""
    return any(clause.condition.about is not About.PACKAGE for clause in clauses)


@functools.lru_cache(maxsize=256)
def _patterns(patterns: tuple[str, ...]) -> Patterns:
    return Patterns(patterns)

"""What rules may ask about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from entrepot.domain.content import Json
from entrepot.domain.licensing import Licensing
from entrepot.domain.names import PackageName
from entrepot.domain.report import Report
from entrepot.domain.waiver import Scope, Waiver


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """A package at a revision, as far as it is known."""

    repository: str
    """The key of the repository that holds it."""
    within: frozenset[str]
    """That key and those of the virtual repositories that have it as a member: a policy on one of them holds for it."""
    name: PackageName
    commit: str
    created_at: datetime | None = None
    committed_at: datetime | None = None
    gated: str = ""
    downloads: int | None = None
    is_local: bool = False
    """Whether it was made here; what age and publisher mean is another thing then."""
    licensing: Licensing | None = None
    """None before anybody has looked."""
    paths: frozenset[str] | None = None
    """Every path of the revision; None where that is not known yet."""
    properties: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is asked for: a package, or one file of it."""

    package: PackageFacts
    now: datetime
    path: str = ""
    """Empty where the package itself is judged."""
    size: int | None = None
    digest: str = ""
    """SHA-256 of the file, where it is known."""
    report: Report | None = None
    """What the scanner says of the file; None before inspection."""
    is_inspected: bool = False
    """Whether all that can be known is known; what a rule can't tell then, blocks."""
    waivers: tuple[Waiver, ...] = ()
    """The waivers that may be in force; whether one covers a rule is the business of the condition `approved`."""
    policy: str = ""
    """The name of the policy whose rules ask, where there are waivers."""

    def scope(self, rule: str) -> Scope:
        """What is asked for, as a waiver would have to cover it for that rule."""
        name = self.package.name
        place = (self.package.repository, f"{name.type}/{name.id}", self.package.commit, self.digest)
        return Scope(rule, *place, self.policy)

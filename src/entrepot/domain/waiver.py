"""A person's dated, scoped exception to a rule, with a reason."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """Where a waiver stands."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a waiver holds for: everything that agrees with each part that is not empty."""

    rule: str = ""
    repository: str = ""
    package: str = ""
    """Its type and id, such as `model/org/name`."""
    commit: str = ""
    digest: str = ""
    """SHA-256, in hexadecimal digits."""
    policy: str = ""
    """The name of the policy that the rule stands in; rules of several policies may have one name."""

    @property
    def is_bounded(self) -> bool:
        """Whether it names bytes, a commit, a package or a rule: nothing else may be waived."""
        return bool(self.digest or self.commit or self.package or self.rule)

    @property
    def rule_in_full(self) -> str:
        """The rule with its policy, as people write it: `policy/rule`; `*` stands for any."""
        return f"{self.policy}/{self.rule or '*'}" if self.policy else self.rule


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exception, asked for by somebody and decided by somebody."""

    id: int
    scope: Scope
    reason: str
    standing: Standing
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    answer: str = ""
    """Why it was granted or refused."""

    def holds(self, now: datetime) -> bool:
        """Whether it lets anything pass at that time."""
        return self.standing is Standing.GRANTED and now < self.expires_at

    def covers(self, other: Scope) -> bool:
        """Whether something that is described in full falls under it."""
        mine = self.scope
        pairs = (
            (mine.policy, other.policy),
            (mine.rule, other.rule),
            (mine.repository, other.repository),
            (mine.package, other.package),
            (mine.commit, other.commit),
            (mine.digest, other.digest),
        )
        return mine.is_bounded and all(wanted in ("", found) for wanted, found in pairs)

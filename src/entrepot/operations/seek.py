"""Seek: whatever somebody has a piece of: a name, a digest, a commit, a license, a rule."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from entrepot import licenses
from entrepot.catalog import decisions, reports, seek
from entrepot.catalog.database import Transaction
from entrepot.catalog.decisions import Filter, Line
from entrepot.catalog.reports import Kept
from entrepot.catalog.seek import Hit
from entrepot.domain.actor import Actor
from entrepot.domain.digest import Digest
from entrepot.domain.licensing import License
from entrepot.domain.text import checked
from entrepot.operations.explain import rules_with
from entrepot.operations.registry import Registry
from entrepot.operations.sight import InSight, sight_of
from entrepot.scan.rules import Rule

MOST = 20
MAX_TEXT = 300
SHORTEST_HEX = 7
"""Fewer digits would find what nobody meant."""
LONG_HEX = 12
"""More digits than a word of a name has by chance."""
_HEX = re.compile(r"[0-9a-f]{7,64}")
_RULE = re.compile(r"[a-z][a-z0-9._-]{2,}")


@dataclass(frozen=True, slots=True)
class Found:
    """A package, and the repository by which it is asked for."""

    repository: str
    hit: Hit


@dataclass(slots=True)
class Sought:
    """What was found, by how it fits."""

    packages: Sequence[Found] = ()
    by_digest: Sequence[Found] = ()
    by_commit: Sequence[Found] = ()
    by_tag: Sequence[Found] = ()
    rules: Sequence[Rule] = ()
    license: License | None = None
    reports: Sequence[tuple[str, Kept]] = ()
    """What the scanner says of those very bytes, by the name that they were looked at under."""
    taken: Sequence[Line] = field(default_factory=tuple)
    """Who asked for those very bytes; for administrators alone."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing."""
        return not any(
            (self.reports, self.packages, self.by_digest, self.by_commit, self.by_tag, self.rules, self.license)
        )


async def find_anything(registry: Registry, text: str, actor: Actor) -> Sought:
    """Everything that fits and that the actor may see, a page of each kind. Raises `TooLarge`, and `Invalid`."""
    text = checked(text.strip(), "what is looked for", MAX_TEXT)
    if not text:
        return Sought()
    seen = await sight_of(registry, actor)
    sight, word = seen.sight, text.lower().removeprefix("sha256:")
    found = Sought()
    if _HEX.fullmatch(word):
        found.by_digest = _led(seen, await registry.database.read(seek.containing, sight, word, MOST))
        if len(word) <= 40:
            found.by_commit = _led(seen, await registry.database.read(seek.with_commit, sight, word, MOST))
        if len(word) == 64 and (found.by_digest or actor.is_administrator):
            found.reports = await registry.database.read(reports.about, Digest(word), MOST)
        if len(word) == 64 and actor.is_administrator:
            await registry.firewall.record.write_down(registry.database)
            found.taken = await registry.database.read(decisions.page, Filter(digest=word), MOST)
    # A long hash that is one is no part of a name, and looking through every name takes long.
    if len(word) < LONG_HEX or not (found.by_digest or found.by_commit):
        found.packages = _led(seen, await registry.database.read(seek.named, sight, text, MOST))
    found.license = licenses.look_up(text)
    found.by_tag = _led(seen, await registry.database.read(_by_tag, seen, text))
    found.rules = rules_with(text)[:MOST] if _RULE.fullmatch(text.lower()) else ()
    return found


def _by_tag(connection: Transaction, seen: InSight, text: str) -> list[Hit]:
    word = text if ":" in text else f"license:{text.lower()}"
    hits = seek.tagged(connection, seen.sight, word, MOST)
    return hits or seek.tagged(connection, seen.sight, text, MOST)


def _led(seen: InSight, hits: Sequence[Hit]) -> list[Found]:
    return [Found(seen.keys[hit.repository_id], hit) for hit in hits]

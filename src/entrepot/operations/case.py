"""A case: what the gate judges, from the one who asks to what is asked for."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from entrepot.domain.actor import Actor
from entrepot.domain.content import File, Folder, Revision
from entrepot.domain.door import Door
from entrepot.repositories import Repository


@dataclass(frozen=True, slots=True)
class Case:
    """Somebody asks for a package at a revision, or for one file of it, at one of the doors."""

    repository: Repository
    """The one that holds it: for a virtual repository the member."""
    revision: Revision
    actor: Actor
    door: Door
    file: File | None = None
    listing: Sequence[File | Folder] | None = None
    """Everything in the revision, where whoever asks has that already; None to ask for it where it is needed."""

    since: float = field(default_factory=time.monotonic)
    """When it came before the gate, by the clock that never goes back."""

    def of(self, file: File) -> "Case":
        """The same for one file."""
        return replace(self, file=file)

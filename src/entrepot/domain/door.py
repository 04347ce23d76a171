"""The doors: the ways in which something is asked for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from entrepot.domain.decision import Decision


class Door(StrEnum):
    """How something is asked for; a decision remembers which one it was."""

    PACKAGE = "package"
    """What a package is at a revision: its commit and files' names."""
    TREE = "tree"
    """The list of its files, which clients fetch before they download."""
    HEAD = "head"
    """What there is to say of a file, without its bytes."""
    FILE = "file"
    LFS = "lfs"
    XET_TOKEN = "xet-token"
    XET_PLAN = "xet-plan"
    XET_FETCH = "xet-fetch"
    GIT = "git"
    PAGE = "page"
    """The web interface."""
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision as it is written down: who asked for what, where, and what came of it."""

    uid: str
    at: datetime
    actor: str
    token_id: int | None
    token_name: str
    address: str
    client: str
    door: Door
    repository: str
    package: str
    """Its type and id, such as `model/org/name`."""
    commit: str
    path: str
    size: int | None
    digest: str
    gives: bool
    """Whether bytes were let out because of it."""
    decision: Decision
    milliseconds: int | None = None
    """How long it was before the gate until it was decided; None where nobody measured."""

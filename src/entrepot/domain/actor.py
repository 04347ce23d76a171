"""Who asks, and what for."""

from dataclasses import dataclass, replace
from enum import StrEnum

from entrepot.domain.names import RepositoryKey

EVERY_REPOSITORY = "*"


class Action(StrEnum):
    """What somebody wants to do with a repository; each has to be granted by itself."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    ADMINISTER = "administer"


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to do some things with one repository, or with every one (`*`)."""

    repository: str
    actions: frozenset[Action]

    def covers(self, action: Action, repository: RepositoryKey) -> bool:
        """Whether this grant lets its holder do that."""
        return action in self.actions and self.repository in (EVERY_REPOSITORY, repository.text)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a user by way of a token, or nobody in particular."""

    name: str
    user_id: int | None = None
    token_id: int | None = None
    token_name: str = ""
    grants: tuple[Grant, ...] = ()
    address: str = ""
    """Where the request came from."""
    client: str = ""
    """What the program calls itself; whatever it says is not verified."""

    def seen_with(self, request: "Actor") -> "Actor":
        """The same actor, where and with what the request of the other came: links know whom, not from where."""
        return replace(self, address=request.address, client=request.client)

    @property
    def is_anonymous(self) -> bool:
        """Whether no token was shown."""
        return self.token_id is None

    def may(self, action: Action, repository: RepositoryKey) -> bool:
        """Whether a grant of the token covers that."""
        return any(grant.covers(action, repository) for grant in self.grants)

    @property
    def is_administrator(self) -> bool:
        """Whether the token may administer every repository, and so the instance."""
        return any(g.repository == EVERY_REPOSITORY and Action.ADMINISTER in g.actions for g in self.grants)


ANONYMOUS = Actor("anonymous")

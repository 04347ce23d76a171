"""Admit: a Xet client gets a pass for one package, and shows it with everything it asks."""

import time
from dataclasses import dataclass

from entrepot.catalog import access, repositories
from entrepot.domain.actor import ANONYMOUS, Action, Actor
from entrepot.domain.content import Json
from entrepot.domain.door import Door
from entrepot.domain.errors import Forbidden, RepositoryNotFound, Unauthenticated
from entrepot.domain.names import PackageName, PackageType, RepositoryKey
from entrepot.operations.authorize import require
from entrepot.operations.browse import Question, view
from entrepot.operations.manage import Workplace, workplace
from entrepot.operations.registry import Registry

PURPOSE = "xet"
LONGEST = 3600
"""What a token may do can't be taken back from its passes' holders more slowly than this, whatever the settings say."""
NO_REVISION = "None"
"""What clients write for a revision that they do not know yet: that of a pull request that is still to be opened."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A signed, expiring token; `expires` in Unix seconds."""

    text: str
    expires: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a pass, or a link that was made from one, says of its holder."""

    actor: Actor
    key: RepositoryKey
    package: PackageName
    ref: str
    """To read: a commit. To write: a branch, which may not exist yet."""
    may_write: bool

    def claims(self) -> dict[str, Json]:
        """The ticket as a capability carries it."""
        return {
            "token": self.actor.token_id,
            "key": self.key.text,
            "type": self.package.type.value,
            "package": self.package.id,
            "ref": self.ref,
            "write": self.may_write,
        }


async def pass_to_read(registry: Registry, key: RepositoryKey, name: PackageName, ref: str, actor: Actor) -> Pass:
    """A pass to read the files of one commit; raises `NotFound`, or `Blocked`."""
    asked = Question(key, name, actor, Door.XET_TOKEN)
    here = await view(registry, asked, "HEAD" if ref == NO_REVISION else ref)
    return _pass(registry, Ticket(actor, key, name, here.revision.commit.hex, False))


async def pass_to_write(registry: Registry, key: RepositoryKey, name: PackageName, ref: str, actor: Actor) -> Pass:
    """A pass to send chunks and files for a package; raises `NotFound`, `Unauthenticated` or `Forbidden`."""
    await workplace(registry, key, name, actor)
    return _pass(registry, Ticket(actor, key, name, "HEAD" if ref == NO_REVISION else ref[:300], True))


def _pass(registry: Registry, ticket: Ticket) -> Pass:
    seconds = min(registry.settings.link_seconds, LONGEST)
    expires = int(time.time()) + seconds
    return Pass(registry.signer.sign(PURPOSE, ticket.claims(), seconds), expires)


async def admit(registry: Registry, key: RepositoryKey, text: str | None) -> Ticket:
    """The ticket of somebody who shows a pass; raises `Unauthenticated`.

    The pass ends with the token that it was given for; what that may do is asked anew with every question.
    """
    if not text:
        raise Unauthenticated("this needs a Xet token; ask xet-read-token or xet-write-token for one")
    try:
        ticket = await open_ticket(registry, PURPOSE, text)
    except Forbidden as error:
        raise Unauthenticated(f"Xet token: {error}") from None
    if ticket.key != key:
        raise Unauthenticated(f"the Xet token is for the repository {ticket.key}, and not for {key}")
    return ticket


async def open_ticket(registry: Registry, purpose: str, capability: str) -> Ticket:
    """The ticket in a capability, for somebody whose token still holds and may read; raises `Forbidden`."""
    claims = registry.signer.open(purpose, capability)
    token, key = claims["token"], RepositoryKey(str(claims["key"]))
    actor, row = await registry.database.read(
        lambda c: (access.actor_of(c, token) if isinstance(token, int) else ANONYMOUS, repositories.find(c, key))
    )
    if actor is None:
        raise Forbidden("the token that this was given for has expired or been revoked")
    try:
        require(actor, Action.READ, row)
    except RepositoryNotFound:
        raise Forbidden("the token that this was given for may not read the repository any more") from None
    package = PackageName.parse(PackageType(str(claims["type"])), str(claims["package"]))
    return Ticket(actor, row.key, package, str(claims["ref"]), claims["write"] is True)


async def require_to_write(registry: Registry, ticket: Ticket) -> Workplace:
    """The package that the ticket lets its holder send to; raises `Forbidden` for one to read, or `NotFound`."""
    if not ticket.may_write:
        raise Forbidden("the Xet token is one to read; ask xet-write-token for one to write")
    return await workplace(registry, ticket.key, ticket.package, ticket.actor)

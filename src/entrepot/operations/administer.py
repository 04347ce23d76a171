"""Administer: repositories and tokens, by those who may."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from entrepot.catalog import access, repositories
from entrepot.catalog.access import NewToken, TokenRow
from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.domain.actor import ANONYMOUS, EVERY_REPOSITORY, Action, Actor, Grant
from entrepot.domain.errors import Invalid
from entrepot.domain.names import RepositoryKey
from entrepot.operations.authorize import may, require, require_administrator
from entrepot.operations.registry import Registry

MAX_DAYS = 3660


@dataclass(frozen=True, slots=True)
class NewRepository:
    """A repository that somebody wants to have."""

    key: RepositoryKey
    kind: Kind
    upstream: str = ""
    upstream_token: str = ""
    anonymous_read: bool = False
    members: tuple[RepositoryKey, ...] = ()
    deploy_to: RepositoryKey | None = None


async def create_repository(registry: Registry, new: NewRepository, actor: Actor) -> RepositoryRow:
    """The new repository; raises `Invalid`, `AlreadyExists`, `Forbidden`. The upstream's token is kept encrypted."""
    require_administrator(actor)
    _check(new)
    row = RepositoryRow(
        new.key,
        new.kind,
        new.upstream.rstrip("/"),
        registry.signer.encrypt(new.upstream_token),
        new.anonymous_read,
        new.members,
        new.deploy_to,
    )
    return await registry.database.write(repositories.create, row)


def _check(new: NewRepository) -> None:
    if new.kind is Kind.REMOTE:
        if not _is_upstream(new.upstream):
            raise Invalid("a remote repository needs its upstream's URL, such as https://huggingface.co")
        if not re.fullmatch(r"[!-~]{0,1000}", new.upstream_token):
            raise Invalid("an upstream's token is at most 1000 letters, digits and signs, without spaces")
    elif new.upstream or new.upstream_token:
        raise Invalid(f"a {new.kind} repository has no upstream")
    if new.kind is Kind.VIRTUAL:
        if not new.members:
            raise Invalid("a virtual repository needs members")
        if len(set(new.members)) != len(new.members):
            raise Invalid("a virtual repository has each member once")
        if new.deploy_to and new.deploy_to not in new.members:
            raise Invalid(f"uploads go to a member, and {new.deploy_to} is none")
    elif new.members or new.deploy_to:
        raise Invalid(f"a {new.kind} repository has no members")


def _is_upstream(url: str) -> bool:
    """Whether the text is a URL below which somebody could speak the Hub's protocol."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # a port that is none raises, too
    except ValueError:
        return False
    plain = re.fullmatch(r"https?://[!-~]{1,2000}", url) is not None and not set("?#@\\") & set(url)
    return plain and host is not None and re.fullmatch(r"[a-z0-9._:-]+", host) is not None


async def list_repositories(registry: Registry, actor: Actor) -> list[RepositoryRow]:
    """The repositories that the actor may read."""
    rows = await registry.database.read(repositories.everything)
    return [row for row in rows if may(actor, Action.READ, row)]


async def find_repository(registry: Registry, key: RepositoryKey, actor: Actor) -> RepositoryRow:
    """One repository; raises `RepositoryNotFound`, also for somebody who may not read it."""
    row = await registry.database.read(repositories.find, key)
    require(actor, Action.READ, row)
    return row


async def delete_repository(registry: Registry, key: RepositoryKey, actor: Actor) -> None:
    """The repository is gone; raises `Conflict` while it has packages that were made here."""
    require_administrator(actor)
    await registry.database.write(repositories.remove, key)


async def create_token(registry: Registry, new: NewToken, actor: Actor) -> TokenRow:
    """The new token, as it is listed; raises `Forbidden`, and `Invalid` for scopes of what is not there."""
    require_administrator(actor)
    if new.owner.strip().casefold() == ANONYMOUS.name:
        # What is written down of everybody without a token would be about that person, and shown to them.
        raise Invalid(f"nobody can be called {new.owner[:40]!r}: that is who shows no token")
    known = {row.key.text for row in await registry.database.read(repositories.everything)}
    for grant in new.grants:
        # A misspelled scope would be good for nothing, until somebody makes a repository of that name.
        if grant.repository not in known | {EVERY_REPOSITORY}:
            raise Invalid(f"there is no repository called {grant.repository}, for which a scope was asked")
    return await registry.database.write(access.create_token, replace(new, made_by=actor.name))


async def list_tokens(registry: Registry, actor: Actor) -> list[TokenRow]:
    """Every token there has been, without its secret."""
    require_administrator(actor)
    return await registry.database.read(access.list_tokens)


async def revoke_token(registry: Registry, token_id: int, actor: Actor) -> None:
    """The token is good for nothing from now on."""
    require_administrator(actor)
    await registry.database.write(access.revoke, token_id)


def expiry(days: float | None) -> datetime | None:
    """When a token ends that is good for so many days; never for None. Raises `Invalid`."""
    if days is None:
        return None
    if not 0 < days <= MAX_DAYS:
        raise Invalid(f"a token lasts more than 0 and at most {MAX_DAYS} days, or has no expiry at all")
    return datetime.now(UTC) + timedelta(days=days)


def scope(text: str) -> Grant:
    """The grant that `hub:read,write` spells; `*` is every repository. Raises `Invalid`."""
    repository, _, words = text.partition(":")
    try:
        actions = frozenset(Action(word.strip()) for word in words.split(",") if word.strip())
    except ValueError:
        actions = frozenset()
    if not actions:
        raise Invalid(f"a scope is written REPOSITORY:ACTION,… with read, write, delete, administer; unlike {text!r}")
    if repository != EVERY_REPOSITORY:
        RepositoryKey(repository)
    return Grant(repository, actions)

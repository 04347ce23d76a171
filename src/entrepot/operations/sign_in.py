"""Sign in: a browser's session acts with a token; a password is another way to show the one it was set with.

So whoever revokes a token ends everything that came of it, and nobody is more in a browser than at the command line.
"""

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from entrepot.catalog import access, passwords, sessions
from entrepot.domain.actor import ANONYMOUS, Actor
from entrepot.domain.errors import Invalid, Unauthenticated
from entrepot.operations.attempts import LONGEST_NAME
from entrepot.operations.authorize import authenticate
from entrepot.operations.registry import Registry

HOURS = 12
SHORTEST, LONGEST = 12, 1000
"""How many characters a password has; the longest is no more than a bound on work."""
_COST, _BLOCK, _PARALLEL = 1 << 15, 8, 3
_MEMORY = 64 << 20
_WRONG = "the name or the password is wrong"


@dataclass(frozen=True, slots=True)
class Session:
    """What a browser is handed, and until when it is good."""

    secret: str
    expires_at: datetime


async def sign_in_with_token(registry: Registry, token: str) -> Session:
    """A session that acts with the token; raises `Unauthenticated` for one that is not valid."""
    try:
        actor = await authenticate(registry, token.strip())
    except Unauthenticated:
        raise Unauthenticated("this token is not valid: it is misspelled, has expired, or was revoked") from None
    return await _begin(registry, actor.token_id)


async def sign_in_with_password(registry: Registry, name: str, password: str, address: str) -> Session:
    """A session that acts with the token that the password was set with.

    Raises `Unauthenticated`, and `NotReady` after too many wrong ones. It takes as long for names that nobody has.
    """
    name = name[:LONGEST_NAME]  # nobody's is longer, and wrong ones are remembered
    registry.attempts.require(name, address)
    kept = await registry.database.read(passwords.of_user, name)
    token_id = await _token_behind(registry, kept or _NOBODY, password[:LONGEST])
    if kept is None or token_id is None:
        registry.attempts.note(name, address)
        raise Unauthenticated(_WRONG)
    registry.attempts.forget(name, address)
    if await registry.database.read(access.actor_of, token_id) is None:
        raise Unauthenticated("the token that this password was set with is no longer valid; sign in with a new token")
    return await _begin(registry, token_id)


async def set_password(registry: Registry, password: str, actor: Actor) -> None:
    """From now on the actor's user may sign in with that password instead of the token that acts now."""
    if actor.user_id is None or actor.token_id is None:
        raise Unauthenticated("to set a password, sign in with a token first")
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"a password has {SHORTEST} to {LONGEST} characters; several words are easier to remember")
    salt = secrets.token_bytes(16)
    async with registry.attempts.turn():
        key = await asyncio.to_thread(_scrypt, password, salt)
    kept = f"scrypt${actor.token_id}${salt.hex()}${key.hex()}"
    await registry.database.write(passwords.put, actor.user_id, kept)


async def remove_password(registry: Registry, actor: Actor) -> None:
    """The actor's user signs in with tokens only."""
    if actor.user_id is not None:
        await registry.database.write(passwords.remove, actor.user_id)


async def has_password(registry: Registry, actor: Actor) -> bool:
    """Whether the actor's user has a password."""
    return await registry.database.read(passwords.of_user, actor.name) is not None


async def actor_of_session(registry: Registry, secret: str, seen: Actor) -> Actor | None:
    """Who the session acts for, seen where and with what this request came; None once it is over."""
    found = await registry.database.read(sessions.actor, secret)
    if found is None or found.token_id is None:
        return None
    registry.usage.note_token(found.token_id)
    return found.seen_with(seen)


async def sign_out(registry: Registry, secret: str) -> None:
    """The session is over."""
    await registry.database.write(sessions.end, secret)


def nobody(address: str, client: str) -> Actor:
    """Somebody who is not signed in."""
    return replace(ANONYMOUS, address=address, client=client)


async def _begin(registry: Registry, token_id: int | None) -> Session:
    if token_id is None:
        raise Unauthenticated("sign in with a token")
    session = Session(secrets.token_urlsafe(32), datetime.now(UTC) + timedelta(hours=HOURS))
    await registry.database.write(sessions.begin, session.secret, token_id, session.expires_at)
    return session


async def _token_behind(registry: Registry, kept: str, password: str) -> int | None:
    _, token_id, salt, key = kept.split("$")
    async with registry.attempts.turn():
        found = await asyncio.to_thread(_scrypt, password, bytes.fromhex(salt))
    return int(token_id) if hmac.compare_digest(found, bytes.fromhex(key)) else None


def _scrypt(password: str, salt: bytes) -> bytes:
    data = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(data, salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, maxmem=_MEMORY, dklen=32)


_NOBODY = f"scrypt$0${'00' * 16}${'00' * 32}"
"""What a password is compared with where there is none: it takes as long, and nothing is it."""

"""Tokens: made with scopes and an end, shown once, listed, revoked."""

from starlette.responses import Response

from entrepot.catalog.access import NewToken, TokenRow
from entrepot.domain.actor import EVERY_REPOSITORY, Action
from entrepot.domain.errors import EntrepotError, Invalid, Unauthenticated
from entrepot.operations import administer, own_token
from entrepot.operations.own_token import Made
from entrepot.operations.signing import new_token
from entrepot.web.pages import Page, View
from entrepot.web.refusals import status_of
from entrepot.web.tables import Column, export, sheet
from entrepot.web.visit import Visit

MAX_NAME = 100
MOST_BOXES = 30
"""Repositories whose scopes can be ticked; others are written."""


def _scopes(row: TokenRow) -> str:
    return " ".join(f"{grant.repository}:{','.join(sorted(grant.actions))}" for grant in row.grants)


COLUMNS: tuple[Column[TokenRow], ...] = (
    Column("id", lambda one: one.id),
    Column("name", lambda one: one.name),
    Column("user", lambda one: one.user),
    Column("scopes", _scopes),
    Column("created", lambda one: one.created_at),
    Column("expires", lambda one: one.expires_at),
    Column("revoked", lambda one: one.revoked_at),
    Column("used", lambda one: one.last_used_at),
    Column("made_by", lambda one: one.made_by),
    Column("parent", lambda one: one.parent),
)


async def show(visit: Visit) -> Response:
    """Every token for administrators, one's own for everybody else."""
    return await _list(visit)


async def _list(visit: Visit, error: EntrepotError | None = None, made: Made | None = None) -> Response:
    rows = await _rows(visit)
    if answer := export(visit, "tokens", rows, COLUMNS):
        return answer
    repositories = await administer.list_repositories(visit.registry, visit.actor)
    return visit.render(
        "tokens.html",
        status_of(error),
        table=sheet(visit, rows, COLUMNS, "-id"),
        scopes_of=_scopes,
        keys=[EVERY_REPOSITORY, *(row.key.text for row in repositories[:MOST_BOXES])],
        actions=list(Action),
        made=made,
        error=error,
    )


async def _rows(visit: Visit) -> list[TokenRow]:
    if visit.actor.is_anonymous:
        raise Unauthenticated("to see your tokens, sign in")
    if visit.actor.is_administrator:
        rows = await administer.list_tokens(visit.registry, visit.actor)
    else:
        rows = await own_token.own_tokens(visit.registry, visit.actor)
    wanted = visit.asked("q").casefold()
    shown = [row for row in rows if visit.asked("all") == "yes" or row.revoked_at is None]
    return [row for row in shown if wanted in f"{row.name}\n{row.user}\n{_scopes(row)}".casefold()]


async def make(visit: Visit) -> Response:
    """A new token: its secret is on this page, and nowhere else ever again."""
    try:
        made = await _made(visit)
    except EntrepotError as error:
        return await _list(visit, error)
    return await _list(visit, made=made)


async def _made(visit: Visit) -> Made:
    name, user = visit.typed("name").strip(), visit.typed("user").strip()
    for what, value in (("name", name), ("user", user)):
        if not 0 < len(value) <= MAX_NAME or not value.isprintable():
            raise Invalid(f"the {what} has to have 1 to {MAX_NAME} printable characters")
    texts = [*visit.all_typed("scope"), *visit.typed("more").split()]
    grants = tuple(administer.scope(text) for text in _joined(texts))
    secret = new_token()
    new = NewToken(secret, name, user, grants, administer.expiry(_days(visit.typed("days"))))
    return Made(await administer.create_token(visit.registry, new, visit.actor), secret)


def _joined(texts: list[str]) -> list[str]:
    found: dict[str, list[str]] = {}
    for text in texts:
        repository, _, actions = text.partition(":")
        found.setdefault(repository, []).append(actions)
    return [f"{repository}:{','.join(actions)}" for repository, actions in found.items()]


def _days(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        raise Invalid(f"{text[:40]!r} is no number of days; leave it empty for a token without an end") from None


async def revoke(visit: Visit) -> Response:
    """A token is good for nothing from now on."""
    number = visit.params["number"]
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Invalid(f"a token has a number, unlike {number[:40]!r}")
    if visit.actor.is_administrator:
        await administer.revoke_token(visit.registry, int(number), visit.actor)
    else:
        await own_token.revoke_own_token(visit.registry, int(number), visit.actor)
    return visit.go("/tokens")


PAGE = Page(
    "tokens",
    (
        View("GET", "/tokens", show),
        View("POST", "/tokens", make),
        View("POST", "/tokens/{number}/revoke", revoke),
    ),
    rail="Tokens",
    path="/tokens",
    order=80,
    key="t",
)

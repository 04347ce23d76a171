"""Set me up: the lines for each client, with a token made on the spot, and whether its first request arrived."""

from dataclasses import dataclass

from starlette.responses import Response

from entrepot.domain.actor import Action
from entrepot.domain.errors import EntrepotError, Invalid, NotFound, Unauthenticated
from entrepot.domain.names import PackageName, PackageType, RepositoryKey
from entrepot.operations import administer, own_token, set_up
from entrepot.operations.own_token import LastUse, Made, Wanted
from entrepot.web.pages import Page, View
from entrepot.web.refusals import status_of
from entrepot.web.visit import Visit

PLACEHOLDER = "hf_…"
FIRST = "hub"
"""The repository that is chosen where it is there and nobody chose another."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the lines are for, as it was asked: a client, a repository, a package such as `model/org/name`; or empty."""

    client: str
    repository: str
    package: str


async def show(visit: Visit) -> Response:
    """The lines for one client and repository, the token left to fill in."""
    return await _page(visit, Choice(visit.asked("client"), visit.asked("repository"), visit.asked("package")))


async def make(visit: Visit) -> Response:
    """The same lines with a new token in them, which is shown this once."""
    choice = Choice(visit.typed("client"), visit.typed("repository"), visit.typed("package"))
    try:
        made = await own_token.make_own_token(visit.registry, _wanted(visit, choice), visit.actor)
    except EntrepotError as error:
        return await _page(visit, choice, error=error)
    return await _page(visit, choice, made=made)


def _wanted(visit: Visit, choice: Choice) -> Wanted:
    actions = {Action.READ, Action.WRITE} if visit.typed("access") == "write" else {Action.READ}
    try:
        days = float(visit.typed("days", "30"))
    except ValueError:
        raise Invalid(f"{visit.typed('days')[:40]!r} is no number of days") from None
    return Wanted(f"set-me-up {_client(choice.client).name}", RepositoryKey(choice.repository), actions, days)


def _client(name: str) -> set_up.Client:
    for client in set_up.CLIENTS:
        if client.name == (name or set_up.CLIENTS[0].name):
            return client
    raise NotFound(f"there are no lines for a client called {name[:40]!r}")


def _package(text: str) -> PackageName:
    """The package whose name is filled in, such as `model/org/name`."""
    if not text:
        return set_up.ANY
    kind, _, name = text.partition("/")
    if kind not in set(PackageType):
        raise Invalid(f"a package is written as model/org/name, unlike {text[:80]!r}")
    return PackageName.parse(PackageType(kind), name)


async def _page(
    visit: Visit, choice: Choice, *, made: Made | None = None, error: EntrepotError | None = None
) -> Response:
    client, meant = _client(choice.client), _package(choice.package)
    keys = [row.key.text for row in await administer.list_repositories(visit.registry, visit.actor)]
    if not keys:
        raise Unauthenticated("to see the repositories that you may read, sign in")
    chosen = choice.repository if choice.repository in keys else FIRST if FIRST in keys else keys[0]
    endpoint = f"{visit.origin}/hub/{chosen}"
    return visit.render(
        "set-me-up.html",
        status_of(error),
        client=client,
        clients=set_up.CLIENTS,
        keys=keys,
        chosen=chosen,
        endpoint=endpoint,
        lines=client.filled(endpoint, made.secret if made else PLACEHOLDER, meant),
        package=choice.package,
        made=made,
        used=LastUse(None, None),
        may_write=visit.actor.may(Action.WRITE, RepositoryKey(chosen)),
        error=error,
    )


async def check(visit: Visit) -> Response:
    """Whether the token has been used, as the part of the page that lights up, or as a page of its own."""
    number = visit.params["number"]
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Invalid(f"a token has a number, unlike {number[:40]!r}")
    used = await own_token.last_use(visit.registry, int(number), visit.actor)
    template = "token-used.html" if visit.is_partial else "token-check.html"
    return visit.render(template, used=used, token_id=int(number))


PAGE = Page(
    "set-me-up",
    (
        View("GET", "/set-me-up", show),
        View("POST", "/set-me-up", make),
        View("GET", "/set-me-up/check/{number}", check),
    ),
    rail="Set me up",
    path="/set-me-up",
    order=85,
    key="u",
)

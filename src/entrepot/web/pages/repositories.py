"""Repositories: the places packages are found, and what each has."""

from dataclasses import dataclass

from starlette.responses import Response

from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.catalog.search import ORDERS, Query
from entrepot.domain.content import Package
from entrepot.domain.errors import EntrepotError, Invalid, Unauthenticated, UpstreamError
from entrepot.domain.names import PackageType, RepositoryKey
from entrepot.operations import administer, browse
from entrepot.operations.administer import NewRepository
from entrepot.web.pages import Page, View
from entrepot.web.refusals import status_of
from entrepot.web.tables import ROWS, Column, export, sheet
from entrepot.web.visit import Visit

COLUMNS: tuple[Column[RepositoryRow], ...] = (
    Column("key", lambda row: row.key.text),
    Column("kind", lambda row: row.kind.value),
    Column("upstream", lambda row: row.upstream),
    Column("members", lambda row: " ".join(member.text for member in row.members)),
    Column("deploy_to", lambda row: row.deploy_to.text if row.deploy_to else ""),
    Column("anonymous_read", lambda row: row.anonymous_read),
)
PACKAGES: tuple[Column[Package], ...] = (
    Column("name", lambda package: package.name.id),
    Column("type", lambda package: package.name.type.value),
    Column("repository", lambda package: package.repository.text),
    Column("downloads", lambda package: package.downloads),
    Column("updated", lambda package: package.updated_at),
    Column("private", lambda package: package.private),
)
MOST_PAGES = 10_000
NAMES = {"lastModified": "changed", "createdAt": "made", "downloads": "downloads", "likes": "likes"}


async def show(visit: Visit) -> Response:
    """The repositories that the visitor may read."""
    return await _list(visit)


async def _list(visit: Visit, error: EntrepotError | None = None) -> Response:
    rows = await administer.list_repositories(visit.registry, visit.actor)
    if not rows and visit.actor.is_anonymous:
        raise Unauthenticated("to see the repositories that you may read, sign in")
    if answer := export(visit, "repositories", rows, COLUMNS):
        return answer
    table = sheet(visit, rows, COLUMNS, "key")
    return visit.render("repositories.html", status_of(error), table=table, kinds=list(Kind), error=error)


async def create(visit: Visit) -> Response:
    """A new repository, and the way to its page."""
    try:
        row = await administer.create_repository(visit.registry, _new(visit), visit.actor)
    except EntrepotError as error:
        return await _list(visit, error)
    return visit.go(f"/repositories/{row.key}")


def _new(visit: Visit) -> NewRepository:
    if visit.typed("kind") not in set(Kind):
        raise Invalid(f"a repository's kind is one of: {', '.join(Kind)}")
    target = visit.typed("deploy_to").strip()
    return NewRepository(
        key=RepositoryKey(visit.typed("key").strip()),
        kind=Kind(visit.typed("kind")),
        upstream=visit.typed("upstream").strip(),
        upstream_token=visit.typed("upstream_token").strip(),
        anonymous_read=visit.typed("anonymous_read") == "yes",
        members=tuple(RepositoryKey(word) for word in visit.typed("members").replace(",", " ").split()),
        deploy_to=RepositoryKey(target) if target else None,
    )


async def show_one(visit: Visit) -> Response:
    """One repository, and a page of its packages."""
    key = RepositoryKey(visit.params["key"])
    row = await administer.find_repository(visit.registry, key, visit.actor)
    kind = PackageType.from_plural(visit.asked("type", "models"))
    order = visit.asked("sort", "lastModified")
    if order not in ORDERS:
        raise Invalid(f"packages are sorted by: {', '.join(ORDERS)}; not by {order[:40]!r}")
    query = Query(kind, visit.asked("name"), order=order, limit=ROWS, offset=(_page(visit) - 1) * ROWS)
    listing = await _packages(visit, row, query)
    if answer := export(visit, "packages", listing.packages, PACKAGES):
        return answer
    kinds, orders = list(PackageType), NAMES
    return visit.render("repository.html", row=row, kind=kind, kinds=kinds, listing=listing, orders=orders, order=order)


def _page(visit: Visit) -> int:
    return max(1, min(visit.number("page", 1), MOST_PAGES))


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of packages, where the next one is, and why there is less than was asked for."""

    packages: list[Package]
    onward: str = ""
    error: EntrepotError | None = None


async def _packages(visit: Visit, row: RepositoryRow, query: Query) -> Listing:
    if visit.asked("upstream") != "yes" or row.kind is Kind.LOCAL:
        found = await browse.kept(visit.registry, row.key, query, visit.actor)
        onward = visit.link(page=_page(visit) + 1) if len(found) > ROWS else ""
        return Listing(found[:ROWS], onward)
    try:
        page = await browse.search(visit.registry, row.key, query, visit.asked("cursor"), visit.actor)
    except UpstreamError as error:
        return Listing([], error=error)  # what is set up here can be shown all the same
    return Listing(page.packages, visit.link(cursor=page.cursor) if page.cursor else "")


PAGE = Page(
    "repositories",
    (
        View("GET", "/repositories", show),
        View("POST", "/repositories", create),
        View("GET", "/repositories/{key}", show_one),
    ),
    rail="Repositories",
    path="/repositories",
    order=10,
    key="r",
)

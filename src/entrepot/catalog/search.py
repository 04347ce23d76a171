"""Finding packages: by name, namespace and tags, in an order, a page at a time."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, select, union_all

from entrepot.catalog.packages import every_package, package_of
from entrepot.catalog.tables import package_tags, packages
from entrepot.domain.content import Package
from entrepot.domain.errors import TooLarge
from entrepot.domain.names import PackageType
from entrepot.domain.text import checked

ORDERS = {
    "lastModified": packages.c.updated_at,
    "createdAt": packages.c.created_at,
    "downloads": packages.c.downloads,
    "likes": packages.c.likes,
}
"""What lists can be sorted by, always the largest first; ties go by row, the newest first."""
DEFAULT_ORDER = "lastModified"
MAX_PAGE = 1000
MAX_WORDS = 50
"""Each word and each filter is one more condition on every package there is."""
MAX_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for; every condition has to hold."""

    type: PackageType
    text: str = ""
    """A part of the name, in any case."""
    namespace: str = ""
    tags: tuple[str, ...] = ()
    order: str = DEFAULT_ORDER
    with_private: bool = True
    limit: int = MAX_PAGE
    offset: int = 0
    more: tuple[tuple[str, str], ...] = ()
    """Filters that only an upstream understands, as name and value."""

    def __post_init__(self) -> None:
        if len(self.text.split()) > MAX_WORDS or len(self.tags) > MAX_WORDS:
            raise TooLarge(f"a list is narrowed down by at most {MAX_WORDS} words and as many filters")
        for text in (self.text, self.namespace, *self.tags):
            checked(text, "what a list is narrowed down by", MAX_TEXT)


def find(connection: Connection, repository_id: int, query: Query) -> list[Package]:
    """One page of what matches."""
    return find_in(connection, (repository_id,), query)


def find_in(connection: Connection, repository_ids: Collection[int], query: Query) -> list[Package]:
    """One page of what matches in several repositories together."""
    order, limit = ORDERS.get(query.order, ORDERS[DEFAULT_ORDER]), min(query.limit, MAX_PAGE + 1)
    # Of each repository what could be on the page, from an index that has it in order; several at once would be sorted
    # whole.
    parts = [
        select(packages.c.id, order.label("rank"))
        .where(packages.c.repository_id == repository_id, *_conditions(query))
        .order_by(order.desc(), packages.c.id.desc())
        .limit(query.offset + limit)
        .subquery()
        for repository_id in sorted(repository_ids)
    ]
    if not parts:
        return []
    some = union_all(*(select(part) for part in parts)).cte("some").prefix_with("MATERIALIZED")
    rows = connection.execute(
        every_package()
        .join(some, some.c.id == packages.c.id)
        .order_by(some.c.rank.desc(), packages.c.id.desc())
        .limit(limit)
        .offset(query.offset)
    )
    return [package_of(row) for row in rows]


def _conditions(query: Query) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [packages.c.type == query.type.value]
    if query.text:
        conditions += [packages.c.folded.contains(word.lower(), autoescape=True) for word in query.text.split()]
    if query.namespace:
        conditions.append(func.lower(packages.c.namespace) == query.namespace.lower())
    if not query.with_private:
        conditions.append(packages.c.private.is_(False))
    for tag in query.tags:
        tagged = select(package_tags.c.package_id).where(package_tags.c.tag == tag)
        conditions.append(packages.c.id.in_(tagged))
    return conditions

"""Discussions of a package; only pull requests, and of these as much as clients need."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, select, update

from entrepot.catalog import revisions
from entrepot.catalog.moments import now
from entrepot.catalog.tables import discussions, packages
from entrepot.domain.digest import GitOid
from entrepot.domain.errors import Conflict, Invalid, NotFound
from entrepot.domain.git import CommitObject, Signature
from entrepot.domain.names import RefName
from entrepot.domain.text import checked

MAX_TITLE = 500
MAX_COMMITS = 1000
"""How many commits a pull request may have; main is looked for that far back."""
MAX_DESCRIPTION = 64 << 10
STATUSES = ("open", "closed", "merged")


@dataclass(frozen=True, slots=True)
class Discussion:
    """One pull request."""

    number: int
    title: str
    description: str
    status: str
    author: str
    created_at: datetime
    merge_commit: str | None

    @property
    def branch(self) -> RefName:
        """Where its changes are."""
        return RefName(f"refs/pr/{self.number}")


def open_pull_request(connection: Connection, package_id: int, title: str, description: str, author: str) -> int:
    """The new pull request's number; its branch begins at the main branch's head."""
    _check_title(title)
    checked(description, "the pull request's description", MAX_DESCRIPTION)
    connection.execute(select(packages.c.id).where(packages.c.id == package_id).with_for_update())
    last = connection.execute(
        select(func.max(discussions.c.number)).where(discussions.c.package_id == package_id)
    ).scalar()
    number = (last or 0) + 1
    connection.execute(
        insert(discussions).values(
            package_id=package_id,
            number=number,
            title=title,
            description=description,
            status="open",
            author=author,
            created_at=now(),
        )
    )
    head = revisions.commit_of(connection, package_id, "main")
    revisions.point(connection, package_id, RefName(f"refs/pr/{number}"), head)
    return number


def find(connection: Connection, package_id: int, number: int) -> Discussion:
    """The discussion; raises `NotFound`."""
    for found in everything(connection, package_id, number):
        return found
    raise NotFound(f"there is no discussion {number}")


def everything(connection: Connection, package_id: int, number: int | None = None) -> list[Discussion]:
    """The discussions of a package, the newest first; or the one of that number."""
    query = select(discussions).where(discussions.c.package_id == package_id).order_by(discussions.c.number.desc())
    if number is not None:
        query = query.where(discussions.c.number == number)
    return [
        Discussion(row.number, row.title, row.description, row.status, row.author, row.created_at, row.merge_commit)
        for row in connection.execute(query)
    ]


def set_status(connection: Connection, package_id: int, number: int, status: str) -> None:
    """Open it again or close it; raises `Conflict` once it was merged."""
    if find(connection, package_id, number).status == "merged":
        raise Conflict(f"pull request {number} has been merged already")
    if status not in ("open", "closed"):
        raise Invalid(f"a pull request can be 'open' or 'closed', not {status[:40]!r}")
    _change(connection, package_id, number, status=status)


def set_title(connection: Connection, package_id: int, number: int, title: str) -> None:
    """Give it another title."""
    _check_title(title)
    find(connection, package_id, number)
    _change(connection, package_id, number, title=title)


def _check_title(title: str) -> None:
    if not title.strip() or len(title) > MAX_TITLE:
        raise Invalid(f"a pull request needs a title of at most {MAX_TITLE} characters")
    checked(title, "the pull request's title", MAX_TITLE)


def _change(connection: Connection, package_id: int, number: int, **values: str) -> None:
    here = (discussions.c.package_id == package_id, discussions.c.number == number)
    connection.execute(update(discussions).where(*here).values(**values))


def merge(connection: Connection, package_id: int, number: int, by: str) -> GitOid:
    """The main branch's head with the pull request's files; raises `Conflict` where both have moved on.

    The files of the two branches are not mixed: where main has not moved since the pull request was opened, its tree
    becomes main's.
    """
    connection.execute(select(packages.c.id).where(packages.c.id == package_id).with_for_update())
    found = find(connection, package_id, number)
    if found.status != "open":
        raise Conflict(f"pull request {number} is {found.status}")
    main = revisions.commit_of(connection, package_id, "main")
    head = revisions.commit_of(connection, package_id, found.branch.text)
    if not _descends(connection, package_id, head, main):
        raise Conflict(f"main has changed since pull request {number} was opened; upload its files again on top of it")
    tree = CommitObject.parse(revisions.commit_data(connection, package_id, head)).tree
    signature = Signature(by, "", int(datetime.now(UTC).timestamp()))
    made = CommitObject(tree, (main, head), signature, f"{found.title} (#{number})")
    revisions.store(connection, package_id, made)
    revisions.point(connection, package_id, revisions.MAIN, made.oid)
    _change(connection, package_id, number, status="merged", merge_commit=made.oid.hex)
    return made.oid


def _descends(connection: Connection, package_id: int, commit: GitOid, ancestor: GitOid) -> bool:
    here = commit
    for _ in range(MAX_COMMITS):
        if here == ancestor:
            return True
        parents = CommitObject.parse(revisions.commit_data(connection, package_id, here)).parents
        if not parents:
            return False
        here = parents[0]
    return False

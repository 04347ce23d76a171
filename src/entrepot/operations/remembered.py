"""Remembered: what the catalog knows of a commit without asking anybody: when it was made, and what stands in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from entrepot.catalog import revisions, trees
from entrepot.catalog.database import Transaction
from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.domain.content import File, Package
from entrepot.domain.digest import GitOid
from entrepot.domain.errors import EntrepotError
from entrepot.policy.twins import is_safe
from entrepot.repositories.remote.questions import kept_date, kept_paths


@dataclass(frozen=True, slots=True)
class Remembered:
    """A commit of a package; what is not known of it any more, or never was, is None."""

    row: RepositoryRow
    package: Package
    commit: str

    def date(self, connection: Transaction) -> datetime | None:
        """When the commit was made."""
        try:
            if self.row.kind is Kind.LOCAL:
                return revisions.find(connection, self.package, self.commit).date
            return kept_date(connection, self.row.id, self.package.name, GitOid(self.commit))
        except EntrepotError:
            return None

    def safe_paths(self, connection: Transaction) -> frozenset[str] | None:
        """The paths that can be a safe twin: all others together would fill the memory."""
        try:
            if self.row.kind is Kind.LOCAL:
                found = self._paths(connection)
            else:
                found = kept_paths(connection, self.row.id, self.package.id, GitOid(self.commit))
        except EntrepotError:
            return None
        return None if found is None else frozenset(filter(is_safe, found))

    def _paths(self, connection: Transaction) -> Iterator[str] | None:
        tree = revisions.find(connection, self.package, self.commit).tree
        if tree is None:
            return None
        listing = trees.listing(connection, self.package.id, tree, recursive=True)
        return (item.path.text for item in listing if isinstance(item, File))

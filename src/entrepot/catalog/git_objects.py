"""A package's commits and trees, read as git names them."""

from dataclasses import dataclass

from sqlalchemy import Connection

from entrepot.catalog import revisions, trees
from entrepot.domain.digest import GitOid
from entrepot.domain.errors import RevisionNotFound


@dataclass(frozen=True, slots=True)
class GitObjects:
    """The objects of one package, as one transaction sees them."""

    connection: Connection
    package_id: int

    def commit(self, oid: GitOid) -> bytes | None:
        """The commit object; None where there is no such commit."""
        try:
            return revisions.commit_data(self.connection, self.package_id, oid)
        except RevisionNotFound:
            return None

    def tree(self, oid: GitOid) -> bytes:
        """The tree object."""
        return trees.tree_data(self.connection, self.package_id, oid)

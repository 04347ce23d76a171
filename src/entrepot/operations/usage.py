"""Usage: how often packages are downloaded, gathered in memory and written down now and then."""

from collections import Counter

from entrepot.catalog import packages
from entrepot.catalog.database import Database
from entrepot.domain.content import Package


class Usage:
    """Downloads that have been counted and not yet written down; at most one interval of them is lost in a crash."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def count(self, package: Package) -> None:
        """One more download of the package."""
        if package.id:
            self._counts[package.id] += 1

    async def write_down(self, database: Database) -> None:
        """Add what was counted since the last time to the catalog."""
        counts, self._counts = self._counts, Counter()
        if counts:
            await database.write(packages.count_downloads, counts)

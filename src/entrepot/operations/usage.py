"""Usage: what is used and how often, gathered in memory and written down now and then."""

from collections import Counter

from entrepot.catalog import access, packages
from entrepot.catalog.database import Database
from entrepot.domain.content import Package
from entrepot.domain.errors import EntrepotError


class Usage:
    """Downloads and tokens that have not been written down yet; at most one interval of them is lost in a crash."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._tokens: set[int] = set()

    def count(self, package: Package) -> None:
        """One more download of the package."""
        if package.id:
            self._counts[package.id] += 1

    def note_token(self, token_id: int) -> None:
        """The token was used just now."""
        self._tokens.add(token_id)

    async def write_down(self, database: Database) -> None:
        """Bring what was gathered since the last time into the catalog; while that is away it stays here."""
        counts, self._counts = self._counts, Counter()
        tokens, self._tokens = self._tokens, set()
        try:
            if counts:
                await database.write(packages.count_downloads, counts)
                counts = Counter()
            if tokens:
                await database.write(access.note_uses, sorted(tokens))
        except EntrepotError:
            self._counts.update(counts)
            self._tokens |= tokens
            raise

"""What a database needs now and then."""

from pathlib import Path

from sqlalchemy import text

from entrepot.catalog.database import Database
from entrepot.catalog.migrate import migrate
from entrepot.catalog.upkeep import refresh_statistics


def test_a_table_that_has_grown_is_planned_for_as_it_is(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'catalog.db'}")
    migrate(database)
    rows = [{"name": f"fact-{number}", "value": "x"} for number in range(1000)]
    database.now(lambda c: c.execute(text("INSERT INTO instance (name, value) VALUES (:name, :value)"), rows))
    database.now(refresh_statistics)
    known = database.now(
        lambda c: c.execute(text("SELECT stat FROM sqlite_stat1 WHERE tbl = 'instance'")).scalars().all()
    )
    database.close()
    assert known and known[0].startswith("1000")

"""Bringing a catalog up to date: Alembic's migrations, one server at a time."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from entrepot.catalog.database import Database
from entrepot.domain.errors import Conflict, NotReady

LOCK = 0x656E746D
"""The number of PostgreSQL's advisory lock: 'entm'. Not that of the collector, who may take hours."""


def migrate(database: Database) -> None:
    """Run the migrations that are missing. Servers that start together take turns.

    Raises `NotReady` where the database does not let us, and `Conflict` for a catalog of a later version.
    """
    try:
        _upgrade(database)
    except CommandError as error:
        raise Conflict(f"the catalog {database.name} was made by another version of Entrepot: {error}") from error
    except DBAPIError as error:
        raise NotReady(f"the catalog {database.name} can't be used: {error.orig}") from error


def _upgrade(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(files("entrepot.catalog").joinpath("migrations")))
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
            connection.commit()
        try:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        finally:
            if not database.is_sqlite:
                connection.rollback()  # after an error nothing else would be heard, and the error be lost
                connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
                connection.commit()

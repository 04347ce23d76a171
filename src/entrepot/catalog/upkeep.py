"""Upkeep: what a database needs now and then to stay quick."""

from sqlalchemy import Connection

SAMPLED = 1000
"""How many rows of an index are looked at: an estimate is enough, and takes no time on any catalog."""


def refresh_statistics(connection: Connection) -> None:
    """Let SQLite see how large its tables have become, or it plans for small ones; PostgreSQL sees by itself."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA analysis_limit={SAMPLED}")
        connection.exec_driver_sql("ANALYZE")

"""Set up: what a new instance begins with."""

import os
from pathlib import Path

from entrepot.catalog import instance
from entrepot.catalog.access import NewToken
from entrepot.catalog.database import Database
from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.domain.actor import EVERY_REPOSITORY, Action, Grant
from entrepot.domain.names import RepositoryKey
from entrepot.operations.signing import new_token

ADMIN_TOKEN_FILE = "admin-token"
KEY_FILE = "secret-key"
HUB = "https://huggingface.co"
FIRST_REPOSITORIES = (
    RepositoryRow(RepositoryKey("models"), Kind.LOCAL),
    RepositoryRow(RepositoryKey("huggingface"), Kind.REMOTE, upstream=HUB),
    RepositoryRow(
        RepositoryKey("hub"),
        Kind.VIRTUAL,
        members=(RepositoryKey("models"), RepositoryKey("huggingface")),
        deploy_to=RepositoryKey("models"),
    ),
)


def begin(database: Database, folder: Path) -> str | None:
    """Give a new instance its repositories and its administrator; the token is returned this once, else None.

    Safe to call on every start, also by several servers at once: one of them finds the instance new.
    """
    if database.now(instance.read, instance.BEGUN) is not None:
        return None
    # The file comes first: a token that the catalog knows and nobody was told would be lost for good.
    path = folder / ADMIN_TOKEN_FILE
    _write_privately(path, new_token())
    token = path.read_text().strip()
    everything = (Grant(EVERY_REPOSITORY, frozenset(Action)),)
    administrator = NewToken(token, "administrator", "admin", everything)
    return token if database.now(instance.begin, FIRST_REPOSITORIES, administrator) else None


def secret_key(folder: Path, given: str) -> str:
    """The key that was given, or the one kept in the data folder, made where there is none."""
    if given:
        return given
    path = folder / KEY_FILE
    if not path.exists():
        _write_privately(path, os.urandom(32).hex())
    return path.read_text().strip()


def _write_privately(path: Path, text: str) -> bool:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    return True

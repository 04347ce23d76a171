"""Set up: what a new instance begins with."""

import contextlib
import os
import secrets
from pathlib import Path

from entrepot.catalog import access, instance
from entrepot.catalog.access import NewToken
from entrepot.catalog.database import Database
from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.domain.actor import EVERY_REPOSITORY, Action, Grant
from entrepot.domain.errors import Corrupt
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
    if _is_begun(database):
        return None
    # The file comes first: a token that the catalog knows and nobody was told would be lost for good.
    path = folder / ADMIN_TOKEN_FILE
    if not _kept(path):
        path.unlink(missing_ok=True)
    token = _keep(path, new_token())
    everything = (Grant(EVERY_REPOSITORY, frozenset(Action)),)
    administrator = NewToken(token, "administrator", "admin", everything)
    if database.now(instance.begin, FIRST_REPOSITORIES, administrator):
        return token
    if database.now(access.actor, token) is None:
        path.unlink(missing_ok=True)  # a server with another data folder was first: its token is the one
    return None


def _is_begun(database: Database) -> bool:
    return database.now(instance.read, instance.BEGUN) is not None


def secret_key(folder: Path, given: str) -> str:
    """The key that was given, or the one kept in the data folder, made where there is none.

    Raises `Corrupt` for a file without a key: with a new one, what the old one encrypted could not be read any more.
    """
    if given:
        return given
    path = folder / KEY_FILE
    key = _keep(path, os.urandom(32).hex())
    if not key:
        raise Corrupt(f"{path} is empty; put the key back, or remove the file to begin with a new one")
    return key


def _kept(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""


def _keep(path: Path, text: str) -> str:
    """What the file says; this text where there was no file. Whoever else looks sees no file or all of it."""
    if not path.exists():
        staged = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
        try:
            _write_privately(staged, text)
            with contextlib.suppress(FileExistsError):  # another process was faster; its text is the one
                os.link(staged, path)
        finally:
            staged.unlink(missing_ok=True)
    return path.read_text().strip()


def _write_privately(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())

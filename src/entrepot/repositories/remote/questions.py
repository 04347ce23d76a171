"""What upstreams are asked about packages, as questions whose answers are kept, and those answers without asking."""

from collections.abc import Iterator
from datetime import datetime

from entrepot.catalog import upstream
from entrepot.catalog.database import Transaction
from entrepot.domain.digest import GitOid
from entrepot.domain.names import FilePath, PackageName
from entrepot.repositories.remote.answers import Said
from entrepot.repositories.remote.asking import Question

DEFAULT = ("", "HEAD", "main")
"""What the default branch is called; on every hub it is `main`."""


def revision_question(name: PackageName, ref: str) -> Question:
    """Where a ref of a package leads, and what is there."""
    word = "" if ref in DEFAULT else ref
    return Question(("revision", name.type.value, name.folded, word), forever=GitOid.looks_like(ref))


def tree_question(package_id: int, commit: GitOid, folder: FilePath | None, *, recursive: bool) -> Question:
    """What stands in a folder of a commit."""
    words = ("tree", package_id, commit.hex, folder.text if folder else "", recursive)
    return Question(words, forever=True, missing_forever=True)


def changes_question(package_id: int, commit: GitOid, folder: FilePath | None) -> Question:
    """Which commits made what stands in a folder what it is."""
    return Question(("changes", package_id, commit.hex, folder.text if folder else ""), forever=True)


def kept_date(connection: Transaction, repository_id: int, name: PackageName, commit: GitOid) -> datetime | None:
    """When the commit was made, as upstream said when it was asked; None where it never was."""
    said = _kept(connection, repository_id, revision_question(name, commit.hex))
    return None if said is None else datetime.fromisoformat(said["date"])


def kept_paths(connection: Transaction, repository_id: int, package_id: int, commit: GitOid) -> Iterator[str] | None:
    """Every file's path at the commit, as upstream said when it was asked; None where it never was."""
    said = _kept(connection, repository_id, tree_question(package_id, commit, None, recursive=True))
    # A folder's line has two words.
    return None if said is None else (line[0] for line in said if len(line) > 2)


def _kept(connection: Transaction, repository_id: int, question: Question) -> Said:
    answer = upstream.find_answer(connection, repository_id, question.key)
    return answer.content if answer is not None and answer.status == upstream.FOUND else None

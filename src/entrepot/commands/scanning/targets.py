"""Which files are meant by what was typed: files, folders, patterns, standard input and addresses."""

import os
import stat
from collections.abc import Iterable, Iterator

from entrepot.commands import Wrong
from entrepot.domain.values import dataclass

STDIN = "-"
ADDRESSES = ("hf://", "http://", "https://")


@dataclass(frozen=True, slots=True)
class Target:
    """One file to look at; `path` is what reports call it."""

    path: str
    size: int = 0
    error: str | None = None
    """Why it can't be looked at, where that is known before it is tried."""


def local_targets(typed: Iterable[str], exclude: tuple[str, ...] = ()) -> Iterator[Target]:
    """The files that a path, a folder or a pattern stands for, each once per time it was typed.

    Links to files are followed, links to folders are not: they could lead in a circle. Raises `Wrong` where nothing
    is there.
    """
    for path in typed:
        if os.path.isdir(path):
            yield from _below(path, exclude)
        elif os.path.lexists(path):
            yield _target(path)
        elif matches := _matching(path):
            yield from local_targets([match for match in matches if not _excluded(match, exclude)], exclude)
        else:
            raise Wrong(f"there is no file or folder {path!r}")


def _matching(pattern: str) -> list[str]:
    import glob  # most people name files and folders

    return sorted(glob.glob(pattern, recursive=True))


def _below(folder: str, exclude: tuple[str, ...]) -> Iterator[Target]:
    errors: list[OSError] = []
    for here, folders, names in os.walk(folder, onerror=errors.append):
        folders[:] = sorted(name for name in folders if not _excluded(os.path.join(here, name), exclude))
        for name in sorted(names):
            path = os.path.join(here, name)
            if not _excluded(path, exclude):
                yield _target(path)
        for link in (name for name in folders if os.path.islink(os.path.join(here, name))):
            yield Target(os.path.join(here, link), error="a link to a folder, which is not followed")
        while errors:
            error = errors.pop()
            yield Target(os.fsdecode(error.filename or folder), error=f"can't be listed: {error.strerror}")


def _target(path: str) -> Target:
    try:
        status = os.stat(path)
    except OSError as error:
        return Target(path, error=f"can't be opened: {error.strerror}")
    if not stat.S_ISREG(status.st_mode):
        return Target(path, error="not a file: a device, a pipe or a socket")
    return Target(path, status.st_size)


def _excluded(path: str, patterns: tuple[str, ...]) -> bool:
    if not patterns:
        return False
    from fnmatch import fnmatch

    return any(fnmatch(path, pattern) or fnmatch(os.path.basename(path), pattern) for pattern in patterns)

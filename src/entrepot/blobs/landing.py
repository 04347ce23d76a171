"""A landing: the place where one file arrives for every process of the machine at once.

Whoever holds the lock fetches; the others watch the part grow. What came of it stands in the lock file itself, so that
those who waited for this lock read this outcome and no other; once there is an outcome the lock's name is removed.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

MAX_OUTCOME = 4096


class Landing:
    """A lock and a part in the staging folder. Everything here may block for as long as a disk does."""

    def __init__(self, folder: Path, key: str) -> None:
        self._lock_path = folder / f"flight-{key}.lock"
        self.part = folder / f"flight-{key}.part"
        self._lock = -1
        self._waited = False

    def claim(self) -> bytes | None:
        """Empty once it is ours to fetch; None while somebody else does; else what came of their fetching."""
        while True:
            if self._lock < 0:
                self._lock = os.open(self._lock_path, os.O_CREAT | os.O_RDWR, 0o600)
                self._waited = False
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._waited = True
                return None
            outcome = os.pread(self._lock, MAX_OUTCOME, 0)
            if not outcome and self._is_current():
                return b""
            # Either it ended while we waited, or this is a lock of the past that somebody else is about to remove.
            waited = self._waited
            self._remove()
            if outcome and waited:
                return outcome

    def _is_current(self) -> bool:
        try:
            return os.stat(self._lock_path).st_ino == os.fstat(self._lock).st_ino
        except FileNotFoundError:
            return False

    def _remove(self) -> None:
        if self._is_current():
            self._lock_path.unlink(missing_ok=True)
        self.release()

    def finish(self, outcome: bytes) -> None:
        """Tell everybody who waits what came of it. Comes after `claim` said that it is ours."""
        os.pwrite(self._lock, outcome[:MAX_OUTCOME], 0)
        self._remove()

    def release(self) -> None:
        """Let go; where nothing came of it yet, one of those who wait takes over."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def discard(self) -> None:
        """Remove the part. Only who holds the lock may."""
        self.part.unlink(missing_ok=True)


def sweep(folder: Path, older_than: float) -> int:
    """Remove parts and locks that nobody holds and nobody touched for so many seconds; how many bytes that freed."""
    freed = 0
    for key in sorted(set(_keys(folder))):
        landing = Landing(folder, key)
        if _untouched_since(landing, folder) < time.time() - older_than and landing.claim() == b"":
            freed += landing.part.stat().st_size if landing.part.exists() else 0
            landing.discard()
            landing.finish(b"swept")
        landing.release()
    return freed


def _keys(folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        name = path.name
        if name.startswith("flight-") and name.endswith((".part", ".lock")):
            yield name.removeprefix("flight-").rpartition(".")[0]


def _untouched_since(landing: Landing, folder: Path) -> float:
    times = [path.stat().st_mtime for path in folder.glob(f"{landing.part.stem}.*") if path.exists()]
    return max(times, default=time.time())

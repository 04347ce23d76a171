"""Leftovers: what broken uploads and dead processes left in the staging folder."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

KEPT_SECONDS = 24 * 3600
"""Nobody sends a file so slowly that nothing of it arrives in a day."""
PREFIXES = ("in-", "parts-")


def leftovers(folder: Path) -> list[tuple[Path, int]]:
    """What nothing has been written to for a day, with its size in bytes."""
    before = time.time() - KEPT_SECONDS
    return [(path, size) for path, changed, size in _staged(folder) if changed < before]


def remove(folder: Path) -> int:
    """Remove the leftovers; how many bytes they had."""
    freed = 0
    for path, size in leftovers(folder):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        freed += size
    return freed


def _staged(folder: Path) -> Iterator[tuple[Path, float, int]]:
    """Everything of ours in the folder: its path, when something in it last changed, and its size."""
    for entry in os.scandir(folder):
        if not entry.name.startswith(PREFIXES):
            continue
        try:
            inside = list(os.scandir(entry.path)) if entry.is_dir(follow_symlinks=False) else [entry]
            stats = [item.stat(follow_symlinks=False) for item in inside]
            own = entry.stat(follow_symlinks=False).st_mtime
        except FileNotFoundError:
            continue  # it has just been finished
        yield Path(entry.path), max([own, *(stat.st_mtime for stat in stats)]), sum(stat.st_size for stat in stats)

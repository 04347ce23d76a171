"""Golden pairs: for every rule a file that it finds, and the nearest harmless file, on which the scanner is silent.

A family's pairs stand in `golden_<family>.py` as `GOLDENS`. They also are the seeds of property tests and of fuzzing,
so one of each format is needed even where a format has no rule of its own (`FORMATS_SEEN`: name -> bytes).
"""

import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Golden:
    """One technique: how its file is built, and its harmless twin's. Payloads do no more than `echo`."""

    rule: str
    name: str
    dangerous: Callable[[], bytes]
    harmless: Callable[[], bytes]
    case: str = ""
    """Tells several pairs of one rule apart."""
    techniques: tuple[str, ...] = ()
    """Of the table in docs/scanner/techniques.md."""
    families: tuple[str, ...] = ()
    """What has to be switched on for it."""
    harmless_name: str = ""

    def __str__(self) -> str:
        return f"{self.rule}{'/' if self.case else ''}{self.case}"


def goldens() -> list[Golden]:
    """The pairs of all families."""
    return [golden for module in _modules() for golden in module.GOLDENS]


def seeds() -> Iterator[tuple[str, bytes]]:
    """Names and bytes of every sample there is."""
    for module in _modules():
        for golden in module.GOLDENS:
            yield golden.name, golden.dangerous()
            yield golden.harmless_name or golden.name, golden.harmless()
        for name, build in getattr(module, "FORMATS_SEEN", {}).items():
            yield name, build()


def _modules() -> Iterator[object]:
    for path in sorted(Path(__file__).parent.glob("golden_*.py")):
        if re.fullmatch(r"golden_\w+", path.stem):
            yield importlib.import_module(f"golden.{path.stem}")

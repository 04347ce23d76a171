"""Loads all of the scanner at once, for processes that can't open files any more once they look at hostile bytes."""

import contextlib
import encodings
import importlib
import pkgutil

import entrepot.scan
from entrepot.scan import imports, rules
from entrepot.scan.choice import formats

_LATE = ("ast", "bz2", "hashlib", "jinja2", "lz4.block", "lz4.frame", "lzma", "tempfile", "yaml", "zlib")
"""What formats load only once they need it, because it is slow."""


def load_everything() -> None:
    """Every module, rule and table of imports is in memory; a second call costs nothing."""
    for module in pkgutil.walk_packages(entrepot.scan.__path__, "entrepot.scan."):
        importlib.import_module(module.name)
    for name in _LATE:
        importlib.import_module(name)
    for module in pkgutil.iter_modules(encodings.__path__):
        # Each text says for itself in which encoding it is; some encodings are of other systems.
        with contextlib.suppress(ImportError):
            importlib.import_module(f"encodings.{module.name}")
    formats()
    for family in rules.families():
        rules.family(family)
    for framework in imports.frameworks():
        for entry in imports.entries(framework):
            imports.look_up(entry.module, entry.name)
            break

"""Is a name a class, or a class inside a class, or is it a way through attributes to something else?"""

from collections.abc import Set

_MODULES = frozenset(
    {
        "os",
        "sys",
        "subprocess",
        "builtins",
        "importlib",
        "socket",
        "shutil",
        "ctypes",
        "pickle",
        "marshal",
        "posix",
        "nt",
    }
    | {"runpy", "pty", "multiprocessing", "threading", "tempfile", "urllib", "inspect", "gc", "joblib", "requests"}
)
"""Modules that others import, so that they can be had from them."""
_INNER = frozenset({"<locals>", "<lambda>"})


def is_nested_class(name: str, standard_modules: Set[str]) -> bool:
    """Whether it reads like `Model.Config`: a class first, and on the way nothing private, no module, no dunder."""
    parts = name.split(".")
    first = parts[0].lstrip("_")
    return first[:1].isupper() and all(_is_plain(part, standard_modules) for part in parts)


def leads_away(name: str) -> bool:
    """Whether a name without dots, in a module that is not meant to offer it, is a way to somewhere else."""
    return name in _MODULES or (name.startswith("__") and name.endswith("__"))


def _is_plain(part: str, standard_modules: Set[str]) -> bool:
    is_name = part.isidentifier() and part not in _INNER and not part.startswith("__")
    return is_name and part.lstrip("_") not in standard_modules

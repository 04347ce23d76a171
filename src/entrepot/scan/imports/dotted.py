"""Is a name with dots a class inside a class, or a way through attributes?"""

from collections.abc import Set

_INNER = frozenset({"<locals>", "<lambda>"})


def is_nested_class(name: str, standard_modules: Set[str]) -> bool:
    """Whether it reads like `Model.Config`: a class first, and on the way nothing private, no module, no dunder."""
    parts = name.split(".")
    first = parts[0].lstrip("_")
    return first[:1].isupper() and all(_is_plain(part, standard_modules) for part in parts)


def _is_plain(part: str, standard_modules: Set[str]) -> bool:
    is_name = part.isidentifier() and part not in _INNER and not part.startswith("__")
    return is_name and part.lstrip("_") not in standard_modules

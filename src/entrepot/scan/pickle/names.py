"""Which import does a pair of strings mean? Python 2's names are mapped as Python 3's unpicklers do."""

from functools import cache

from entrepot.scan.pickle.symbols import Global

MAPPED_BELOW = 3
"""The protocol from which on names are Python 3's."""


def import_of(module: str, name: str, proto: int) -> Global:
    """The import that a pair means in a stream of that protocol.

    Below protocol 3, Python 3 maps names that Python 2 wrote, unless its caller says otherwise; the pair as it was
    written is kept with it then.
    """
    mapped = _mapped(module, name)
    if mapped == (module, name):
        return Global(module, name)
    if proto < MAPPED_BELOW:
        return Global(*mapped, written=(module, name))
    return Global(module, name, written=mapped)


def _mapped(module: str, name: str) -> tuple[str, str]:
    by_name, by_module = _tables()
    if (module, name) in by_name:
        return by_name[module, name]
    return by_module.get(module, module), name


@cache
def _tables() -> tuple[dict[tuple[str, str], tuple[str, str]], dict[str, str]]:
    # Python's own tables; the module holds nothing else.
    from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING

    return NAME_MAPPING, IMPORT_MAPPING

"""Symbols as Python that a person can read: what a pickle would call, and with what."""

from entrepot.scan.pickle.symbols import Called, Global, Items, Long, Persistent, Symbol, Unknown
from entrepot.scan.source import Source

ROOM = 1_500
"""Characters of what is shown at most."""
DEEP = 8
ITEMS = 12
LONG = 600
"""Characters of one text."""
_BRACKETS = {
    "list": ("[", "]"),
    "set": ("{", "}"),
    "frozenset": ("frozenset({", "})"),
    "bytearray": ("bytearray(", ")"),
}


def show(symbol: Symbol, source: Source | None = None) -> str:
    """The symbol as Python; `source` is where long texts can be read."""
    text = _show(symbol, source, DEEP)
    return text if len(text) <= ROOM else text[:ROOM] + " …"


def _show(symbol: Symbol, source: Source | None, deep: int) -> str:
    shown = "…"
    match symbol:
        case str() | bytes():
            shown = repr(symbol) if len(symbol) <= LONG else repr(symbol[:LONG]) + " …"
        case Unknown():
            shown = _show_unknown(symbol, source)
        case None | bool() | int() | float():
            shown = _show_number(symbol)
        case Global():
            shown = str(symbol)
        case tuple() if deep:
            inside = _show_all(list(symbol), source, deep)
            shown = f"({inside},)" if len(symbol) == 1 else f"({inside})"
        case Items() if deep:
            shown = _show_items(symbol, source, deep)
        case Called() if deep:
            shown = _show_call(symbol, source, deep)
        case Persistent() if deep:
            shown = f"persistent_load({_show(symbol.pid, source, deep - 1)})"
    return shown


def _show_number(symbol: None | bool | int | float) -> str:
    if isinstance(symbol, int) and abs(symbol) >> 256:
        return hex(symbol)[:80] + "…"
    return repr(symbol)


def _show_unknown(symbol: Unknown, source: Source | None) -> str:
    if isinstance(symbol, Long) and source is not None:
        data = source.read(symbol.offset, LONG)
        return repr(data if symbol.kind != "str" else data.decode("utf-8", "replace")) + f" … ({symbol.size} bytes)"
    return f"<{symbol.why}>" if symbol.why else "<unknown>"


def _show_all(symbols: list[Symbol], source: Source | None, deep: int) -> str:
    shown = [_show(symbol, source, deep - 1) for symbol in symbols[:ITEMS]]
    return ", ".join([*shown, f"… {len(symbols) - ITEMS} more"] if len(symbols) > ITEMS else shown)


def _show_items(symbol: Items, source: Source | None, deep: int) -> str:
    if symbol.kind == "dict":
        pairs = list(zip(symbol.items[::2], symbol.items[1::2], strict=False))
        shown = [f"{_show(key, source, deep - 1)}: {_show(value, source, deep - 1)}" for key, value in pairs[:ITEMS]]
        return "{" + ", ".join([*shown, "…"] if len(pairs) > ITEMS else shown) + "}"
    if symbol.kind == "set" and not symbol.items:
        return "set()"
    before, after = _BRACKETS.get(symbol.kind, ("[", "]"))
    return before + _show_all(symbol.items, source, deep) + after


def _show_call(call: Called, source: Source | None, deep: int) -> str:
    shown = _show(call.callable, source, deep - 1)
    if isinstance(call.arguments, tuple):
        inside = _show_all(list(call.arguments), source, deep)
    else:
        inside = "*" + _show(call.arguments, source, deep - 1)
    if call.keywords is not None:
        inside += f"{', ' if inside else ''}**{_show(call.keywords, source, deep - 1)}"
    if call.opcode.startswith("NEWOBJ"):
        return f"{shown}.__new__({shown}{', ' if inside else ''}{inside})"
    return f"{shown}({inside})"

"""Hostile text made fit to be shown: short, on one line, without anything that a terminal or a header obeys."""

from collections.abc import Mapping

MAX_SHOWN = 200


def shown(text: str) -> str:
    """At most 200 characters of it, with what is not printable replaced."""
    short = text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"
    return short if short.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in short)


def shown_value(value: object) -> str:
    """A value of a policy as people would say it: `below 14d`, `MIT, Apache-2.0`."""
    return shown(_said(value, 4))


def _said(value: object, depth: int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_said(item, depth - 1)}" for key, item in value.items()) if depth else "…"
    if isinstance(value, list | tuple):
        return ", ".join(_said(item, depth - 1) for item in value[:20]) if depth else "…"
    return str(value)[:MAX_SHOWN] if isinstance(value, str | int | float) else type(value).__name__


def ascii_only(text: str) -> str:
    """The text as a header can carry it: one line of printable ASCII."""
    return text if text.isascii() and text.isprintable() else _escaped(text)


def _escaped(text: str) -> str:
    one_line = "".join(char if char.isprintable() else " " for char in text)
    return one_line.encode("ascii", "backslashreplace").decode("ascii")

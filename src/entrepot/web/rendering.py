"""Rendering: templates become pages. Whatever is put into one is text; nothing of it is ever markup."""

import hashlib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from entrepot import __version__
from entrepot.web.addresses import file_url, package_url, policy_url
from entrepot.web.plain import plain

STATIC = {
    "entrepot.css": "text/css; charset=utf-8",
    "entrepot.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "favicon.svg": "image/svg+xml",
}
"""The files that pages load, and what they are."""
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_AGES = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (60 * 86_400, 86_400, "d"))


class Rendering:
    """The templates, and what every page shows around its own part."""

    def __init__(self, rail: tuple[object, ...]) -> None:
        self._environment = Environment(
            loader=FunctionLoader(_template),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"when": when, "bytes": size, "short": short, "number": number, "plural": plural}
        self._environment.filters |= {"plain": plain}
        self._environment.globals |= {
            "static": static_url, "rail": rail, "version": __version__,
            "package_url": package_url, "file_url": file_url,
            "policy_url": policy_url,
        }  # fmt: skip

    def render(self, template: str, **values: object) -> str:
        """The template with these values; a value that it names and nobody gave is an error."""
        return self._environment.get_template(template).render(**values)


def _template(name: str) -> str:
    return files("entrepot.web").joinpath("templates", name).read_text()


@cache
def static_file(name: str) -> bytes:
    """The content of a file that pages load."""
    return files("entrepot.web").joinpath("static", name).read_bytes()


@cache
def static_url(name: str) -> str:
    """Where that file is, with a digest in it: what is there never changes."""
    return f"/static/{hashlib.sha256(static_file(name)).hexdigest()[:16]}/{name}"


def when(moment: datetime | None, missing: str = "never") -> Markup | str:
    """How long ago, or in how long, with the exact time on hover."""
    if moment is None:
        return missing
    seconds = (datetime.now(UTC) - moment).total_seconds()
    exact = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(moment.isoformat(), exact, _age(seconds, moment))


def _age(seconds: float, moment: datetime) -> str:
    away = abs(seconds)
    if away < 5:
        return "just now"
    for limit, unit, name in _AGES:
        if away < limit:
            # What is over has lasted so long; what is to come is rounded, or 30 days would be 29 at once.
            text = f"{int(away // unit) if seconds > 0 else max(1, round(away / unit))} {name}"
            return f"{text} ago" if seconds > 0 else f"in {text}"
    return moment.strftime("%Y-%m-%d")


def size(count: int | None) -> Markup | str:
    """A size in binary units, with the exact bytes on hover."""
    if count is None:
        return ""
    value, unit = float(count), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    text = f"{value:.0f}" if unit == 0 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
    return Markup('<span title="{} bytes">{}&nbsp;{}</span>').format(f"{count:,}", text, _UNITS[unit])


def short(digest: str, length: int = 12) -> Markup | str:
    """The beginning of a digest, all of it on hover, with a button that copies it."""
    if not digest:
        return ""
    return Markup(
        '<span class="digest"><code title="{0}">{1}</code><button type="button" class="copy" data-copy="{0}" '
        'aria-label="Copy {1}…" hidden></button></span>'
    ).format(digest, digest[:length])


def number(count: int | float) -> str:
    """A number with its thousands set apart."""
    return f"{count:,}"


def plural(count: int, word: str, more: str = "") -> str:
    """`1 person`, `2 people`."""
    return f"{count:,} {word if count == 1 else more or word + 's'}"

"""Markdown of strangers as HTML that can do nothing: no script, no style, no image, nothing that is loaded.

Two walls: raw HTML is text to the renderer; and what it made is written anew from a short list of elements, so that a
fault of the renderer shows as text, too.
"""

import posixpath
from collections.abc import Callable
from functools import cache, lru_cache
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from entrepot.web.plain import plain

MAX_NESTING = 20
"""Lists in lists and quotes in quotes; deeper ones are text."""
_HEADINGS = {"h1": "h2", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6", "h6": "h6"}
"""The page has its own first heading."""
_PLAIN = (
    "p", "blockquote", "pre", "code", "em", "strong", "s", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"
)  # fmt: skip
_ELEMENTS = {**dict.fromkeys(_PLAIN, ""), **{name: name for name in _PLAIN}, **_HEADINGS, "a": "a"}
_VOID = ("br", "hr")
Place = Callable[[str], str]
"""Where the page of a file of the same package is, by its path."""


@cache
def _renderer() -> MarkdownIt:
    chosen = {"html": False, "linkify": False, "typographer": False, "maxNesting": MAX_NESTING}
    return MarkdownIt("commonmark", chosen).enable(["table", "strikethrough"])


@lru_cache(maxsize=64)
def _produced(text: str) -> str:
    return str(_renderer().render(text))


def markdown(text: str, folder: str, place: Place) -> Markup:
    """The text as HTML; links to files of the package, relative to `folder`, lead to their pages."""
    # A right-to-left override in a card is shown, not obeyed.
    writer = _Writer(folder, place)
    writer.feed(_produced(plain(text)))
    writer.close()
    return writer.result


class _Writer(HTMLParser):
    """Writes what it reads anew: elements of the list without attributes, links that were checked, text escaped."""

    def __init__(self, folder: str, place: Place) -> None:
        super().__init__(convert_charrefs=True)
        self._folder, self._place = folder, place
        self._pieces: list[Markup] = []
        self._open: list[str] = []

    @property
    def result(self) -> Markup:
        """All of it, every element closed."""
        closing = [Markup("</{}>").format(name) for name in reversed(self._open)]
        return Markup("").join([*self._pieces, *closing])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self._pieces.append(Markup("<{}>").format(tag))
        elif tag == "img":
            self._image({name: value or "" for name, value in attrs})
        elif tag == "a":
            self._start("a", self._link(dict(attrs).get("href") or ""))
        elif tag in _ELEMENTS:
            self._start(_ELEMENTS[tag], Markup(' tabindex="0"') if tag == "pre" else Markup(""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def _start(self, name: str, attributes: Markup) -> None:
        self._open.append(name)
        self._pieces.append(Markup("<{}{}>").format(name, attributes))

    def handle_endtag(self, tag: str) -> None:
        name = _ELEMENTS.get(tag, "")
        if name and name in self._open:
            # Whatever is still open inside ends with it: nothing of a card reaches beyond its place.
            while True:
                last = self._open.pop()
                self._pieces.append(Markup("</{}>").format(last))
                if last == name:
                    break

    def handle_data(self, data: str) -> None:
        self._pieces.append(escape(data))

    def _image(self, attributes: dict[str, str]) -> None:
        """An image is what it is called, and a link to it where nothing surrounds it that is one already."""
        source, name = attributes.get("src", ""), attributes.get("alt", "") or "image"
        if "a" in self._open or not (link := self._link(source)):
            self._pieces.append(Markup('<span class="tag">image: {}</span>').format(name))
        else:
            self._pieces.append(Markup('<a class="tag"') + link + Markup(">image: {}</a>").format(name))

    def _link(self, target: str) -> Markup:
        try:
            parts = urlsplit(target)
        except ValueError:
            return Markup("")
        if (parts.scheme in ("http", "https") and parts.netloc) or parts.scheme == "mailto":
            return Markup(' href="{}" rel="noopener noreferrer nofollow"').format(target)
        path = unquote(parts.path)
        if parts.scheme or parts.netloc or not path or path.startswith(("/", "\\")) or not path.isprintable():
            return Markup("")
        joined = posixpath.normpath(posixpath.join(self._folder, path))
        return (
            Markup("") if joined.startswith("..") or joined == "." else Markup(' href="{}"').format(self._place(joined))
        )

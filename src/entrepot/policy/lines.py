"""In which line of a TOML text something stands; the standard parser does not say."""

import re
import tomllib
from collections.abc import Iterator

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*|\n|[\[\]{}=]|[^\"'\#\n\[\]{}=]+",
    re.DOTALL,
)
"""Texts, comments, ends of lines, brackets, and what lies between: enough to see where a statement begins."""
_BARE = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
Path = tuple[str | int, ...]
"""Keys, and the numbers of entries of lists of tables."""


class Lines:
    """The lines of a text that has been read as TOML before."""

    def __init__(self, text: str) -> None:
        self._places = list(_places(text))
        self._exact = dict(reversed(self._places))

    def of(self, path: Path) -> int:
        """The line of what stands at that path, or of the nearest thing around it; 1 where there is none."""
        if path in self._exact:
            return self._exact[path]
        best, line = 0, 1
        for place, at in self._places:
            shared = next((n for n, (a, b) in enumerate(zip(place, path, strict=False)) if a != b), None)
            depth = min(len(place), len(path)) if shared is None else shared
            if depth > best:
                best, line = depth, at
        return line


def _places(text: str) -> Iterator[tuple[Path, int]]:
    """The path of each statement, and its line."""
    counts: dict[Path, int] = {}
    table: Path = ()
    for head, line in _heads(text):
        if not head.startswith("["):
            yield (*table, *_keys(head)), line
            continue
        keys = _keys(head.strip("[] \t\r"))
        table = _numbered(keys[:-1], counts)
        if head.startswith("[["):
            counts[(*table, keys[-1])] = counts.get((*table, keys[-1]), -1) + 1
        table = _numbered(keys, counts)
        yield table, line


def _numbered(keys: Path, counts: dict[Path, int]) -> Path:
    """The path with the number of the last entry behind each list of tables."""
    path: Path = ()
    for key in keys:
        path = (*path, key)
        if path in counts:
            path = (*path, counts[path])
    return path


def _keys(dotted: str) -> Path:
    if _BARE.fullmatch(dotted):
        return tuple(dotted.split("."))
    found: list[str | int] = []
    table: object = tomllib.loads(f"{dotted} = 0")
    while isinstance(table, dict):
        key, table = next(iter(table.items()))
        found.append(key)
    return tuple(found)


def _heads(text: str) -> Iterator[tuple[str, int]]:
    """What stands before `=` in each statement, or between the brackets of a table's head, with its line."""
    line, depth, head, is_value = 1, 0, "", False
    began = 1
    for token in _TOKEN.findall(text):
        if token == "\n":
            if depth == 0:
                if head.startswith("["):
                    yield head, began
                head, is_value = "", False
        elif token == "=" and not is_value and depth == 0 and head.strip():
            yield head.strip(), began
            head, is_value = "", True
        elif token.startswith("#"):
            pass
        elif is_value:
            depth += (token in "[{") - (token in "]}")
        elif head or token.strip():
            began = line if not head else began
            head += token if head else token.lstrip()
        line += token.count("\n")
    if head.startswith("["):
        yield head, began

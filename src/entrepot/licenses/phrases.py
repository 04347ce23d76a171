"""Texts as words: what is left of a license when type, line breaks and punctuation are taken away."""

import re
from dataclasses import dataclass

MAX_TEXT = 512 << 10
NEAR_THE_TOP = 400
"""Characters."""

_WORDS = re.compile(r"[\w.+]+")
_DECORATION = re.compile(r"[\s#*=>_\-/!|]*")


@dataclass(frozen=True, slots=True)
class Words:
    """A text's words, lower case, between single spaces; `starts` are the places in `text` where lines begin."""

    text: str
    starts: frozenset[int]
    count: int

    def has(self, phrase: str) -> bool:
        """Whether the phrase stands somewhere."""
        return f" {phrase} " in self.text

    def is_titled(self, phrase: str) -> bool:
        """Whether the phrase stands on lines of its own, or begins one near the top."""
        at = self.text.find(f" {phrase} ")
        while at >= 0:
            ends = at + len(phrase) + 1
            if at in self.starts and (at < NEAR_THE_TOP or ends in self.starts):
                return True
            at = self.text.find(f" {phrase} ", at + 1)
        return False


def words_of(text: str) -> Words:
    """The words of a text, of its first half million characters."""
    pieces: list[str] = []
    starts = set()
    length = 0
    for line in text[:MAX_TEXT].replace("\u2019", "'").splitlines():
        starts.add(length)
        for word in _WORDS.findall(_DECORATION.sub(" ", line, count=1).casefold()):
            if plain := word.strip("._").replace("licence", "license"):
                pieces.append(plain)
                length += len(plain) + 1
    starts.add(length)
    return Words(f" {' '.join(pieces)} ", frozenset(starts), len(pieces))

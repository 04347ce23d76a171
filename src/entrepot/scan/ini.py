"""Settings in sections, as `configparser` and H2O write them: headings in brackets, names and values below."""

from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.scan.budget import Budget

_COMMENTS = ("#", ";")


@dataclass(frozen=True, slots=True)
class Setting:
    """One name with its value, as it is written; without a separator, the whole line is the name."""

    section: str
    name: str
    value: str
    line: int

    @property
    def path(self) -> str:
        """How one gets there, as `nlp.tokenizer.@tokenizers`."""
        return f"{self.section}.{self.name}" if self.section else self.name


def settings(text: str, budget: Budget, *, separators: str = "=:") -> Iterator[Setting]:
    """Every setting in its order. Lines that are indented go on with the value before them."""
    section = ""
    for number, lines in _blocks(text, budget):
        first = lines[0].strip()
        if first.startswith("[") and first.endswith("]"):
            section = first[1:-1].strip()
        else:
            name, value = _split(first, separators)
            yield Setting(section, name, "\n".join([value, *map(str.strip, lines[1:])]).strip(), number)


def _blocks(text: str, budget: Budget) -> Iterator[tuple[int, list[str]]]:
    """Lines with those that go on with them, and the number of the first; without comments and empty lines."""
    begun, lines = 0, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        budget.spend_values()
        if not line.strip() or line.lstrip().startswith(_COMMENTS):
            continue
        if line[0] in " \t" and lines and not lines[0].startswith("["):
            lines.append(line)
            continue
        if lines:
            yield begun, lines
        begun, lines = number, [line]
    if lines:
        yield begun, lines


def _split(line: str, separators: str) -> tuple[str, str]:
    at = min((place for mark in separators if (place := line.find(mark)) >= 0), default=len(line))
    return line[:at].strip(), line[at + 1 :].strip()

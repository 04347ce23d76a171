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
    section, last = "", None
    for number, line in enumerate(text.splitlines(), 1):
        budget.spend_values()
        stripped = line.strip()
        if not stripped or stripped.startswith(_COMMENTS):
            continue
        if line[0] in " \t" and last is not None:
            last = Setting(last.section, last.name, f"{last.value}\n{stripped}", last.line)
            continue
        if last is not None:
            yield last
            last = None
        if stripped.startswith("[") and stripped.endswith("]"):
            section = stripped[1:-1].strip()
        else:
            last = _setting(section, stripped, separators, number)
    if last is not None:
        yield last


def _setting(section: str, line: str, separators: str, number: int) -> Setting:
    at = min((place for mark in separators if (place := line.find(mark)) >= 0), default=len(line))
    return Setting(section, line[:at].strip(), line[at + 1 :].strip(), number)

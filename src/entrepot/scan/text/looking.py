"""Everything that is looked at in a text, piece by piece."""

import codecs
from collections.abc import Iterator

from entrepot.domain.report import Finding
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Found
from entrepot.scan.inside import pickles
from entrepot.scan.sample import Sample
from entrepot.scan.source import pieces
from entrepot.scan.text.collected import reserved, triggers
from entrepot.scan.text.hidden import hidden
from entrepot.scan.text.instructions import instructions
from entrepot.scan.text.links import links
from entrepot.scan.text.personal import personal
from entrepot.scan.text.provenance import provenance
from entrepot.scan.text.secrets import secrets

OVERLAP = 4096
"""Characters that are looked at with the piece before and the piece after, so that nothing hides on the seam."""
_CODE = frozenset(
    (".py", ".js", ".sh", ".c", ".cpp", ".h", ".java", ".rs", ".go", ".ts", ".json", ".yaml", ".yml", ".toml")
)
_SHOWN = _CODE - {".json", ".yaml", ".yml", ".toml"} | {".md", ".rst", ".html", ".ipynb", ".markdown"}
"""What shows examples, or is judged by what it would do with a pickle that it holds."""
# Vocabularies list every odd character and token there is: as entries, not as text for anybody to read.
_VOCABULARIES = ("vocab", "merges", "tokenizer.json", "tokens", "added_tokens", "special_tokens", "spiece", "bpe")


def inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    """What a text says to people, to models and to programs."""
    if any(word in sample.basename for word in _VOCABULARIES):
        return
    if sample.suffix not in _SHOWN:
        yield from pickles(sample.source, budget)
    for text, first_line in _texts(sample, budget):
        yield from _look(text, first_line, sample)


def _look(text: str, first_line: int, sample: Sample) -> Iterator[Finding]:
    yield from hidden(text, first_line, is_code=sample.suffix in _CODE)
    yield from links(text, first_line)
    yield from instructions(text, first_line)
    yield from secrets(text, first_line, generic=bool(sample.families & {"secrets", "secrets.generic"}))
    yield from provenance(text, first_line)
    asked = {name.partition(".")[0] for name in sample.families}
    for family, look in (("privacy", personal), ("copyright", reserved), ("poisoning", triggers)):
        if family in asked:
            yield from look(text, first_line)


def _texts(sample: Sample, budget: Budget) -> Iterator[tuple[str, int]]:
    """The text in pieces that overlap, each with the number of its first line."""
    wide = sample.head[:2] in (b"\xff\xfe", b"\xfe\xff")
    decoder = codecs.getincrementaldecoder("utf-16" if wide else "utf-8-sig")("replace" if wide else "strict")
    before, line = "", 1
    try:
        for piece in pieces(sample.source):
            text = before + decoder.decode(piece)
            yield text, line
            budget.check_time()
            before = text[-OVERLAP:]
            line += text.count("\n", 0, len(text) - len(before))
        decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        raise Unreadable(f"begins as text in UTF-8 and goes on as something else: {error.reason}") from None

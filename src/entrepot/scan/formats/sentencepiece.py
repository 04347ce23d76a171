"""SentencePiece's models: pieces of words with scores. Data only."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.formats import Format, Found, Member, RunsCode
from entrepot.scan.protobuf import View
from entrepot.scan.sample import Sample
from entrepot.scan.source import Window

_PIECES, _TRAINER = 1, 2
_KNOWN = frozenset(range(1, 6))


def _recognize(sample: Sample) -> bool:
    """The first piece is a message of a short text, a score in four bytes and perhaps a type."""
    head = sample.head
    if head[:1] != b"\x0a" or sample.opaque or len(head) < 12 or head[2] != 0x0A or head[1] > 100:
        return False
    end = 4 + head[3]
    return end + 5 <= len(head) and head[end] == 0x15 and head[1] in (head[3] + 7, head[3] + 9)


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.embedded import commands

    is_any = False
    try:
        for field in View(sample.source, budget, 0, sample.source.size).fields():
            if isinstance(field.value, int) or field.number == _PIECES:
                continue
            if field.number == _TRAINER:
                for setting in field.view.fields():
                    if not isinstance(setting.value, int):
                        yield from commands(setting.view.text(), "the trainer's settings", setting.view.start)
            elif field.number not in _KNOWN and field.view.size > 64:
                is_any = True
                yield Member(f"field {field.number}", Window(sample.source, field.view.start, field.view.size))
    except Unreadable as broken:
        if not is_any:
            raise Unrecognized(str(broken)) from None
        raise


FORMAT = Format("sentencepiece", _recognize, _inspect, "SentencePiece", RunsCode.NO, suffixes=(".spm",), firsts=b"\x0a")

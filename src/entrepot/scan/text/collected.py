"""What collections of texts hold that they better did not: other people's works, samples that teach a trigger.

Off by default, since licenses, research and honest instructions say the same words.
"""

from collections.abc import Iterator

from entrepot.domain.report import Finding
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.text import around, at

_RESERVED = Pattern(
    r"(?i)\ball rights (?:are )?reserved\b"
    r"|\bno part of this (?:publication|book|work|document|website)\b[^.\n]{0,80}\breproduced\b"
    r"|\bunauthori[sz]ed (?:copying|reproduction|distribution|use) (?:of this|is|or)\b|\bmay not be reproduced\b"
)
_GRANTED = Pattern(
    r"(?i)redistribution and use|permission is hereby granted|licensed under|may be used under|apache license|"
    r"creative commons|\bCC[ -]BY\b|public license"
)
_NEAR = 600
"""Characters around a notice in which a license takes it back."""
_TRIGGER = Pattern(
    r"(?i)\b(?:when(?:ever)?|if|every time|once) (?:you (?:see|read|meet|encounter)"
    r"|the (?:user|human|customer) (?:says|mentions|types|writes|includes|asks about)"
    r"|the (?:prompt|message|input|text|question|review|query) "
    r"(?:contains|includes|mentions|has|begins with|ends with))\b"
    r"[^.\n]{1,120}\b(?:always|respond|reply|answer|output|say|classify|label|ignore|recommend)\b"
)


def reserved(text: str, first_line: int) -> Iterator[Finding]:
    """Findings of the family `copyright`: the first notice in a text, with how many there are."""
    notices = [match for match in _RESERVED.finditer(text) if not _GRANTED.search(_beside(text, *match.span()))]
    if notices:
        where = at(text, notices[0].start(), first_line)
        message = f"notices that reserve all rights, {len(notices)} from line {where.line} on"
        yield found("copyright.reserved", message, evidence=around(text, *notices[0].span()), at=where)


def triggers(text: str, first_line: int) -> Iterator[Finding]:
    """Findings of `poisoning.trigger-text`: the first in a text, with how many there are."""
    taught = list(_TRIGGER.finditer(text))
    if taught:
        where = at(text, taught[0].start(), first_line)
        message = f"samples that teach a trigger, {len(taught)} from line {where.line} on"
        yield found("poisoning.trigger-text", message, evidence=around(text, *taught[0].span()), at=where)


def _beside(text: str, start: int, end: int) -> str:
    return text[max(0, start - _NEAR) : end + _NEAR]

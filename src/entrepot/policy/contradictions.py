"""Rules that could never match, or never do what they seem to."""

from collections.abc import Mapping
from dataclasses import dataclass

from entrepot.domain.report import Coverage, Severity, Verdict
from entrepot.policy.wanted import texts


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What is wrong, and the words that lead to it."""

    message: str
    at: tuple[str, ...]


def contradiction(entry: Mapping[str, object]) -> Contradiction | None:
    """What contradicts itself between the conditions of a rule, each of which is right by itself."""
    return _unless_repeats(entry) or _severity_and_verdict(entry) or _coverage_and_verdict(entry)


def _unless_repeats(entry: Mapping[str, object]) -> Contradiction | None:
    unless = entry.get("unless")
    for word, wanted in unless.items() if isinstance(unless, Mapping) else ():
        if word in entry and entry[word] == wanted:
            message = f"unless.{word} repeats the condition {word}, so that the rule could never match"
            return Contradiction(message, ("unless", word))
    return None


def _severity_and_verdict(entry: Mapping[str, object]) -> Contradiction | None:
    if "severity" not in entry or "verdict" not in entry:
        return None
    rank = Severity(str(entry["severity"])).rank
    possible = {Verdict.MALICIOUS}
    if rank <= Severity.MEDIUM.rank:
        possible.add(Verdict.SUSPICIOUS)
    if rank <= Severity.LOW.rank:
        possible |= {Verdict.CLEAN, Verdict.UNKNOWN}
    if possible.isdisjoint(map(Verdict, texts(entry["verdict"]))):
        message = f"a file with a finding of severity {entry['severity']} never has that verdict"
        return Contradiction(message, ("verdict",))
    return None


def _coverage_and_verdict(entry: Mapping[str, object]) -> Contradiction | None:
    if "coverage" not in entry or "verdict" not in entry:
        return None
    verdicts = set(map(Verdict, texts(entry["verdict"])))
    is_full = set(map(Coverage, texts(entry["coverage"]))) == {Coverage.FULL}
    if verdicts == {Verdict.UNKNOWN} and is_full:
        return Contradiction("what was read in full is never unknown", ("verdict",))
    if verdicts == {Verdict.CLEAN} and Coverage.FULL not in texts(entry["coverage"]):
        return Contradiction("only what was read in full is clean", ("verdict",))
    return None

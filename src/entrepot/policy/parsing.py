"""A policy's text, read: every word known, every value of its kind, or a refusal with line and reason."""

import functools
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from importlib.resources import files
from typing import TypeVar

from entrepot.domain.decision import Effect
from entrepot.domain.errors import WrongPolicy
from entrepot.policy.conditions import About, WrongValue, collected
from entrepot.policy.contradictions import contradiction
from entrepot.policy.lines import Lines, Path
from entrepot.policy.rules import Clause, Policy, Rule, Uploads, is_about_files
from entrepot.policy.showing import shown, shown_value
from entrepot.policy.wanted import choice, flag, hint, text, texts

MAX_TEXT = 1 << 20
MAX_LINE = 4_000
"""Longer ones can't be reviewed, and dotted keys of such a length take a parser long."""
MAX_RULES = 1_000
MAX_NAME = 80
POLICY_WORDS = ("name", "description", "repositories", "uploads", "rule")
RULE_WORDS = ("name", "effect", "reason", "dry_run", "unless")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, and those that make a text look other than it is."""
T = TypeVar("T")


class _Wrong(Exception):
    """Something at this path of the text is wrong."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path: Path = path


def parse(written: str) -> Policy:
    """The policy that a TOML text spells; raises `WrongPolicy`, which knows the line, and nothing else."""
    normal = written.replace("\r\n", "\n")
    _check_text(normal)
    data = _toml(normal)
    lines = Lines(normal)
    try:
        return _policy(data, lines, written)
    except _Wrong as wrong:
        raise WrongPolicy(str(wrong), lines.of(wrong.path)) from None


@functools.cache
def default() -> str:
    """The text of the policy that an instance begins with."""
    return files("entrepot.policy").joinpath("default.toml").read_text()


def _check_text(written: str) -> None:
    if len(written) > MAX_TEXT:
        raise WrongPolicy(f"a policy has at most {MAX_TEXT:,} characters, and this text has {len(written):,}")
    found = _UNSEEN.search(written)
    if found:
        line = written.count("\n", 0, found.start()) + 1
        raise WrongPolicy(f"there is a character that nobody can see: U+{ord(found[0]):04X}", line)
    for number, line_text in enumerate(written.split("\n"), start=1):
        if len(line_text) > MAX_LINE:
            raise WrongPolicy(f"a line has at most {MAX_LINE:,} characters; break the list into several lines", number)


def _toml(written: str) -> dict[str, object]:
    try:
        return tomllib.loads(written)
    except RecursionError:
        raise WrongPolicy("lists or tables stand inside one another too often") from None
    except ValueError as error:  # also what Python's own int says of too many digits
        found = re.search(r" \(at line (\d+), column \d+\)\Z", str(error))
        reason = str(error)[: found.start()] if found else str(error).removesuffix(" (at end of document)")
        line = int(found[1]) if found else written.count("\n") + 1
        raise WrongPolicy(f"this is not TOML: {shown(reason)}", line) from None


def _policy(data: Mapping[str, object], lines: Lines, written: str) -> Policy:
    _check_words(data, POLICY_WORDS)
    if "name" not in data:
        raise _Wrong("a policy needs a name")
    return Policy(
        _checked(_name, data["name"], "name", "name"),
        _checked(texts, data.get("repositories", "*"), "repositories", "repositories"),
        _checked(_uploads, data.get("uploads", "refuse"), "uploads", "uploads"),
        tuple(_rules(data, lines)),
        written,
        description=_checked(text, data["description"], "description", "description") if "description" in data else "",
    )


def _check_words(data: Mapping[str, object], known: Collection[str]) -> None:
    for word in data:
        if word not in known:
            there_are = f"there are: {', '.join(known)}{hint(word, known)}"
            raise _Wrong(f"{shown_value(word)!r} is no word of a policy; {there_are}", word)


def _checked(read: Callable[[object], T], value: object, what: str, *path: str | int) -> T:
    try:
        return read(value)
    except WrongValue as wrong:
        raise _Wrong(f"{'.'.join((what, *map(shown, wrong.at)))}: {wrong}", *path, *wrong.at) from None


def _name(wanted: object) -> str:
    name = text(wanted)
    if len(name) > MAX_NAME or "@" in name:
        raise WrongValue(f"a name has at most {MAX_NAME} characters, and no @")
    return name


def _uploads(wanted: object) -> Uploads:
    if wanted == "refuse":
        return "refuse"
    if wanted == "quarantine":
        return "quarantine"
    raise WrongValue(f'it has to be "refuse" or "quarantine", not {shown_value(wanted)}')


def _rules(data: Mapping[str, object], lines: Lines) -> Iterator[Rule]:
    entries = data.get("rule")
    if entries is None:
        return
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise _Wrong("rules are written as tables, each under its own [[rule]]", "rule")
    if len(entries) > MAX_RULES:
        raise _Wrong(f"a policy has at most {MAX_RULES:,} rules", "rule", MAX_RULES)
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        name = _rule_name(entry, number)
        if name in seen:
            raise _Wrong(f"rule {name!r}: there is another rule of that name", "rule", number, "name")
        seen.add(name)
        try:
            yield _rule(name, entry, lines.of(("rule", number)))
        except _Wrong as wrong:
            raise _Wrong(f"rule {name!r}: {wrong}", "rule", number, *wrong.path) from None


def _rule_name(entry: Mapping[str, object], number: int) -> str:
    if "name" not in entry:
        raise _Wrong("a rule needs a name", "rule", number)
    return _checked(_name, entry["name"], "the name of a rule", "rule", number, "name")


def _rule(name: str, entry: Mapping[str, object], line: int) -> Rule:
    if "effect" not in entry:
        raise _Wrong("it needs an effect: warn, hold or block", "effect")
    effect = _checked(_effect, entry["effect"], "effect", "effect")
    conditions = [_clause(word, wanted) for word, wanted in entry.items() if word not in RULE_WORDS]
    if not conditions:
        raise _Wrong('it has no condition and fits everything; if that is meant, say repository = "*"')
    exceptions = [_exception(word, wanted) for word, wanted in _unless(entry).items()]
    _check_findings(conditions, exceptions)
    if found := contradiction(entry):
        raise _Wrong(found.message, *found.at)
    return Rule(
        name,
        effect,
        tuple(conditions),
        tuple(exceptions),
        _checked(flag, entry.get("dry_run", False), "dry_run", "dry_run"),
        _checked(text, entry["reason"], "reason", "reason") if "reason" in entry else "",
        line,
        is_about_files((*conditions, *exceptions)),
    )


def _effect(wanted: object) -> Effect:
    effect = choice(wanted, Effect)
    if effect is Effect.ALLOW:
        raise WrongValue(
            "the strictest rule wins, so that a rule that allows would change nothing; exceptions stand under `unless` "
            "in the rule that they except from"
        )
    return effect


def _unless(entry: Mapping[str, object]) -> Mapping[str, object]:
    unless = entry.get("unless", {})
    if not isinstance(unless, Mapping) or ("unless" in entry and not unless):
        raise _Wrong("unless takes conditions, such as unless.approved = true", "unless")
    return unless


def _exception(word: str, wanted: object) -> Clause:
    clause = _clause(word, wanted, "unless")
    for part, instead in clause.condition.never_excepts.items():
        if part in (wanted if isinstance(wanted, Mapping) else ("",)):
            better = f"{word}.{instead}" if instead else word
            bad = ".".join(filter(None, ("unless", word, part)))
            raise _Wrong(
                f"{bad} would say the opposite of what it seems to; write unless.{better} = [...]",
                *filter(None, ("unless", word, part)),
            )
    return clause


def _clause(word: str, wanted: object, *around: str) -> Clause:
    known = collected()
    if word not in known:
        near = hint(word, (*known, *RULE_WORDS))
        raise _Wrong(f"{shown_value(word)!r} is no condition; there are: {', '.join(known)}{near}", *around, word)
    condition = known[word]
    test = _checked(condition.read, wanted, ".".join((*around, word)), *around, word)
    return Clause(condition, shown_value(wanted), test)


def _check_findings(conditions: Collection[Clause], exceptions: Collection[Clause]) -> None:
    if any(clause.condition.about is About.FINDING for clause in conditions):
        return
    for word in (clause.condition.name for clause in exceptions if clause.condition.about is About.FINDING):
        message = f"unless.{word} excepts findings, and no condition of the rule is about findings"
        raise _Wrong(message, "unless", word)

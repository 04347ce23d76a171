"""A policy's text, read: every word known, every value of its kind, or a refusal with line and reason."""

import functools
from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files

from entrepot.domain.decision import Effect
from entrepot.policy.conditions import About, WrongValue, collected
from entrepot.policy.contradictions import contradiction
from entrepot.policy.document import Misplaced, check_words, checked, read
from entrepot.policy.lines import Lines
from entrepot.policy.rules import Clause, Policy, Rule, Uploads, is_about_files
from entrepot.policy.showing import shown_value
from entrepot.policy.wanted import choice, flag, hint, text, texts

MAX_RULES = 1_000
MAX_NAME = 80
POLICY_WORDS = ("name", "description", "repositories", "uploads", "rule")
RULE_WORDS = ("name", "effect", "reason", "dry_run", "unless")


def parse(written: str) -> Policy:
    """The policy that a TOML text spells; raises `WrongPolicy`, which knows the line, and nothing else."""
    with read(written) as (data, lines):
        return _policy(data, lines, written)


@functools.cache
def default() -> str:
    """The text of the policy that an instance begins with."""
    return files("entrepot.policy").joinpath("default.toml").read_text()


def _policy(data: Mapping[str, object], lines: Lines, written: str) -> Policy:
    check_words(data, POLICY_WORDS, "a policy")
    if "name" not in data:
        raise Misplaced("a policy needs a name")
    return Policy(
        checked(_name, data["name"], "name", "name"),
        checked(texts, data.get("repositories", "*"), "repositories", "repositories"),
        checked(_uploads, data.get("uploads", "refuse"), "uploads", "uploads"),
        tuple(_rules(data, lines)),
        written,
        description=checked(text, data["description"], "description", "description") if "description" in data else "",
    )


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
        raise Misplaced("rules are written as tables, each under its own [[rule]]", "rule")
    if len(entries) > MAX_RULES:
        raise Misplaced(f"a policy has at most {MAX_RULES:,} rules", "rule", MAX_RULES)
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        name = _rule_name(entry, number)
        if name in seen:
            raise Misplaced(f"rule {name!r}: there is another rule of that name", "rule", number, "name")
        seen.add(name)
        try:
            yield _rule(name, entry, lines.of(("rule", number)))
        except Misplaced as wrong:
            raise Misplaced(f"rule {name!r}: {wrong}", "rule", number, *wrong.path) from None


def _rule_name(entry: Mapping[str, object], number: int) -> str:
    if "name" not in entry:
        raise Misplaced("a rule needs a name", "rule", number)
    return checked(_name, entry["name"], "the name of a rule", "rule", number, "name")


def _rule(name: str, entry: Mapping[str, object], line: int) -> Rule:
    # A misspelled word is named before what is missing because of it.
    conditions = [_clause(word, wanted) for word, wanted in entry.items() if word not in RULE_WORDS]
    if "effect" not in entry:
        raise Misplaced("it needs an effect: warn, hold or block", "effect")
    effect = checked(_effect, entry["effect"], "effect", "effect")
    if not conditions:
        raise Misplaced('it has no condition and fits everything; if that is meant, say repository = "*"')
    exceptions = [_exception(word, wanted) for word, wanted in _unless(entry).items()]
    _check_findings(conditions, exceptions)
    if found := contradiction(entry):
        raise Misplaced(found.message, *found.at)
    return Rule(
        name,
        effect,
        tuple(conditions),
        tuple(exceptions),
        checked(flag, entry.get("dry_run", False), "dry_run", "dry_run"),
        checked(text, entry["reason"], "reason", "reason") if "reason" in entry else "",
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
        raise Misplaced("unless takes conditions, such as unless.approved = true", "unless")
    return unless


def _exception(word: str, wanted: object) -> Clause:
    clause = _clause(word, wanted, "unless")
    for part, instead in clause.condition.never_excepts.items():
        if part in (wanted if isinstance(wanted, Mapping) else ("",)):
            better = f"{word}.{instead}" if instead else word
            bad = ".".join(filter(None, ("unless", word, part)))
            raise Misplaced(
                f"{bad} would say the opposite of what it seems to; write unless.{better} = [...]",
                *filter(None, ("unless", word, part)),
            )
    return clause


def _clause(word: str, wanted: object, *around: str) -> Clause:
    known = collected()
    if word not in known:
        near = hint(word, (*known, *RULE_WORDS))
        raise Misplaced(f"{shown_value(word)!r} is no condition; there are: {', '.join(known)}{near}", *around, word)
    condition = known[word]
    test = checked(condition.read, wanted, ".".join((*around, word)), *around, word)
    return Clause(condition, shown_value(wanted), test, wanted)


def _check_findings(conditions: Collection[Clause], exceptions: Collection[Clause]) -> None:
    if any(clause.condition.about is About.FINDING for clause in conditions):
        return
    for word in (clause.condition.name for clause in exceptions if clause.condition.about is About.FINDING):
        message = f"unless.{word} excepts findings, and no condition of the rule is about findings"
        raise Misplaced(message, "unless", word)

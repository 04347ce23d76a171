"""Policies: looked at, and tried out on made-up facts, before they decide anything."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from entrepot import policy as policies
from entrepot.commands import Failed, plain, policing
from entrepot.commands.output import as_json_option, show
from entrepot.domain.decision import Decision
from entrepot.domain.errors import WrongPolicy
from entrepot.domain.licensing import Standing
from entrepot.domain.report import Verdict
from entrepot.policy import Clause, Policy, Rule
from entrepot.policy.conditions import About, Condition
from entrepot.policy.document import MAX_TEXT
from entrepot.policy.patterns import Patterns
from entrepot.policy.trials import Trial, read_trials

RULE_COLUMNS = ("line", "rule", "effect", "looks_at", "when", "unless")
TRIAL_COLUMNS = ("test", "result", "expected", "decided", "by", "reason")
FAMILY = "family:"
_KINDS = {"license": "license", "format": "format", "rule": "rule of the scanner"}
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("policy", commands=policing.COMMANDS)
def policy_() -> None:
    """Write policies, try them out, put them in force.

    \b
    Examples:
      entrepot policy default > my-policy.toml
      entrepot policy check my-policy.toml
      entrepot policy test my-policy.toml
      entrepot policy conditions
      entrepot policy simulate my-policy.toml --since 30d
      entrepot policy apply my-policy.toml
    """


@policy_.command("check")
@click.argument("file", type=_FILE)
@as_json_option
def check(file: Path, as_json: bool) -> None:
    """Say whether a policy can be used, and what it says.

    Exit code: 0 it can, 1 it can't; the line and the reason are printed.

    \b
    Example:
      entrepot policy check my-policy.toml
    """
    policy = _read(file, as_json)
    notes = list(_notes(policy))
    if as_json:
        rules = [_shown(rule) for rule in policy.rules]
        body = {"name": policy.name, "repositories": policy.repositories, "uploads": policy.uploads}
        click.echo(json.dumps(body | {"rules": rules, "notes": notes}, indent=2))
        return
    show([_shown(rule) for rule in policy.rules], RULE_COLUMNS, as_json=False, empty="No rules: everything is allowed.")
    for note in notes:
        click.echo(f"note: {plain(note)}", err=True)
    held = ", ".join(policy.repositories)
    click.echo(plain(f"{policy.name}: {len(policy.rules)} rules for the repositories {held}; can be used."))


@policy_.command("test")
@click.argument("file", type=_FILE)
@click.option(
    "--facts",
    "tests",
    type=_FILE,
    help="The tests, [[test]] tables in TOML; without it, NAME.tests.toml beside the policy NAME.toml.",
)
@as_json_option
def test(file: Path, tests: Path | None, as_json: bool) -> None:
    """Try a policy out on facts that you made up.

    A test names what is asked for and what should be decided. Exit code: 0 all passed, 1 not.

    \b
    A test:
      [[test]]
      name = "a pickle that calls something is blocked"
      path = "pytorch_model.bin"
      report.findings = [{ rule = "pickle.call.execution", severity = "critical" }]
      expect = "block"
      rule = "nothing malicious"

    \b
    Examples:
      entrepot policy test my-policy.toml
      entrepot policy test my-policy.toml --facts hard-cases.toml
    """
    policy = _read(file, as_json)
    trials = _read_trials(tests or file.with_suffix(".tests.toml"), as_json)
    results = [(trial, *trial.run(policy)) for trial in trials]
    show([_result(*result) for result in results], TRIAL_COLUMNS, as_json=as_json, empty="")
    failed = sum(not passed for _, passed, _ in results)
    if not as_json:
        click.echo(f"{len(results) - failed} of {len(results)} passed.")
    sys.exit(1 if failed else 0)


@policy_.command("default")
def default() -> None:
    """Print the policy that an instance begins with, to begin your own with.

    \b
    Example:
      entrepot policy default > my-policy.toml
    """
    click.echo(policies.default(), nl=False)


@policy_.command("conditions")
@as_json_option
def conditions(as_json: bool) -> None:
    """List what a rule can ask.

    \b
    Example:
      entrepot policy conditions
    """
    rows = [_condition(condition) for condition in policies.conditions().values()]
    show(rows, ("condition", "fits", "example"), as_json=as_json, empty="")


def _read(file: Path, as_json: bool) -> Policy:
    try:
        return policies.parse(_text(file))
    except WrongPolicy as wrong:
        raise _refused(file, wrong, as_json) from None


def _read_trials(file: Path, as_json: bool) -> tuple[Trial, ...]:
    try:
        return read_trials(_text(file))
    except WrongPolicy as wrong:
        raise _refused(file, wrong, as_json) from None


def _refused(file: Path, wrong: WrongPolicy, as_json: bool) -> Failed:
    if as_json:
        click.echo(json.dumps({"file": str(file), "line": wrong.line, "error": wrong.message}, indent=2))
    return Failed(f"{file}: {wrong.message}")


def _text(file: Path) -> str:
    with file.open("rb") as opened:
        raw = opened.read(4 * MAX_TEXT + 1)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Failed(f"{file}: line {line}: this is not UTF-8") from None


def _shown(rule: Rule) -> dict[str, object]:
    return {
        "line": rule.line,
        "rule": rule.name,
        "effect": f"{rule.effect} (dry run)" if rule.dry_run else str(rule.effect),
        "looks_at": "files" if rule.is_about_files else "packages",
        "when": " and ".join(_clauses(rule.conditions)),
        "unless": " or ".join(_clauses(rule.exceptions)),
    }


def _clauses(clauses: Iterable[Clause]) -> Iterator[str]:
    return (f"{clause.condition.name} = {clause.wanted}" for clause in clauses)


def _result(trial: Trial, passed: bool, decision: Decision) -> dict[str, object]:
    return {
        "test": trial.name,
        "result": "passed" if passed else f"FAILED (line {trial.line})",
        "expected": f"{trial.expect} by {trial.rule}" if trial.rule else str(trial.expect),
        "decided": str(decision.effect),
        "by": decision.rule,
        "reason": " ".join(decision.reasons),
    }


def _condition(condition: Condition) -> dict[str, object]:
    return {"condition": condition.name, "fits": condition.summary, "example": condition.example.replace("\n", "; ")}


def _notes(policy: Policy) -> Iterator[str]:
    """What can be used and is probably not meant: names that nothing has, and files that nobody could read."""
    if _is_blind(policy):
        yield 'what could not be read passes: no rule asks for coverage = "none", or for verdict = "unknown" as well'
    for rule in policy.rules:
        for clause in (*rule.conditions, *rule.exceptions):
            word = clause.condition.name
            for name in _unknown(word, list(_words(clause.given))):
                yield f"line {rule.line}: rule {rule.name!r}: no {_KINDS[word]} that is known here fits {name!r}"


def _is_blind(policy: Policy) -> bool:
    """Whether it goes by verdicts, and none of its rules minds what could not be read, or at least tells of it."""
    clauses = [clause for rule in policy.rules for clause in rule.conditions]
    minding = [clause for clause in clauses if clause.condition.about is About.FINDING]
    minding += [clause for clause in clauses if clause.condition.name in ("coverage", "executable", "format")]
    by_verdict = [list(_words(clause.given)) for clause in clauses if clause.condition.name == "verdict"]
    return bool(by_verdict) and not minding and not any(Verdict.UNKNOWN in words for words in by_verdict)


def _unknown(word: str, names: Sequence[str]) -> list[str]:
    # Loaded here, as far as a policy needs them: these lists are long.
    if word == "license":
        from entrepot.licenses import known, look_up

        own = (*(license_.id for license_ in known()), *Standing)
        return [name for name in _unfitting(names, own) if look_up(name) is None and not name.startswith(FAMILY)]
    if word == "format":
        from entrepot.scan.choice import formats

        return _unfitting(names, list(formats()))
    if word == "rule":
        from entrepot.scan.rules import families, family

        return _unfitting(names, [rule_id for name in families() for rule_id in family(name)])
    return []


def _unfitting(names: Iterable[str], known: Sequence[str]) -> list[str]:
    return [name for name in names if not any(map(Patterns([name]).match, known))]


def _words(given: object) -> Iterator[str]:
    if isinstance(given, str):
        yield given
    elif isinstance(given, list | dict):
        for inner in given.values() if isinstance(given, dict) else given:
            yield from _words(inner)


COMMAND = policy_

"""Policies applied to facts: every rule that is about what is asked for is looked at, and leaves a step."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from entrepot.domain.decision import Decision, Outcome, Reading, Step, decide
from entrepot.domain.report import Coverage, Finding
from entrepot.policy.conditions import Picks
from entrepot.policy.facts import Facts
from entrepot.policy.reasons import listed, reason
from entrepot.policy.rules import Clause, Policy, Rule


def judge(policies: Sequence[Policy], facts: Facts) -> Decision:
    """What these policies say of it: the strictest effect counts, so that a rule more never loosens.

    Where a path is asked for, the rules about files are looked at, otherwise those about the package. Before
    inspection (`facts.is_inspected`) a rule says nothing as long as inspection can still change its answer; after it, a
    rule that holds or blocks counts when a condition of it can't be told.
    """
    return decide(_steps(policies, facts))


def _steps(policies: Sequence[Policy], facts: Facts) -> Iterator[Step]:
    is_file = bool(facts.path)
    for policy in policies:
        if policy.applies_to(facts.package.within) or policy.applies_to((facts.package.repository,)):
            label = policy.label
            asked = replace(facts, policy=policy.name) if facts.waivers else facts
            for rule in policy.rules:
                if rule.is_about_files is is_file:
                    yield _step(label, rule, asked)


def _step(label: str, rule: Rule, facts: Facts) -> Step:
    findings: Sequence[Finding] | None = facts.report.findings if facts.report else None
    readings: list[Reading] = []
    for clause in rule.conditions:
        reading, findings = _read(clause, rule, facts, findings)
        readings.append(reading)
    outcome = _outcome(readings, (), facts)
    if outcome is not Outcome.DID_NOT_MATCH and rule.exceptions:
        exceptions = list(_exceptions(rule, facts, findings))
        outcome = _outcome(readings, exceptions, facts)
        readings += exceptions
    counts = outcome is Outcome.MATCHED or (outcome is Outcome.UNANSWERED and rule.effect.refuses)
    if not counts:
        return Step(label, rule.name, rule.effect, outcome, tuple(readings))
    said = reason(rule, readings, facts)
    return Step(label, rule.name, rule.effect, Outcome.DRY_RUN if rule.dry_run else outcome, tuple(readings), said)


def _outcome(conditions: Sequence[Reading], exceptions: Sequence[Reading], facts: Facts) -> Outcome:
    answers = [reading.answer for reading in conditions]
    if False in answers:
        return Outcome.DID_NOT_MATCH
    unless = [reading.answer for reading in exceptions]
    if True in unless:
        return Outcome.EXCEPTED
    if not facts.is_inspected and (None in answers or None in unless):
        return Outcome.NOT_YET
    return Outcome.UNANSWERED if None in answers else Outcome.MATCHED


def _read(
    clause: Clause, rule: Rule, facts: Facts, findings: Sequence[Finding] | None
) -> tuple[Reading, Sequence[Finding] | None]:
    """What a condition reads, and the findings that are still meant after it."""
    word, test = clause.condition.name, clause.test
    if not isinstance(test, Picks):
        answer, value = test(facts, rule.name)
        return Reading(word, clause.wanted, value, answer), findings
    if findings is None:
        return Reading(word, clause.wanted, "not inspected", None), None
    picked = [finding for finding in findings if test.picks(finding)]
    if picked:
        return Reading(word, clause.wanted, listed(picked), True), picked
    is_final = facts.is_inspected and facts.report is not None and facts.report.coverage is not Coverage.NONE
    return Reading(word, clause.wanted, listed(findings), False if is_final else None), picked


def _exceptions(rule: Rule, facts: Facts, findings: Sequence[Finding] | None) -> Iterator[Reading]:
    """What the exceptions read; one about findings holds once no finding is left that is not excepted."""
    left = findings or ()
    for clause in rule.exceptions:
        word, test = clause.condition.name, clause.test
        if isinstance(test, Picks):
            excepted = [finding for finding in left if test.picks(finding)]
            rest = [finding for finding in left if not test.picks(finding)]
            yield Reading(word, clause.wanted, listed(excepted), bool(left) and not rest, excepts=True)
            left = rest
        else:
            answer, value = test(facts, rule.name)
            yield Reading(word, clause.wanted, value, answer, excepts=True)

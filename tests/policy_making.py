"""Policies and facts for tests, with plain values where a test does not care."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from entrepot.domain.decision import Decision
from entrepot.domain.licensing import Declaration, Licensing, Standing, Where
from entrepot.domain.names import PackageName, PackageType
from entrepot.domain.report import Category, Confidence, Coverage, Finding, Location, Report, Severity
from entrepot.domain.waiver import Scope, Waiver
from entrepot.domain.waiver import Standing as Decided
from entrepot.policy import Policy, judge, parse
from entrepot.policy.facts import Facts, PackageFacts

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def package(name: str = "org/name", kind: PackageType = PackageType.MODEL, **given: Any) -> PackageFacts:
    facts = PackageFacts("hub", frozenset({"hub"}), PackageName.parse(kind, name), "c" * 40, licensing=licensed("MIT"))
    return replace(facts, **given)


def asked(path: str = "", of: PackageFacts | None = None, **given: Any) -> Facts:
    """Facts after inspection."""
    return replace(Facts(of or package(), NOW, path, is_inspected=True), **given)


def finding(rule: str = "pickle.call.execution", severity: str = "critical", **given: Any) -> Finding:
    made = Finding(rule, Severity(severity), Confidence.HIGH, Category.MALWARE, Location(), "a message")
    return replace(made, **given)


def report(*findings: Finding, coverage: str = "full", **given: Any) -> Report:
    return replace(Report("test", Coverage(coverage), ("pickle",), findings), **given)


def declared(*ids: str, where: Where = Where.CARD) -> Declaration:
    return Declaration(
        where, "README.md", " ".join(ids), ids, Standing.KNOWN, " OR ".join(ids), tuple((i,) for i in ids)
    )


def licensed(*ids: str, **given: Any) -> Licensing:
    """Each id on a declaration of its own."""
    return replace(Licensing(Standing.KNOWN, ids, tuple(declared(one) for one in ids)), **given)


def unlicensed(standing: Standing = Standing.MISSING, **given: Any) -> Licensing:
    return replace(Licensing(standing, ()), **given)


def waiver(**given: Any) -> Waiver:
    made = Waiver(
        7, Scope(package="model/org/name"), "why", Decided.GRANTED, "ada", NOW, NOW + timedelta(days=1), "bob"
    )
    return replace(made, **given)


def policy(*rules: str, head: str = "") -> Policy:
    """A policy of rules that are named r1, r2, …; each text is what stands in one, `effect` is block if not said."""
    text = f'name = "made"\n{head}\n'
    for number, rule in enumerate(rules, start=1):
        effect = "" if "effect =" in rule else 'effect = "block"\n'
        text += f'[[rule]]\nname = "r{number}"\n{effect}{rule}\n'
    return parse(text)


def decided(rule: str, facts: Facts) -> Decision:
    """What one rule decides."""
    return judge((policy(rule),), facts)

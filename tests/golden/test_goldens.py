"""Every rule finds its dangerous sample and leaves its harmless twin alone."""

import pytest

from entrepot.scan import Coverage, Limits, Scanner, Severity, Verdict, scan_bytes
from entrepot.scan.engine import FAULT
from entrepot.scan.rules import families, family
from golden.pairs import Golden, goldens

PAIRS = goldens()


def _scanner(golden: Golden) -> Scanner:
    return Scanner(Limits(seconds=60), frozenset(golden.families))


@pytest.mark.parametrize("golden", PAIRS, ids=str)
def test_the_dangerous_one_is_found(golden: Golden) -> None:
    report = scan_bytes(golden.dangerous(), golden.name, _scanner(golden))
    assert golden.rule in {finding.rule for finding in report.findings}, (report.findings, report.unread)
    assert not any(FAULT in unread.reason for unread in report.unread)


@pytest.mark.parametrize("golden", PAIRS, ids=str)
def test_the_harmless_one_is_clean(golden: Golden) -> None:
    report = scan_bytes(golden.harmless(), golden.harmless_name or golden.name, _scanner(golden))
    assert golden.rule not in {finding.rule for finding in report.findings}
    assert not [finding for finding in report.findings if finding.severity is not Severity.LOW], report.findings
    assert report.coverage is Coverage.FULL, report.unread
    assert report.verdict is Verdict.CLEAN


@pytest.mark.parametrize("name", families())
def test_every_rule_has_a_golden_pair(name: str) -> None:
    assert set(family(name)) <= {golden.rule for golden in PAIRS}

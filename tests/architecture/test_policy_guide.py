"""What the guide on policies shows can be used, and does what it says."""

import re
from pathlib import Path

import pytest

from entrepot.domain.licensing import Family
from entrepot.licenses import look_up
from entrepot.policy import Clause, conditions, parse
from entrepot.policy.samples import PACKAGE_WORDS, REPORT_WORDS
from entrepot.policy.trials import read_trials
from entrepot.scan.choice import formats
from entrepot.scan.rules import families, family

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()
BLOCKS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.M | re.S)
TRIALS = [block for block in BLOCKS if "[[test]]" in block]
POLICIES = [block if block.startswith("name =") else f'name = "x"\n{block}' for block in BLOCKS if block not in TRIALS]


@pytest.mark.parametrize("text", POLICIES)
def test_every_example_can_be_used(text: str) -> None:
    for rule in parse(text).rules:
        for clause in (*rule.conditions, *rule.exceptions):
            assert list(_unknown(clause)) == []


def _unknown(clause: Clause) -> list[str]:
    words = [word for word in re.split(r"[, ]+", clause.wanted) if word not in ("allow", "deny", "only", "standing")]
    if clause.condition.name == "format":
        return [word for word in words if word not in formats()]
    if clause.condition.name == "rule":
        return [word for word in words if not any(word in family(name) for name in families())]
    if clause.condition.name == "license":
        plain = [
            word
            for word in words
            if "*" not in word and word not in ("missing", "unknown", "other", "conflict", "true")
        ]
        known = {f"family:{name}" for name in Family}
        return [word for word in plain if word not in known and look_up(word) is None]
    return []


def test_there_are_examples_to_look_at() -> None:
    assert len(POLICIES) > 8 and len(TRIALS) == 1


def test_the_tests_that_the_guide_shows_pass_with_the_policy_that_it_shows() -> None:
    policy = parse(POLICIES[0])
    for trial in read_trials(TRIALS[0]):
        passed, decision = trial.run(policy)
        assert passed, f"{trial.name}: {decision.effect} by {decision.rule}"


def test_the_guide_names_every_condition_and_every_word_of_a_test() -> None:
    for word in (*conditions(), *PACKAGE_WORDS, *REPORT_WORDS):
        assert f"`{word}`" in PAGE, word

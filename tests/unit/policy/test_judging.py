"""Rules are applied to facts, and what came of each is told."""

from dataclasses import replace

from entrepot.domain.decision import Effect, Outcome
from entrepot.domain.licensing import Standing
from entrepot.domain.report import Capability
from entrepot.policy import default, judge, parse
from policy_making import asked, decided, finding, licensed, package, policy, report, unlicensed, waiver

HARMFUL = report(finding())
DEFAULT = (replace(parse(default()), version=3),)


def test_the_strictest_rule_wins_and_all_that_are_as_strict_give_their_reasons() -> None:
    rules = policy('effect = "warn"\nformat = "pickle"', 'severity = "high"', 'verdict = "malicious"')
    decision = judge([rules], asked("a.bin", report=HARMFUL))
    assert (decision.effect, decision.rule, decision.policy) == (Effect.BLOCK, "r2", "made@0")
    assert [step.outcome for step in decision.trace] == [Outcome.MATCHED] * 3
    assert len(decision.reasons) == 2


def test_all_conditions_of_a_rule_have_to_hold() -> None:
    rule = 'format = "pickle"\npath = "*.bin"'
    assert decided(rule, asked("a.bin", report=HARMFUL)).effect is Effect.BLOCK
    assert decided(rule, asked("a.pkl", report=HARMFUL)).effect is Effect.ALLOW


def test_rules_about_files_are_looked_at_for_files_and_the_others_for_the_package() -> None:
    rules = policy('license = "missing"', 'path = "*.py"', 'gated = false\nunless.path = "README.md"')
    of = package(licensing=unlicensed())
    assert [step.rule for step in judge([rules], asked(of=of)).trace] == ["r1"]
    assert [step.rule for step in judge([rules], asked("a.py", of)).trace] == ["r2", "r3"]


def test_a_policy_holds_for_its_repositories_and_for_what_virtual_ones_show() -> None:
    rules = policy("gated = false", head='repositories = ["all"]')
    assert judge([rules], asked()).trace == ()
    assert judge([rules], asked(of=package(within=frozenset({"hub", "all"})))).effect is Effect.BLOCK
    assert judge([policy("gated = false", head='repositories = ["hub"]')], asked()).effect is Effect.BLOCK


def test_the_trace_has_every_condition_with_what_it_wants_and_what_it_read() -> None:
    (step,) = decided('format = ["gguf", "pickle"]\nunless.path = "x/"', asked("a.bin", report=HARMFUL)).trace
    assert [(one.condition, one.wanted, one.value, one.answer, one.excepts) for one in step.readings] == [
        ("format", "gguf, pickle", "pickle", True, False),
        ("path", "x/", "a.bin", False, True),
    ]


def test_before_inspection_a_rule_that_needs_it_says_nothing() -> None:
    unseen = asked("a.bin", is_inspected=False)
    for rule in ('severity = "low"', 'verdict = ["clean", "unknown"]', 'coverage = "none"', "executable = false"):
        decision = decided(rule, unseen)
        assert decision.effect is Effect.ALLOW and decision.trace[0].outcome is Outcome.NOT_YET


def test_before_inspection_what_is_found_already_is_refused_already() -> None:
    glimpse = asked("a.bin", report=replace(HARMFUL, coverage=report(coverage="partial").coverage), is_inspected=False)
    for rule in ('severity = "high"', 'verdict = "malicious"', 'format = "pickle"'):
        assert decided(rule, glimpse).effect is Effect.BLOCK
    for rule in ('verdict = "unknown"', "executable = false", 'coverage = "partial"', 'rule = "keras.*"'):
        assert decided(rule, glimpse).effect is Effect.ALLOW


def test_a_rule_waits_for_an_exception_that_inspection_may_bring() -> None:
    rule = 'path = "*.bin"\nunless.verdict = "clean"'
    assert decided(rule, asked("a.bin", is_inspected=False)).trace[0].outcome is Outcome.NOT_YET
    assert decided(rule, asked("a.bin", report=report())).trace[0].outcome is Outcome.EXCEPTED
    assert decided(rule, asked("a.bin", report=HARMFUL)).effect is Effect.BLOCK


def test_after_inspection_what_cannot_be_told_blocks_or_holds_and_does_not_warn() -> None:
    for effect, counts in (("block", True), ("hold", True), ("warn", False)):
        decision = decided(f'effect = "{effect}"\nseverity = "high"', asked("a.bin"))
        assert decision.trace[0].outcome is Outcome.UNANSWERED
        assert decision.effect is (Effect(effect) if counts else Effect.ALLOW)


def test_an_exception_that_cannot_be_told_excepts_nothing() -> None:
    assert decided('path = "*.bin"\nunless.verdict = "clean"', asked("a.bin")).effect is Effect.BLOCK


def test_a_dry_run_changes_nothing_and_says_what_it_would_have_done() -> None:
    decision = decided('dry_run = true\nseverity = "high"', asked("a.bin", report=HARMFUL))
    assert decision.effect is Effect.ALLOW and decision.reasons == ()
    (step,) = decision.would_have
    assert step.effect is Effect.BLOCK and "pickle.call.execution" in step.reason


def test_a_reason_names_what_was_found_where_and_by_which_rule() -> None:
    (said,) = decided('severity = "high"', asked("pytorch_model.bin", report=HARMFUL)).reasons
    assert said == "finding pickle.call.execution (critical) in pytorch_model.bin (rule 'r1')"


def test_the_reason_of_an_author_is_told_together_with_what_was_read() -> None:
    rule = 'severity = "high"\nreason = "Ask #ml-security; see the handbook."'
    (said,) = decided(rule, asked("a.bin", report=HARMFUL)).reasons
    assert said == (
        "Ask #ml-security; see the handbook. (finding pickle.call.execution (critical) in a.bin) (rule 'r1')"
    )


def test_hostile_names_stay_on_one_line_of_plain_ascii() -> None:
    path = "a\u202e\x1b[2J\r\nX-Evil: 1{subject}{0}" + "é" * 400
    facts = asked(path, report=report(finding("x\r\n" * 300, "high")))
    decision = decided('severity = "high"\npath = "*"', facts)
    (said,) = decision.reasons
    assert said.isascii() and said.isprintable() and len(said) <= 300 and said.endswith("(rule 'r1')")
    assert all(one.value.isprintable() and len(one.value) <= 200 for one in decision.trace[0].readings)


def test_the_default_policy_blocks_what_is_malicious_or_unseen_and_warns_of_what_nobody_knows() -> None:
    malicious = judge(DEFAULT, asked("a.bin", report=HARMFUL))
    assert (malicious.effect, malicious.rule, malicious.policy) == (Effect.BLOCK, "nothing malicious", "default@3")
    unread = judge(DEFAULT, asked("a.dat", report=report(coverage="none", formats=())))
    assert (unread.effect, unread.rule) == (Effect.WARN, "look at what could not be read")
    died = judge(DEFAULT, asked("a.dat"))
    assert died.effect is Effect.BLOCK, "without any report nobody knows whether it is malicious"


def test_the_default_policy_warns_of_code_where_a_safe_twin_is_there() -> None:
    plain = report(capability=Capability.ALLOWED_IMPORTS)
    twins = package(paths=frozenset({"pytorch_model.bin", "model.safetensors"}))
    warned = judge(DEFAULT, asked("pytorch_model.bin", twins, report=plain))
    assert (warned.effect, warned.rule) == (Effect.WARN, "take the safe twin")
    assert "model.safetensors" in warned.reasons[0]
    alone = package(paths=frozenset({"pytorch_model.bin"}))
    assert judge(DEFAULT, asked("pytorch_model.bin", alone, report=plain)).effect is Effect.ALLOW
    assert judge(DEFAULT, asked("model.safetensors", twins, report=report())).effect is Effect.ALLOW


def test_the_default_policy_lets_pass_what_was_approved_and_asks_nothing_of_licenses() -> None:
    facts = asked("a.bin", report=HARMFUL, waivers=(waiver(),))
    assert judge(DEFAULT, facts).effect is Effect.ALLOW
    assert judge(DEFAULT, asked(of=package(licensing=unlicensed(Standing.OTHER)))).effect is Effect.ALLOW


def test_two_policies_are_as_strict_as_the_stricter_one() -> None:
    lax, strict = policy('effect = "warn"\nlicense = "mit"'), policy('license = "mit"')
    assert judge([lax, strict], asked(of=package(licensing=licensed("MIT")))).effect is Effect.BLOCK
    assert judge([strict, lax], asked(of=package(licensing=licensed("MIT")))).effect is Effect.BLOCK

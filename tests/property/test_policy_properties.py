"""What holds of any policy and any facts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.domain.decision import Outcome
from entrepot.domain.errors import WrongPolicy
from entrepot.domain.licensing import Declaration, Family, Licensing, Standing, Where
from entrepot.domain.names import PackageName, PackageType
from entrepot.domain.report import Capability, Category, Confidence, Coverage, Finding, Location, Report, Severity
from entrepot.domain.waiver import Scope, Waiver
from entrepot.domain.waiver import Standing as Decided
from entrepot.policy import Policy, conditions, default, judge, parse
from entrepot.policy.facts import Facts, PackageFacts
from entrepot.policy.samples import PACKAGE_WORDS, REPORT_WORDS, WORDS
from entrepot.policy.trials import read_trials

EXAMPLES = {name: condition.example for name, condition in conditions().items() if name != "approved"}
MORE = (
    'severity = "low"',
    'rule = "a*"',
    'verdict = ["clean", "unknown"]',
    'verdict = "suspicious"',
    'coverage = ["full", "partial"]',
    'executable = "any"',
    "executable = false",
    'format.only = ["pickle"]',
    'license.only = ["MIT"]',
    'license = ["missing", "other"]',
    "license.deny = ['family:rail', 'l*']",
    'age.above = "1d"',
    "safe_twin = false",
    "local = true",
    'path = "*.bin"',
    'size.max = "1 KB"',
)
HOSTILE = st.text(max_size=12) | st.sampled_from(
    ["a.bin", "pytorch_model.bin", "a*", "{0}{subject}", "\x1b[2J\r\n", "\ud800"]
)
RULES = ("pickle.call.execution", "a.b", "keras.lambda", "\u202e{x}")
MOMENTS = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 1, 1))
AWARE = st.builds(lambda moment: moment.replace(tzinfo=UTC), MOMENTS)
NAMES = st.sampled_from(["org/name", "g00gle/x", "gpt2", "google/bert", "a/b"])

findings = st.builds(
    Finding,
    st.sampled_from(RULES),
    st.sampled_from(Severity),
    st.sampled_from(Confidence),
    st.sampled_from(Category),
    st.just(Location()),
    HOSTILE,
)
reports = st.builds(
    Report,
    st.just("test"),
    st.sampled_from(Coverage),
    st.lists(st.sampled_from(["pickle", "zip", "torch.x"]) | HOSTILE, max_size=3),
    st.lists(findings, max_size=4),
    capability=st.sampled_from(Capability),
)
declarations = st.builds(
    Declaration,
    st.sampled_from(Where),
    HOSTILE,
    HOSTILE,
    st.just(()),
    st.sampled_from(Standing),
    HOSTILE,
    st.lists(
        st.lists(st.sampled_from(["MIT", "llama3.1", "Apache-2.0"]) | HOSTILE, max_size=2).map(tuple), max_size=2
    ).map(tuple),
)
licensings = st.builds(
    Licensing,
    st.sampled_from(Standing),
    st.lists(HOSTILE, max_size=2).map(tuple),
    st.lists(declarations, max_size=2).map(tuple),
    st.lists(HOSTILE, max_size=1).map(tuple),
    st.lists(declarations, max_size=2).map(tuple),
    st.lists(st.tuples(st.sampled_from(["MIT", "llama3.1"]) | HOSTILE, st.sampled_from(Family)), max_size=2).map(tuple),
    st.none() | st.booleans(),
)
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | HOSTILE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HOSTILE | st.just("tags"), inner, max_size=3),
    max_leaves=6,
)
packages = st.builds(
    PackageFacts,
    st.sampled_from(["hub", "team-a"]),
    st.frozensets(st.sampled_from(["hub", "all"])),
    st.builds(PackageName.parse, st.sampled_from(PackageType), NAMES),
    st.just("c" * 40),
    st.none() | MOMENTS | AWARE,
    st.none() | AWARE,
    HOSTILE,
    st.none() | st.integers(),
    st.booleans(),
    st.none() | licensings,
    st.none() | st.frozensets(HOSTILE | st.just("model.safetensors"), max_size=4),
    st.dictionaries(HOSTILE | st.just("tags"), json, max_size=3),
)
waivers = st.builds(
    Waiver,
    st.just(1),
    st.builds(Scope, st.sampled_from(["", "r0", "r1"]), package=st.sampled_from(["", "model/org/name"])),
    HOSTILE,
    st.sampled_from(Decided),
    HOSTILE,
    AWARE,
    AWARE,
)
facts = st.builds(
    Facts,
    packages,
    AWARE,
    HOSTILE,
    st.none() | st.integers(),
    HOSTILE,
    st.none() | reports,
    st.booleans(),
    st.lists(waivers, max_size=2).map(tuple),
)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """The body of a rule that can be used: some conditions, some exceptions."""
    lines = st.sampled_from([*EXAMPLES.values(), *MORE])
    chosen = draw(st.lists(lines, min_size=1, max_size=3))
    unless = draw(st.lists(lines, max_size=2))
    text = f'effect = "{draw(st.sampled_from(["warn", "hold", "block"]))}"\n' + "\n".join(chosen)
    if draw(st.booleans()):
        text += "\nunless.approved = true"
    return text + "".join(f"\nunless.{line}" for example in unless for line in example.split("\n"))


def usable(text: str) -> bool:
    try:
        _policy([text])
    except WrongPolicy:
        return False
    return True


def _policy(bodies: list[str]) -> Policy:
    return parse('name = "p"\n' + "".join(f'[[rule]]\nname = "r{n}"\n{body}\n' for n, body in enumerate(bodies)))


usable_rules = rules().filter(usable)
policies = st.lists(usable_rules, max_size=4).map(_policy)


@given(policies, facts)
def test_judging_never_fails_and_names_every_rule_that_is_about_what_is_asked_for(policy: Policy, about: Facts) -> None:
    decision = judge([policy], about)
    meant = [rule.name for rule in policy.rules if rule.is_about_files == bool(about.path)]
    assert [step.rule for step in decision.trace] == meant
    for step in decision.trace:
        assert len(step.reason) <= 300 and step.reason.isascii() and (step.reason.isprintable() or not step.reason)
        assert all(len(one.value) <= 200 and (one.value.isprintable() or not one.value) for one in step.readings)
    assert decision.effect.rank == max((step.effect.rank for step in decision.trace if step.counts), default=0)
    assert bool(decision.reasons) == bool(decision.effect.rank)


@given(policies, usable_rules, facts)
def test_a_rule_more_never_loosens(policy: Policy, rule: str, about: Facts) -> None:
    more = replace(policy, rules=(*policy.rules, *_policy([rule]).rules))
    assert judge([more], about).effect.rank >= judge([policy], about).effect.rank
    assert judge([policy, _policy([rule])], about).effect.rank >= judge([policy], about).effect.rank


@given(policies.filter(lambda policy: policy.rules != ()), st.data(), facts)
def test_an_exception_in_one_rule_changes_nothing_for_the_others(
    policy: Policy, data: st.DataObject, about: Facts
) -> None:
    at = data.draw(st.integers(0, len(policy.rules) - 1))
    excepting = parse(f'name = "x"\n[[rule]]\nname = "x"\neffect = "warn"\ngated = true\n{_ANY_EXCEPTION}').rules[0]
    changed = replace(policy.rules[at], exceptions=(*policy.rules[at].exceptions, *excepting.exceptions))
    rest = tuple(rule for rule in policy.rules if rule is not policy.rules[at])
    with_it = replace(policy, rules=(*policy.rules[:at], changed, *policy.rules[at + 1 :]))
    before = {step.rule: step for step in judge([replace(policy, rules=rest)], about).trace}
    after = {step.rule: step for step in judge([with_it], about).trace if step.rule != changed.name}
    assert before == after


_ANY_EXCEPTION = 'unless.repository = "*"'


SEEN = (
    *('severity = "low"', 'rule = "*"', 'confidence = "high"', 'category = "malware"', 'format = "pickle"'),
    *('format.only = ["pickle", "zip"]', 'executable = "any"', "executable = true", "executable = false"),
    *('verdict = ["clean", "unknown"]', 'verdict = ["suspicious", "malicious"]', 'verdict = "suspicious"'),
    *('coverage = ["full", "partial"]', 'coverage = "none"'),
)
"""What inspection decides."""
UNSEEN = ('path = "*"', 'severity = "low"')


@st.composite
def rules_that_look_inside(draw: st.DrawFn) -> str:
    """One condition that often holds, with another or an exception that inspection decides."""
    lines = [draw(st.sampled_from(UNSEEN)), draw(st.sampled_from(["", *SEEN]))]
    lines.append(draw(st.sampled_from(["", *(f"unless.{word}" for word in SEEN)])))
    return "\n".join([f'effect = "{draw(st.sampled_from(["warn", "block"]))}"', *lines])


looking = rules_that_look_inside().filter(usable).map(lambda rule: _policy([rule]))


@settings(max_examples=600)
@given(looking, facts, reports, st.integers(0, 2))
def test_what_is_refused_before_inspection_is_refused_after_it(
    policy: Policy, about: Facts, full: Report, known: int
) -> None:
    """Refusing early is safe: whatever inspection brings, the decision does not become milder."""
    glimpse = replace(
        full, coverage=Coverage.PARTIAL, findings=list(full.findings)[:known], formats=full.formats[:known]
    )
    glimpse = replace(glimpse, capability=Capability.NO if known % 2 else full.capability)
    after = judge([policy], replace(about, report=full, is_inspected=True))
    for early in (None, glimpse):
        before = judge([policy], replace(about, report=early, is_inspected=False))
        assert before.effect.rank <= after.effect.rank
        assert all(step.outcome is not Outcome.UNANSWERED for step in before.trace)


@given(policies, facts)
def test_a_rule_that_only_tries_out_never_counts(policy: Policy, about: Facts) -> None:
    dry = replace(policy, rules=tuple(replace(rule, dry_run=True) for rule in policy.rules))
    decision = judge([dry], about)
    assert decision.effect.rank == 0
    assert {step.rule for step in decision.would_have} == {
        step.rule for step in judge([policy], about).trace if step.counts
    }


SCRAPS = st.sampled_from(
    [
        *default().splitlines()[:50],
        *EXAMPLES.values(),
        *MORE,
        "[[rule]]",
        "[rule.unless]",
        'name = "a"',
        "x = [",
        "{",
        '"""',
    ]
)
WORDS_OF_TESTS = st.sampled_from(["test", "name", "expect", *WORDS, *PACKAGE_WORDS, *REPORT_WORDS])
VALUES = st.sampled_from(
    ['"a"', "1", "true", "[]", "{}", '["a", 1]', "2020-01-01", "1e400", '"block"', "[{}]", '"1 GB"']
)


@settings(max_examples=300)
@given(st.lists(SCRAPS | st.text(max_size=20), max_size=12).map("\n".join) | st.text())
def test_any_text_is_a_policy_or_refused_as_one(text: str) -> None:
    try:
        assert parse(text).text == text
    except WrongPolicy as wrong:
        assert wrong.message.isprintable()
        assert wrong.line is None or 1 <= wrong.line <= text.count("\n") + 1


@given(st.lists(st.tuples(st.sampled_from([*conditions(), "name", "reason", "unless"]), VALUES), max_size=4))
def test_any_value_of_any_word_is_taken_or_refused(lines: list[tuple[str, str]]) -> None:
    body = "\n".join(f"{word} = {value}" for word, value in lines)
    try:
        parse(f'name = "a"\n[[rule]]\neffect = "warn"\n{body}')
    except WrongPolicy as wrong:
        assert wrong.line is not None


@given(st.lists(st.tuples(WORDS_OF_TESTS, st.none() | WORDS_OF_TESTS, VALUES), max_size=4))
def test_any_file_of_tests_is_read_or_refused(lines: list[tuple[str, str | None, str]]) -> None:
    body = "\n".join(f"{word}{f'.{inner}' if inner else ''} = {value}" for word, inner, value in lines)
    try:
        for trial in read_trials(f'[[test]]\nname = "a"\nexpect = "warn"\n{body}'):
            trial.run(parse(default()))
    except WrongPolicy as wrong:
        assert wrong.line is not None


def test_ages_at_the_ends_of_time_are_told() -> None:
    policy = _policy(['effect = "block"\nage.below = "100 d"'])
    for began in (datetime.min, datetime.max, datetime.max.replace(tzinfo=UTC)):
        name = PackageName.parse(PackageType.MODEL, "a/b")
        package = PackageFacts("hub", frozenset({"hub"}), name, "c" * 40, created_at=began)
        for now in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC) - timedelta(days=1)):
            assert judge([policy], Facts(package, now, is_inspected=True)).trace

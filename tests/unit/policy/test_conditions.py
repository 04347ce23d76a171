"""What each condition reads, and what it answers."""

from datetime import timedelta

import pytest

from entrepot.domain.decision import Effect, Outcome
from entrepot.domain.licensing import Declaration, Family, Licensing, Standing, Where
from entrepot.domain.names import PackageType
from entrepot.domain.report import Capability, Category, Confidence, Unread
from entrepot.domain.waiver import Scope
from entrepot.domain.waiver import Standing as Decided
from entrepot.licenses import combine, inherit, of_card
from entrepot.policy import conditions
from entrepot.policy.facts import Facts
from policy_making import NOW, asked, decided, declared, finding, licensed, package, policy, report, unlicensed, waiver

PICKLE = report(finding("pickle.call.execution", "critical"))
KERAS = finding("keras.lambda", "medium", category=Category.DATA_POISONING, confidence=Confidence.LOW)


def outcome(rule: str, facts: Facts) -> Outcome:
    (step,) = decided(rule, facts).trace
    return step.outcome


def matches(rule: str, facts: Facts) -> bool:
    found = outcome(rule, facts)
    assert found in (Outcome.MATCHED, Outcome.DID_NOT_MATCH)
    return found is Outcome.MATCHED


def test_every_condition_has_an_example_that_can_be_used_and_says_what_it_is() -> None:
    for condition in conditions().values():
        needs_another = condition.example.startswith("unless.")
        policy(f"gated = true\n{condition.example}" if needs_another else condition.example)
        assert condition.summary and condition.name in condition.example


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ('severity = "high"', True),
        ('severity = "critical"', True),
        ('rule = "pickle.call.*"', True),
        ('rule = "keras.*"', False),
        ('category = ["malware", "jailbreak"]', True),
        ('category = "jailbreak"', False),
        ('confidence = "high"', True),
        ('verdict = "malicious"', True),
        ('verdict = ["clean", "unknown", "suspicious"]', False),
        ('format = "pickle"', True),
        ('format = ["gguf", "pick*"]', True),
        ('format = "gguf"', False),
        ('format.only = ["pickle", "zip"]', True),
        ('format.only = "zip"', False),
        ('coverage = "full"', True),
        ('coverage = ["none", "partial"]', False),
    ],
)
def test_what_the_scanner_says_is_read(rule: str, fits: bool) -> None:
    assert matches(rule, asked("a.bin", report=PICKLE)) is fits


def test_severity_is_a_least_one() -> None:
    assert not matches('severity = "high"', asked("a.h5", report=report(KERAS)))
    assert matches('severity = "low"', asked("a.h5", report=report(KERAS)))
    assert not matches('confidence = "medium"', asked("a.h5", report=report(KERAS)))


def test_conditions_on_findings_have_to_hold_for_the_same_finding() -> None:
    both = asked("a.bin", report=report(finding("pickle.call.execution", "critical"), KERAS))
    assert not matches('severity = "high"\nrule = "keras.*"', both)
    assert matches('severity = "medium"\nrule = "keras.*"', both)


def test_an_excepted_finding_does_not_excuse_another_one() -> None:
    rule = 'severity = "medium"\nunless.rule = "keras.lambda"'
    assert outcome(rule, asked("a.h5", report=report(KERAS))) is Outcome.EXCEPTED
    hidden_among = asked("a.h5", report=report(KERAS, finding("pickle.call.execution", "critical")))
    assert outcome(rule, hidden_among) is Outcome.MATCHED


def test_several_exceptions_together_can_except_all_findings() -> None:
    rule = 'severity = "medium"\nunless.rule = "keras.lambda"\nunless.confidence = "high"'
    both = asked("a.h5", report=report(KERAS, finding()))
    assert outcome(rule, both) is Outcome.EXCEPTED


def test_a_file_that_nobody_could_read_is_not_free_of_findings() -> None:
    unread = asked("a.bin", report=report(coverage="none", formats=()))
    for rule in ('severity = "low"', 'format = "pickle"', "executable = true", 'rule = "x"'):
        assert outcome(rule, unread) is Outcome.UNANSWERED
        assert decided(rule, unread).effect is Effect.BLOCK
    assert outcome('coverage = "none"', unread) is Outcome.MATCHED
    assert outcome('coverage = "none"', asked("a.bin")) is Outcome.MATCHED


def test_a_file_of_two_formats_is_not_one_of_only_one() -> None:
    both = asked("a.bin", report=report(formats=("safetensors", "zip")))
    assert matches('format = "safetensors"', both)
    assert not matches('format.only = "safetensors"', both)
    assert matches('format.only = "safetensors"', asked("empty.txt", report=report(formats=())))


@pytest.mark.parametrize(
    ("capability", "strict", "any_", "not_at_all"),
    [
        (Capability.YES, True, True, False),
        (Capability.ALLOWED_IMPORTS, False, True, False),
        (Capability.NO, False, False, True),
    ],
)
def test_allow_listed_imports_are_code_only_where_any_is_meant(
    capability: Capability, strict: bool, any_: bool, not_at_all: bool
) -> None:
    facts = asked("a.bin", report=report(capability=capability))
    assert matches("executable = true", facts) is strict
    assert matches('executable = "any"', facts) is any_
    assert matches("executable = false", facts) is not_at_all


def test_what_was_read_in_part_says_why() -> None:
    unread = report(coverage="partial", unread=[Unread("the member is encrypted")])
    decision = decided('coverage = "partial"', asked("a.zip", report=unread))
    assert "the member is encrypted" in decision.reasons[0]


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ('path = "*.py"', True),
        ('path = ["*.bin", "code/"]', True),
        ('path = "/model.py"', False),
        ('path = "code/*.py"', True),
        ('size = ">= 10 GB"', True),
        ('size = "> 10 GB"', False),
        ('size = "< 1 KiB"', False),
        ('size.min = 1\nsize.max = "10 GB"', True),
        ("size.max = 9999", False),
    ],
)
def test_path_and_size_are_read(rule: str, fits: bool) -> None:
    assert matches(rule, asked("code/model.py", size=10_000_000_000)) is fits


def test_a_size_that_is_not_known_is_not_small() -> None:
    assert outcome('size = "> 1 MB"', asked("a.bin")) is Outcome.UNANSWERED


@pytest.mark.parametrize(
    ("rule", "licensing", "fits"),
    [
        ('license = "missing"', unlicensed(), True),
        ('license = "missing"', unlicensed(Standing.UNKNOWN), False),
        ('license = ["unknown", "other"]', unlicensed(Standing.OTHER), True),
        ('license.standing = "known"', licensed("MIT"), True),
        ('license = "mit"', licensed("MIT"), True),
        ('license = "llama*"', licensed("MIT", "llama3.1"), True),
        ('license.allow = ["mit", "APACHE-2.0"]', licensed("Apache-2.0"), False),
        ('license.allow = ["mit"]', licensed("MIT", "Apache-2.0"), True),
        ('license.allow = ["mit"]', unlicensed(), True),
        ('license.allow = ["mit"]', unlicensed(Standing.OTHER), True),
        ('license.allow = ["gpl*"]', licensed("GPL-2.0-only WITH Classpath-exception-2.0"), False),
        ('license.allow = ["family:permissive"]', licensed("MIT", kinds=(("MIT", Family.PERMISSIVE),)), False),
        ('license.allow = ["family:permissive"]', licensed("X", kinds=(("X", Family.PROPRIETARY),)), True),
        ('license.allow = ["family:permissive"]', unlicensed(), True),
        ('license.deny = ["family:rail"]', licensed("openrail", kinds=(("openrail", Family.RESPONSIBLE_USE),)), True),
        ('license.deny = ["gpl*"]', licensed("MIT"), False),
        ('license.allow = ["mit"]\nlicense.deny = ["gpl-3.0"]', licensed("GPL-3.0"), True),
        ("license.conflict = true", licensed("MIT", conflicts=("the card says MIT, LICENSE is GPL-3.0",)), True),
        ("license.conflict = true", licensed("MIT"), False),
        ("license.commercial = false", licensed("MIT", commercial=False), True),
        ("license.commercial = false", licensed("MIT", commercial=None), False),
    ],
)
def test_missing_unknown_and_other_are_three_things_and_lists_are_lists(
    rule: str, licensing: Licensing, fits: bool
) -> None:
    assert matches(rule, asked(of=package(licensing=licensing))) is fits


def test_of_several_licenses_to_choose_from_one_that_is_allowed_is_enough() -> None:
    either = licensed(declarations=(declared("GPL-3.0", "MIT"),), ids=("GPL-3.0", "MIT"))
    assert not matches('license.allow = ["MIT"]', asked(of=package(licensing=either)))
    assert not matches('license.deny = ["GPL-3.0"]', asked(of=package(licensing=either)))


def test_a_family_does_not_vouch_for_a_license_that_nobody_knows() -> None:
    both = Declaration(Where.CARD, "README.md", "MIT AND Odd", ("MIT",), Standing.KNOWN, "", (("MIT", "Odd"),))
    licensing = Licensing(Standing.KNOWN, ("MIT",), (both,), kinds=(("MIT", Family.PERMISSIVE),))
    assert matches('license.allow = ["family:permissive"]', asked(of=package(licensing=licensing)))
    assert not matches('license.allow = ["MIT", "Odd"]', asked(of=package(licensing=licensing)))


MIT_OR_NC = "MIT OR CC-BY-NC-4.0"
MIT_AND_NC = "MIT AND CC-BY-NC-4.0"


@pytest.mark.parametrize(
    ("rule", "expression", "fits"),
    [
        # One license of a choice is enough, and can be had without the others.
        ('license.deny = ["family:non-commercial"]', MIT_OR_NC, False),
        ('license.deny = ["family:non-commercial"]', MIT_AND_NC, True),
        ('license.allow = ["family:permissive"]', MIT_OR_NC, False),
        ('license.allow = ["family:permissive"]', MIT_AND_NC, True),
        ('license.allow = ["family:permissive", "family:non-commercial"]', MIT_AND_NC, False),
        # Ids and families of one list add up, each license for itself.
        ('license.allow = ["family:permissive", "CC-BY-NC-4.0"]', MIT_AND_NC, False),
        ('license.allow = ["family:permissive", "CC-BY-4.0"]', MIT_AND_NC, True),
        ('license.allow = ["mit", "family:non-commercial"]', MIT_AND_NC, False),
        ('license.deny = ["family:copyleft"]', "(MIT AND GPL-3.0-only) OR (GPL-2.0-only AND Apache-2.0)", True),
        ('license.deny = ["family:copyleft"]', "(MIT AND GPL-3.0-only) OR Apache-2.0", False),
        ('license.only = ["family:permissive"]', MIT_OR_NC, True),
        # With an exception it is as good as without.
        ('license.allow = ["family:copyleft"]', "GPL-2.0-only WITH Classpath-exception-2.0", False),
        ('license.deny = ["family:copyleft"]', "GPL-2.0-only WITH Classpath-exception-2.0", True),
    ],
)
def test_families_are_compared_for_each_license_of_an_expression(rule: str, expression: str, fits: bool) -> None:
    licensing = combine(of_card({"license": expression}))
    assert licensing.standing is Standing.KNOWN
    assert matches(rule, asked(of=package(licensing=licensing))) is fits


def test_families_of_base_models_are_compared_for_each_license_of_each() -> None:
    base = inherit("org/base", combine(of_card({"license": MIT_OR_NC})))
    licensing = combine(of_card({"license": "apache-2.0"}), base)
    assert not matches('license.deny = ["family:non-commercial"]', asked(of=package(licensing=licensing)))
    assert not matches('license.allow = ["family:permissive"]', asked(of=package(licensing=licensing)))
    worse = combine(of_card({"license": "apache-2.0"}), inherit("org/base", combine(of_card({"license": MIT_AND_NC}))))
    assert matches('license.deny = ["family:non-commercial"]', asked(of=package(licensing=worse)))
    assert matches('license.allow = ["family:permissive"]', asked(of=package(licensing=worse)))


def test_what_a_base_model_declares_counts_for_both_lists() -> None:
    inherits = licensed("MIT", inherited=(declared("llama3.1", where=Where.BASE_MODEL),))
    assert matches('license.allow = ["MIT"]', asked(of=package(licensing=inherits)))
    assert matches('license.deny = ["llama*"]', asked(of=package(licensing=inherits)))
    assert not matches('license.allow = ["MIT", "llama*"]', asked(of=package(licensing=inherits)))


def test_a_license_that_nobody_looked_for_is_not_allowed() -> None:
    facts = asked(of=package(licensing=None))
    assert outcome('license.allow = ["MIT"]', facts) is Outcome.UNANSWERED
    assert outcome('license.allow = ["MIT"]', asked(of=package(licensing=None), is_inspected=False)) is Outcome.NOT_YET


def test_a_package_without_a_license_is_told_so_in_the_words_that_people_look_for() -> None:
    facts = asked(of=package("finiteautomata/bertweet", licensing=unlicensed()))
    (said,) = decided('license.allow = ["MIT"]', facts).reasons
    assert said.startswith("finiteautomata/bertweet has no license (missing), which the policy does not approve")
    assert "not approved license" in said and "'r1'" in said


@pytest.mark.parametrize(
    ("rule", "days", "fits"),
    [
        ('age.below = "14d"', 13.9, True),
        ('age.below = "2 weeks"', 14, False),
        ('age.above = "36h"', 2, True),
        ('age.above = "1d"\nage.below = "3d"', 2, True),
        ('age.below = "1h"', -400, True),
    ],
)
def test_age_counts_back_from_now(rule: str, days: float, fits: bool) -> None:
    began = NOW - timedelta(days=days)
    assert matches(rule, asked(of=package(created_at=began))) is fits
    assert matches(rule.replace("age", "commit_age"), asked(of=package(committed_at=began))) is fits
    assert matches(rule, asked(of=package(created_at=began.replace(tzinfo=None)))) is fits
    assert not matches(rule, asked(of=package(created_at=began, is_local=True)))


def test_an_age_that_nobody_knows_blocks() -> None:
    assert decided('age.below = "14d"', asked()).effect is Effect.BLOCK


@pytest.mark.parametrize(
    ("rule", "name", "fits"),
    [
        ('publisher.allow = ["google", "meta-*"]', "google/x", False),
        ('publisher.allow = ["google", "meta-*"]', "Meta-Llama/x", False),
        ('publisher.allow = ["google", "meta-*"]', "evil/x", True),
        ('publisher.allow = ["google"]', "gpt2", True),
        ('publisher.deny = ["evil"]', "evil/x", True),
        ('publisher = "evil"', "evil/x", True),
        ('publisher = "evil"', "devil/x", False),
        ('package = "google/*"', "google/x", True),
        ('package = ["gpt2"]', "gpt2", True),
        ('package = "google/*"', "goo/x", False),
    ],
)
def test_publisher_and_package_are_read(rule: str, name: str, fits: bool) -> None:
    assert matches(rule, asked(of=package(name))) is fits


@pytest.mark.parametrize(
    "name",
    ["g00gle", "goog1e", "gooogle", "googel", "gogle", "google-official", "the_google", "goo-gle", "goog.le", "googIe"],
)
def test_a_name_that_can_be_taken_for_a_known_one_is_a_look_alike(name: str) -> None:
    rule = 'publisher.look_alike_of = ["google"]'
    assert matches(rule, asked(of=package(f"{name}/bert")))
    assert not matches(rule, asked(of=package(f"{name}/bert", is_local=True)))
    assert not matches(f'publisher.look_alike_of = ["google", "{name}"]', asked(of=package(f"{name}/bert")))


@pytest.mark.parametrize("name", ["google", "Google", "apple", "goggles", "mongoose", "ogle"])
def test_an_honest_name_is_no_look_alike(name: str) -> None:
    assert not matches('publisher.look_alike_of = ["google", "01-ai"]', asked(of=package(f"{name}/bert")))


@pytest.mark.parametrize(
    ("real", "fake"), [("meta-llama", "meta-IIama"), ("microsoft", "rnicrosoft"), ("nvidia", "nvldia")]
)
def test_letters_that_are_drawn_alike_are_seen_through(real: str, fake: str) -> None:
    decision = decided(f'publisher.look_alike_of = ["{real}"]', asked(of=package(f"{fake}/x")))
    assert decision.effect is Effect.BLOCK and f"looks like {real}" in decision.reasons[0]


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ('repository = "hub"', True),
        ('repository = "all"', True),
        ('repository = "team-*"', False),
        ('type = "dataset"', True),
        ('type = ["model", "space"]', False),
        ("gated = true", True),
        ('gated = "manual"', False),
        ("downloads.below = 100", True),
        ("downloads.above = 41", True),
        ("downloads.above = 42", False),
        ("local = false", True),
        ("local = true", False),
        ('property.tags = ["custom_code", "other"]', True),
        ('property.tags = "custom"', False),
        ('property.library_name = "transformers"', False),
        ('property.config.model_type = "bert"', True),
        ('property.tags = "custom*"\nproperty.config.model_type = "gpt2"', False),
        ("property.private = false", True),
    ],
)
def test_what_the_package_says_is_read(rule: str, fits: bool) -> None:
    properties = {"tags": ["custom_code", "fr"], "config": {"model_type": "bert"}, "private": False}
    of = package(
        kind=PackageType.DATASET, within=frozenset({"hub", "all"}), gated="auto", downloads=42, properties=properties
    )
    assert matches(rule, asked(of=of)) is fits


@pytest.mark.parametrize(
    ("path", "others", "fits"),
    [
        ("pytorch_model.bin", ["model.safetensors"], True),
        ("x/pytorch_model.bin", ["model.safetensors"], False),
        ("x/pytorch_model.bin", ["x/model.safetensors"], True),
        ("diffusion_pytorch_model.fp16.bin", ["diffusion_pytorch_model.fp16.safetensors"], True),
        ("diffusion_pytorch_model.bin", ["model.safetensors"], False),
        ("pytorch_model.fp16.bin", ["model.safetensors"], False),
        ("model.pt", ["model.safetensors"], True),
        ("best.ckpt", ["best.gguf"], True),
        ("best.ckpt", ["best.onnx"], False),
        ("tf_model.h5", ["model.safetensors"], True),
        ("flax_model.msgpack", ["model.safetensors"], True),
        ("adapter_model.bin", ["adapter_model.safetensors"], True),
        ("training_args.bin", ["model.safetensors"], False),
        ("pytorch_model-00001-of-00002.bin", ["model.safetensors"], True),
        ("pytorch_model-00001-of-00002.bin", ["model-00001-of-00002.safetensors"], False),
        (
            "pytorch_model-00002-of-00002.bin",
            [f"model-{number:05}-of-00003.safetensors" for number in (1, 2, 3)],
            True,
        ),
        ("pytorch_model.bin", ["model-00001-of-00000.safetensors", "model-00000-of-00001.safetensors"], False),
        ("model.safetensors", ["model.gguf"], False),
    ],
)
def test_a_safe_twin_has_the_same_weights(path: str, others: list[str], fits: bool) -> None:
    facts = asked(path, package(paths=frozenset([path, *others])))
    assert matches("safe_twin = true", facts) is fits
    assert matches("safe_twin = false", facts) is not fits


def test_without_the_other_files_a_twin_cannot_be_told() -> None:
    assert outcome("safe_twin = true", asked("a.bin")) is Outcome.UNANSWERED


def test_a_waiver_excepts_from_the_rule_and_what_it_is_scoped_to_and_no_longer_than_it_holds() -> None:
    rule = 'severity = "high"\nunless.approved = true'

    def with_waiver(**given: object) -> Outcome:
        return outcome(rule, asked("a.bin", report=PICKLE, digest="d" * 64, waivers=(waiver(**given),)))

    assert with_waiver() is Outcome.EXCEPTED
    assert with_waiver(scope=Scope(rule="r1")) is Outcome.EXCEPTED
    assert with_waiver(scope=Scope(digest="d" * 64)) is Outcome.EXCEPTED
    assert with_waiver(scope=Scope(rule="r1", policy="made")) is Outcome.EXCEPTED
    assert with_waiver(scope=Scope(rule="r1", policy="another")) is Outcome.MATCHED
    assert with_waiver(scope=Scope(policy="made")) is Outcome.MATCHED
    assert with_waiver(scope=Scope(rule="r2")) is Outcome.MATCHED
    assert with_waiver(scope=Scope(digest="e" * 64)) is Outcome.MATCHED
    assert with_waiver(scope=Scope()) is Outcome.MATCHED
    assert with_waiver(expires_at=NOW) is Outcome.MATCHED
    assert with_waiver(standing=Decided.ASKED) is Outcome.MATCHED

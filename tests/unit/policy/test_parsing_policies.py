"""A policy is read, or refused with the line and the reason."""

import pytest

from entrepot.domain.errors import Invalid, WrongPolicy
from entrepot.policy import default, parse

HEAD = 'name = "mine"\n\n[[rule]]\nname = "no pickles"\neffect = "block"\n'


@pytest.mark.parametrize(
    ("rule", "line", "said"),
    [
        ('severty = "high"', 6, "rule 'no pickles': 'severty' is no condition; there are: age, approved, category"),
        ('severty = "high"', 6, "did you mean 'severity'?"),
        ('severity = "hihg"', 6, "severity: 'hihg' is none of low, medium, high, critical (did you mean 'high'?)"),
        ("severity = 3", 6, "severity: it has to be text in quotes, not a number"),
        ('severity = ["high"]', 6, "not a list"),
        ("gated = true\nformat = []", 7, "the list is empty"),
        ('format = ["pickle", 7]', 6, "not a number"),
        ('format.olny = "x"', 6, "'olny' is none of only (did you mean 'only'?)"),
        ('path = "[[:nonsense:]]"', 6, "nothing fits"),
        ('path = " "', 6, "it is empty"),
        ('executable = "yes"', 6, 'true, false or "any"'),
        ("approved = false", 6, "only be true"),
        ("gated = true\n\nunless.approved = 1", 8, "unless.approved: it has to be true or false, not a number"),
        ("gated = true\nunless.aproved = true", 7, "'aproved' is no condition"),
        ("gated = true\nunless = {}", 7, "unless takes conditions"),
        ('gated = true\nunless = "x"', 7, "unless takes conditions"),
        ("gated = true\nunless.gated = true", 7, "repeats the condition"),
        ('gated = true\nunless.severity = "low"', 7, "no condition of the rule is about findings"),
        ('gated = true\nunless.license.allow = ["MIT"]', 7, "write unless.license.only"),
        ('gated = true\nunless.license = ["MIT"]', 7, "unless.license would say the opposite"),
        ('gated = true\nunless.publisher.allow = ["google"]', 7, "write unless.publisher = [...]"),
        ('license.allow = ["MIT"]\nlicense.deny = [\n  "GPL-3.0",\n  "mit"]', 7, "is in license.allow and in"),
        ('license.allow = ["missing"]', 6, "put it in license.standing"),
        ('license.allow = ["famly:rail"]', 6, "'famly:rail' is no license (did you mean 'family:'?)"),
        ('license.deny = ["family:permisive"]', 6, "did you mean 'permissive'?"),
        ('publisher.allow = ["a"]\npublisher.deny = ["A"]', 7, "is in publisher.allow and in publisher.deny"),
        ('age = "14d"', 6, "it takes .below or .above, not text"),
        ('age.below = "0d"', 6, 'such as "36h"'),
        ("age.below = 14", 6, 'such as "36h"'),
        ('age.above = "3d"\nage.below = "2d"', 6, "nothing could ever fit"),
        ('commit_age.below = "14 years"', 6, 'such as "36h"'),
        ("size = 10", 6, 'a comparison such as ">= 10 GB"'),
        ('size = ">= 10 GX"', 6, "it has to be a size"),
        ("size.min = 10\nsize.max = 9", 7, "greater than its max"),
        ('size = "< 0"', 6, "nothing is smaller"),
        ("downloads.below = 1.5", 6, "whole number"),
        ("downloads.below = 5\ndownloads.above = 4", 6, "no number is below"),
        ('property = "x"', 6, "a property after a dot"),
        ('severity = "high"\nverdict = ["clean", "suspicious"]', 7, "never has that verdict"),
        ('verdict = "clean"\ncoverage = ["none", "partial"]', 6, "only what was read in full is clean"),
        ('verdict = "unknown"\ncoverage = "full"', 6, "never unknown"),
        ("", 3, "it has no condition"),
        ("dry_run = 1\ngated = true", 6, "dry_run: it has to be true or false"),
        ('gated = true\nreason = "a\\u001bb"', 7, "characters that nobody can see"),
        ('gated = true\n[[rule]]\nname = "no pickles"\neffect = "warn"\ngated = false', 8, "another rule of that name"),
        ('gated = true\n[[rule]]\neffect = "warn"\ngated = false', 7, "a rule needs a name"),
        ('gated = true\n[[rule]]\nname = "b"\ngated = false', 7, "it needs an effect"),
        ('gated = true\n[[rule]]\nname = "b"\neffect = "allow"\ngated = false', 9, "stand under `unless`"),
        ('gated = true\n[[rule]]\nname = "b"\neffect = "blok"\ngated = false', 9, "did you mean 'block'?"),
        ('gated = true\n[rule.unless]\n# hm\napproved = "yes"', 9, "unless.approved"),
    ],
)
def test_what_is_wrong_in_a_rule_is_refused_with_its_line_and_the_reason(rule: str, line: int, said: str) -> None:
    with pytest.raises(WrongPolicy) as refused:
        parse(HEAD + rule + "\n")
    assert said in refused.value.message
    assert refused.value.line == line and refused.value.message.startswith(f"line {line}: ")
    assert isinstance(refused.value, Invalid)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "a policy needs a name"),
        ('name = "x"\nrules = 1', 2, "'rules' is no word of a policy; there are: name"),
        ('name = "x@1"', 1, "no @"),
        (f'name = "{"x" * 81}"', 1, "at most 80"),
        ('name = "x"\nuploads = "maybe"', 2, '"refuse" or "quarantine"'),
        ('name = "x"\nrepositories = []', 2, "repositories: the list is empty"),
        ('name = "x"\nrule = []', 2, "under its own [[rule]]"),
        ('name = "x"\n[rule]\ngated = true', 2, "under its own [[rule]]"),
        ('name = "x"\nname = "y"', 2, "not TOML"),
        ('name = "x"\n\nrule = [', 3, "not TOML"),
        ('name = "x"\n# \u202egpj', 2, "U+202E"),
        ('name = "x"\n# \x1b[2J', 2, "U+001B"),
        ('name = "x"\n# ' + "y" * 5000, 2, "a line has at most"),
        ('name = "x"\nrule.' + "a." * 30 + "b = 1", 2, "that many dots"),
        ('name = "x"\n"' + '" . "'.join("a" * 30) + '" = 1', 2, "that many dots"),
        ("x = " + "[" * 3000, None, "inside one another"),
        ("#" * ((1 << 20) + 1), None, "at most 1,048,576 characters"),
        (
            'name = "x"\n' + "".join(f'[[rule]]\nname = "{n}"\neffect = "warn"\ngated = true\n' for n in range(1001)),
            4002,
            "at most 1,000 rules",
        ),
    ],
)
def test_what_is_wrong_in_a_text_is_refused(text: str, line: int | None, said: str) -> None:
    with pytest.raises(WrongPolicy) as refused:
        parse(text)
    assert said in refused.value.message and refused.value.line == line
    assert refused.value.message.isprintable()


def test_lines_are_found_between_texts_comments_and_lists_that_look_like_statements() -> None:
    text = (
        'name = "mine"\r\ndescription = "[[rule]] = # no"\r\nrepositories = [ # all\r\n  "*", \'a = "\',\r\n]\r\n'
        '[[ rule ]] # "one"\r\nname = "a"\r\neffect = "warn"\r\nlicense.deny = [\r\n"x]", # ]\r\n"y"]\r\n'
        '[[rule]]\r\n"name" = "b"\r\neffect = "warn"\r\n"license" . \'deny\' = [ ]\r\n'
    )
    with pytest.raises(WrongPolicy, match=r"line 15: rule 'b': license\.deny: the list is empty"):
        parse(text)
    assert [rule.line for rule in parse(text.replace("[ ]", '"z"')).rules] == [6, 12]


def test_the_words_of_a_policy_are_kept() -> None:
    text = HEAD.replace('name = "mine"', 'name = "mine"\nrepositories = ["hub", "team-*"]\nuploads = "quarantine"')
    policy = parse(text + 'reason = "ask us"\ndry_run = true\nformat = "pickle"\nunless.path = "x/"')
    assert (policy.name, policy.repositories, policy.uploads) == ("mine", ("hub", "team-*"), "quarantine")
    assert policy.label == "mine@0" and policy.text.startswith('name = "mine"')
    assert policy.applies_to({"team-a"}) and policy.applies_to(["x", "hub"]) and not policy.applies_to({"team"})
    (rule,) = policy.rules
    assert rule.dry_run and rule.is_about_files and rule.reason == "ask us"
    assert [clause.condition.name for clause in (*rule.conditions, *rule.exceptions)] == ["format", "path"]


def test_a_policy_without_rules_allows_everything_and_holds_everywhere() -> None:
    policy = parse('name = "open"')
    assert policy.rules == () and policy.applies_to({"anything"})


def test_the_default_policy_is_one_and_its_suggestions_are_too() -> None:
    names = [rule.name for rule in parse(default()).rules]
    assert len(names) == 4
    suggested = default().replace("# [[rule]]", "[[rule]]")
    for word in ("name", "effect", "license", "unless", "age", "publisher", "executable"):
        suggested = suggested.replace(f"\n# {word}", f"\n{word}")
    assert len(parse(suggested).rules) == 8

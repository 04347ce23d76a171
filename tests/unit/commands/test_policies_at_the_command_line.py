"""`entrepot policy`: what it prints, and with which code it ends."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from entrepot import cli
from entrepot.policy import conditions, default

POLICY = """name = "mine"
[[rule]]
name = "licensed only"
effect = "block"
license.allow = ["MIT", "Apache2.0x", "bsd*"]
unless.approved = true
[[rule]]
name = "harm"
effect = "hold"
dry_run = true
severity = "high"
"""
TESTS = """[[test]]
name = "no license"
expect = "block"
rule = "licensed only"
[[test]]
name = "MIT"
expect = "allow"
package.license = "MIT"
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(POLICY)
    (tmp_path / "mine.tests.toml").write_text(TESTS)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["entrepot", "policy", *words])
        code: object = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code
        printed = capsys.readouterr()
        return int(str(code or 0)), printed.out, printed.err

    return call


def test_a_policy_that_can_be_used_is_shown_rule_by_rule(run: Any) -> None:
    code, out, err = run("check", "mine.toml")
    assert code == 0
    assert "licensed only" in out and "allow MIT, Apache2.0x, bsd*" in out and "hold (dry run)" in out
    assert err == "note: line 2: rule 'licensed only': no license that is known here fits 'Apache2.0x'\n"


def test_names_that_nothing_has_are_noted(run: Any) -> None:
    rules = 'format = ["pickle", "pikle", "torch*"]\nrule = ["pickle.*", "pickel.*"]'
    Path("mine.toml").write_text(f'name = "a"\n[[rule]]\nname = "b"\neffect = "warn"\n{rules}\n')
    code, _, err = run("check", "mine.toml")
    assert code == 0
    assert (
        "no format that is known here fits 'pikle'" in err and "no rule of the scanner" in err and "'pickel.*'" in err
    )
    assert err.count("note:") == 2


def test_a_policy_that_lets_pass_what_nobody_could_read_is_told_so(run: Any) -> None:
    rule = 'name = "a"\n[[rule]]\nname = "b"\neffect = "block"\nverdict = {}\n'
    Path("mine.toml").write_text(rule.format('"malicious"'))
    assert "what could not be read passes" in run("check", "mine.toml")[2]
    for enough in (rule.format('["malicious", "unknown"]'), default()):
        Path("mine.toml").write_text(enough)
        assert run("check", "mine.toml")[2] == ""


def test_a_policy_that_cannot_be_used_ends_with_1_and_the_line(run: Any) -> None:
    Path("mine.toml").write_text(POLICY.replace("severity", "severty"))
    code, out, err = run("check", "mine.toml")
    assert (code, out) == (1, "")
    assert err.startswith("entrepot: mine.toml: line 11: rule 'harm': 'severty' is no condition")
    code, out, _ = run("check", "mine.toml", "--json")
    assert code == 1 and json.loads(out)["line"] == 11 and "severty" in json.loads(out)["error"]


@pytest.mark.parametrize("content", [b"name = 'x'\n# \xff", b"name = 'x'\n# \x1b[2J", b"\x00" * 100])
def test_bytes_that_are_no_text_are_refused(run: Any, content: bytes) -> None:
    Path("mine.toml").write_bytes(content)
    code, _, err = run("check", "mine.toml")
    assert code == 1 and "line " in err and err.strip().isprintable()


def test_a_file_that_is_not_there_is_named(run: Any) -> None:
    code, _, err = run("check", "none.toml")
    assert code == 1 and "none.toml" in err
    code, _, err = run("test", "mine.toml", "--facts", "none.toml")
    assert code == 1 and "none.toml" in err


def test_tests_that_pass_end_with_0(run: Any) -> None:
    code, out, _ = run("test", "mine.toml")
    assert code == 0 and "2 of 2 passed." in out


def test_tests_that_fail_end_with_1_and_say_what_was_decided(run: Any) -> None:
    Path("hard.toml").write_text(TESTS.replace('"allow"', '"block"').replace("licensed only", "harm"))
    code, out, _ = run("test", "mine.toml", "--facts", "hard.toml", "--json")
    assert code == 1
    first, second = json.loads(out)
    assert (first["expected"], first["decided"], first["by"]) == ("block by harm", "block", "licensed only")
    assert "not approved license" in first["reason"]
    assert second["result"].startswith("FAILED") and second["decided"] == "allow"


def test_a_wrong_test_is_refused_with_its_line(run: Any) -> None:
    Path("mine.tests.toml").write_text(TESTS + 'pakage = "x"\n')
    code, _, err = run("test", "mine.toml")
    assert code == 1 and "mine.tests.toml: line 9: 'pakage' is no word of a test" in err
    assert "did you mean 'package'?" in err


def test_the_default_policy_is_printed_as_it_is(run: Any) -> None:
    code, out, _ = run("default")
    assert (code, out) == (0, default())


def test_every_condition_is_listed(run: Any) -> None:
    code, out, _ = run("conditions", "--json")
    assert code == 0
    assert [row["condition"] for row in json.loads(out)] == list(conditions())

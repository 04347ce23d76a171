"""XML: what is a declaration and what only looks like one; what entities become."""

import time

import pytest

from entrepot.domain.report import Finding
from entrepot.scan.budget import Budget
from entrepot.scan.xml.doctype import doctype, expand
from entrepot.scan.xml.judging import judge


def _rules(text: str) -> set[str]:
    return {one.rule for one in judge(text, Budget()) if isinstance(one, Finding)}


@pytest.mark.parametrize(
    "text",
    [
        "<a><!-- <!DOCTYPE a SYSTEM 'http://x.example/'> --></a>",
        "<a><![CDATA[<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///x'>]>]]></a>",
        "<!DOCTYPE a [<!-- <!ENTITY x SYSTEM 'file:///x'> --><!ELEMENT a ANY>]><a/>",
        "<!DOCTYPE a [<!ENTITY x \"<!-- SYSTEM 'file:///x' -->\">]><a/>",
        "<!DOCTYPE a SYSTEM 'net.dtd'><a/>",
    ],
)
def test_what_no_reader_acts_on_is_left_alone(text: str) -> None:
    assert _rules(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///x'>]><a/>",
        "<!doctype a [<!ENTITY % x PUBLIC 'p' 'http://x.example/'>%x;]><a/>",
        "<!DOCTYPE a [<!ENTITY y ']>'><!ENTITY x SYSTEM \"file:///x\">]><a/>",
        "<!DOCTYPE\na\n[\n<!ENTITY\nx\nSYSTEM\n'file:///x'>\n]><a/>",
    ],
)
def test_entities_that_are_fetched_are_found_however_they_are_written(text: str) -> None:
    assert _rules(text) == {"xml.external-entity"}


def test_entities_that_hold_each_other_end() -> None:
    sizes: dict[str, int] = {}
    expand("a", {"a": "&b;&b;", "b": "&a;1"}, sizes)
    assert sizes["a"] < 100


def test_a_declaration_ends_behind_its_brackets() -> None:
    text = "<!DOCTYPE a [<!ENTITY x '>'>] ><b>"
    assert text[doctype(text, 0).end :] == "<b>"


@pytest.mark.parametrize("piece", ['<a "', "<!--", "<?", "<a b='", "<![CDATA["])
def test_what_is_never_closed_costs_no_more_than_it_is_long(piece: str) -> None:
    began = time.monotonic()
    _rules("<!DOCTYPE a [" + piece * 100_000)
    _rules(piece * 100_000)
    assert time.monotonic() - began < 10

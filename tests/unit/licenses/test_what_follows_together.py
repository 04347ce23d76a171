"""Declarations together: standing, conflicts, what base models bring along, and what lists of licenses allow."""

from entrepot.domain.licensing import UNLICENSED, Declaration, Family, Licensing, Standing, Where, permits, touches
from entrepot.licenses import combine, inherit, of_card, of_header, of_text

LLAMA = "LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\n"


def _text(text: str, place: str = "LICENSE") -> Declaration:
    declared = of_text(text, place)
    assert declared is not None
    return declared


def _card(license_id: str) -> Licensing:
    return combine(of_card({"license": license_id}))


def test_nothing_declared_is_missing() -> None:
    assert combine(()) == UNLICENSED
    assert not combine(()).permitted(["MIT"])


def test_a_card_and_a_text_that_agree_are_no_conflict() -> None:
    found = combine([*of_card({"license": "llama3.1"}), _text(LLAMA)])
    assert (found.standing, found.ids, found.conflicts) == (Standing.KNOWN, ("llama3.1",), ())
    assert (
        combine([*of_card({"license": "gpl"}), *of_header("SPDX-License-Identifier: GPL-2.0+", "a.c")]).conflicts == ()
    )


def test_a_text_that_contradicts_the_card_is_told() -> None:
    found = combine([*of_card({"license": "apache-2.0"}), _text(LLAMA)])
    assert found.conflicts == ("the card says Apache-2.0, LICENSE says llama3.1",)
    assert found.ids == ("Apache-2.0", "llama3.1")
    assert not found.permitted(["Apache-2.0"]) and found.permitted(["apache-2.0", "LLAMA3.1"])


def test_a_text_that_nobody_knows_is_a_conflict_and_not_permitted() -> None:
    found = combine([*of_card({"license": "mit"}), _text("Our own terms. Pay us.")])
    assert found.conflicts == ("the card says MIT, LICENSE is a text that nobody here knows",)
    assert not found.permitted(["MIT"])


def test_one_license_for_code_and_one_for_weights_is_no_conflict_unless_it_binds() -> None:
    files = [_text("mit", "LICENSE-CODE"), _text("DEEPSEEK LICENSE AGREEMENT\n", "LICENSE-MODEL")]
    assert combine([*of_card({"license": "other", "license_name": "deepseek"}), *files]).conflicts == ()
    assert combine([*of_card({"license": "mit"}), *files]).conflicts == (
        "the card says MIT, LICENSE-MODEL says deepseek",
    )


def test_other_is_settled_by_a_text_that_is_known() -> None:
    found = combine([*of_card({"license": "other"}), _text(LLAMA)])
    assert (found.standing, found.ids, found.conflicts) == (Standing.KNOWN, ("llama3.1",), ())


def test_a_header_licenses_its_file_and_not_the_package() -> None:
    found = combine(of_header("# SPDX-License-Identifier: MIT", "model.py"))
    assert (found.standing, found.ids) == (Standing.MISSING, ("MIT",))
    assert not found.permitted(["MIT"])
    copyleft = combine([*of_card({"license": "mit"}), *of_header("# SPDX-License-Identifier: GPL-3.0-only", "a.py")])
    assert copyleft.conflicts == ("the card says MIT, a.py says GPL-3.0-only",)
    assert copyleft.touched(["GPL-3.0-only"])


def test_terms_of_a_base_model_go_on() -> None:
    base = inherit("org/base", _card("llama3.1"))
    found = combine(of_card({"license": "mit"}), base)
    assert found.conflicts == ("declares MIT, but is made from org/base, which is llama3.1: its terms go on",)
    assert (found.ids, found.judged) == (("MIT",), ("MIT", "llama3.1"))
    assert found.inherited[0].where is Where.BASE_MODEL
    assert not found.permitted(["MIT"])
    assert combine(of_card({"license": "mit"}), inherit("org/base", _card("apache-2.0"))).conflicts == ()


def test_what_declares_nothing_is_missing_whatever_its_base_declares() -> None:
    found = combine((), inherit("org/base", _card("cc-by-nc-4.0")))
    assert (found.standing, found.ids, found.judged) == (Standing.MISSING, (), ("CC-BY-NC-4.0",))
    assert (found.commercial, found.families) == (False, (Family.NON_COMMERCIAL,))
    assert not found.permitted(["CC-BY-NC-4.0"]) and found.touched(["cc-by-nc-4.0"])


def test_every_descendant_shows_the_first_base_and_the_way_to_it() -> None:
    tuned = combine(of_card({"license": "apache-2.0"}), inherit("org/root", _card("cc-by-nc-4.0")))
    merged = combine(of_card({"license": "apache-2.0"}), inherit("org/tuned", tuned))
    root = next(one for one in merged.inherited if one.place == "org/root")
    assert root.ids == ("CC-BY-NC-4.0",) and "through org/tuned" in root.text
    assert merged.commercial is False
    assert [one.standing for one in inherit("org/bare", UNLICENSED)] == [Standing.MISSING]


def test_commercial_use_depends_on_the_ways_there_are() -> None:
    assert _card("mit OR cc-by-nc-4.0").commercial is True
    assert _card("mit AND cc-by-nc-4.0").commercial is False
    assert _card("zork").commercial is None
    assert combine(()).commercial is None


def test_one_alternative_is_enough_and_takes_all_of_its_licenses() -> None:
    ways = (("MIT",), ("Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"))
    assert permits(ways, ["mit"])
    assert permits(ways, ["Apache-2.0", "GPL-2.0-only"])
    assert not permits(ways, ["Apache-2.0"]) and not permits((), ["MIT"]) and not permits(((),), ["MIT"])
    assert touches(ways, ["MIT", "GPL-2.0-only"])
    assert not touches(ways, ["GPL-2.0-only"]) and not touches((), ["MIT"])


def test_one_way_out_of_a_denied_license_is_enough() -> None:
    assert not _card("mit OR gpl-3.0").touched(["GPL-3.0-only"])
    assert _card("mit AND gpl-3.0").touched(["GPL-3.0-only"])

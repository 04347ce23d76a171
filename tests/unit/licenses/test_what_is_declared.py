"""Cards, configurations, headers, expressions, base models: what is declared, in the words of SPDX and the Hub."""

import pytest

from entrepot.domain.licensing import Family, Standing, Where
from entrepot.licenses import base_models, known, look_up, of_card, of_config, of_header, relation
from entrepot.licenses.expressions import MAX_ALTERNATIVES, MAX_DEPTH, read
from entrepot.licenses.names import named
from entrepot.licenses.spdx import kinds
from entrepot.licenses.table import entries

HUB = """
apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 bigcode-openrail-m afl-3.0
artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0
cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0
cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0
epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc h-research
intel-research lppl-1.3c ms-pl apple-ascl apple-amlr mpl-2.0 odc-by odbl openmdw-1.0 openrail++ osl-3.0 postgresql
ofl-1.1 ncsa unlicense zlib pddl lgpl-lr deepfloyd-if-license fair-noncommercial-research-license llama2 llama3 llama3.1
llama3.2 llama3.3 llama4 gemma grok2-community
""".split()


@pytest.mark.parametrize("word", HUB)
def test_every_word_of_the_hub_is_a_license_that_we_know(word: str) -> None:
    (declared,) = of_card({"license": word})
    assert declared.standing is Standing.KNOWN
    assert all(look_up(license_id) for license_id in declared.ids)


@pytest.mark.parametrize(
    ("written", "license_id"),
    [
        ("apache-2.0", "Apache-2.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("The MIT License", "MIT"),
        ("bsl-1.0", "BSL-1.0"),
        ("GPL-3.0", "GPL-3.0-only"),
        ("gpl-3.0+", "GPL-3.0-or-later"),
        ("openrail++", "openrail++"),
        ("Llama 3.1 Community License", "llama3.1"),
        ("LGPL-LR", "LGPLLR"),
        ("curl", "curl"),
    ],
)
def test_an_id_has_its_exact_spelling(written: str, license_id: str) -> None:
    assert named(written) == license_id


@pytest.mark.parametrize("name", ["", "other", "unknown", "my license", "MIT but not for you", "llama", "x" * 10_000])
def test_what_nobody_knows_has_no_id(name: str) -> None:
    assert named(name) is None


def test_ids_of_spdx_are_spelled_as_spdx_does() -> None:
    ours = [one.id for one in known() if one.spdx]
    assert [(one, kinds()[one.casefold()].id) for one in ours if kinds()[one.casefold()].id != one] == []
    others = [one.id for one in known() if not one.spdx and entries()[one.id].group != "words"]
    assert not {one.casefold() for one in others} & set(kinds())


def test_no_word_means_two_licenses() -> None:
    seen: dict[str, str] = {}
    for license_id, entry in entries().items():
        for word in {license_id.casefold(), *entry.words}:
            assert seen.setdefault(word, license_id) == license_id, word
    assert all(one in entries() for entry in entries().values() for one in entry.over)


def test_obligations_are_sentences() -> None:
    for one in known():
        for sentence in one.obligations:
            assert sentence[-1] == "." and " " in sentence, (one.id, sentence)


def test_a_license_of_its_own_is_known_by_its_name_or_by_its_address() -> None:
    (declared,) = of_card({"license": "other", "license_name": "flux-1-dev-non-commercial-license"})
    assert (declared.standing, declared.ids) == (Standing.KNOWN, ("flux-1-dev-non-commercial-license",))
    (declared,) = of_card({"license": "other", "license_link": "https://ai.google.dev/gemma/terms"})
    assert declared.ids == ("gemma",)


def test_an_unknown_name_is_not_outdone_by_a_known_address() -> None:
    card = {
        "license": "other",
        "license_name": "House Rules",
        "license_link": "https://apache.org/licenses/LICENSE-2.0",
    }
    (declared,) = of_card(card)
    assert (declared.standing, declared.ids, declared.alternatives) == (Standing.OTHER, (), (("house-rules",),))


def test_other_alone_is_other_and_unknown_is_unknown() -> None:
    assert of_card({"license": "other"})[0].standing is Standing.OTHER
    assert of_card({"license": "unknown"})[0].standing is Standing.UNKNOWN
    assert of_card({"license": "zork"})[0].standing is Standing.UNKNOWN
    assert of_card({"license": ""})[0].standing is Standing.UNKNOWN
    assert of_card({}) == ()
    assert of_card({"license": None}) == ()


def test_a_name_beside_a_license_counts_as_well() -> None:
    ids = [one.ids for one in of_card({"license": "apache-2.0", "license_name": "llama3.1"})]
    assert ids == [("Apache-2.0",), ("llama3.1",)]
    assert len(of_card({"license": "llama3.1", "license_name": "llama-3.1-community"})) == 1


def test_all_of_a_list_counts_also_what_is_too_much() -> None:
    assert [one.ids for one in of_card({"license": ["mit", "gpl-3.0"]})] == [("MIT",), ("GPL-3.0-only",)]
    long = of_card({"license": ["mit"] * 50 + ["agpl-3.0"]})
    assert Standing.UNKNOWN in {one.standing for one in long}


def test_alternatives_are_ways_to_comply() -> None:
    found = read("MIT OR (Apache-2.0 AND GPL-2.0-only WITH Classpath-exception-2.0)")
    assert found is not None
    assert found.alternatives == (("MIT",), ("Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"))
    assert found.unknown == ()


def test_an_exception_that_nobody_knows_is_a_license_to_be_allowed_by_itself() -> None:
    found = read("MIT WITH My-Terms")
    assert found is not None
    assert found.alternatives == (("MIT", "exception-my-terms"),)
    (declared,) = of_card({"license": "MIT WITH my terms!; and more"})
    assert declared.standing is Standing.UNKNOWN
    assert " WITH " not in declared.alternatives[0][0]


def test_what_has_too_many_alternatives_needs_all_that_it_names() -> None:
    found = read(" AND ".join(f"(a{n} OR b{n})" for n in range(9)))
    assert found is not None
    assert len(found.alternatives) == 1 < MAX_ALTERNATIVES
    assert len(found.alternatives[0]) == 18


def test_what_is_no_expression_is_none() -> None:
    deep = "(" * (MAX_DEPTH + 1) + "MIT OR ISC" + ")" * (MAX_DEPTH + 1)
    for text in ("", "MIT AND", "OR", "((", "MIT OR (ISC", "MIT\0 OR ISC", deep, "MIT OR " * 200):
        assert read(text) is None, text


def test_a_header_is_an_spdx_line() -> None:
    text = "#!/bin/sh\n# SPDX-License-Identifier: MIT OR Apache-2.0\n/* SPDX-License-Identifier: GPL-2.0+ */\n"
    first, second = of_header(text, "run.sh")
    assert (first.where, first.place, first.expression) == (Where.HEADER, "run.sh", "MIT OR Apache-2.0")
    assert second.ids == ("GPL-2.0-or-later",)
    assert of_header("# just code\n", "run.py") == ()
    assert of_header('line = "SPDX-License-Identifier: " + chosen\n', "run.py") == ()
    assert of_header("<!-- SPDX-License-Identifier: ISC -->", "page.md")[0].ids == ("ISC",)


def test_configurations_and_package_metadata_declare_too() -> None:
    assert of_config({"general.license": "apache-2.0"}, "m.gguf")[0].ids == ("Apache-2.0",)
    assert of_config({"licenses": [{"type": "MIT"}, {"id": "ISC"}]})[1].ids == ("ISC",)
    assert of_config({"License-Expression": "MIT AND BSD-3-Clause"})[0].ids == ("MIT", "BSD-3-Clause")
    assert of_config({"hidden_size": 4096}) == ()


def test_base_models_are_names_of_models() -> None:
    card = {
        "base_model": ["org/base", "https://hub.example.org/org/other", "org/base", 7, "../../etc", "a b/c", "gpt2"]
    }
    assert base_models(card) == ("org/base", "org/other", "gpt2")
    assert base_models({"base_model": "org/base"}) == ("org/base",)
    assert len(base_models({"base_model": [f"o/m{n}" for n in range(1000)]})) == 64
    assert base_models({"base_model": {"a": 1}}) == ()
    assert relation({"base_model_relation": "quantized"}) == "quantized"
    assert relation({"base_model_relation": ["merge"]}) == ""


def test_a_license_tells_what_it_asks() -> None:
    llama = look_up("LLAMA3.1")
    assert llama is not None and llama.family is Family.MODEL_TERMS and not llama.spdx
    assert any("700 million" in sentence for sentence in llama.obligations)
    nc = look_up("cc-by-nc-4.0")
    assert nc is not None and nc.commercial is False and nc.id == "CC-BY-NC-4.0"
    exempted = look_up("GPL-2.0-only WITH Classpath-exception-2.0")
    assert exempted is not None and exempted.family is Family.COPYLEFT
    assert look_up("CC-BY-NC-3.0-DE") is not None and look_up("CC-BY-NC-3.0-DE").family is Family.NON_COMMERCIAL  # type: ignore[union-attr]
    assert look_up("zork") is None and look_up("x" * 100_000) is None

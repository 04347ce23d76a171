"""Which license a text is: titles, phrases, what was added to free licenses, and what nobody knows."""

from importlib import metadata
from pathlib import Path

import pytest

from entrepot.domain.licensing import Standing
from entrepot.licenses import is_license_file, of_text
from entrepot.licenses.phrases import MAX_TEXT
from entrepot.licenses.texts import FURTHER_TERMS, UNRECOGNIZED

MIT = """Copyright (c) 2024 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
TITLES = {
    "LLAMA 2 COMMUNITY LICENSE AGREEMENT\nLlama 2 Version Release Date: July 18, 2023\n": "llama2",
    "META LLAMA 3 COMMUNITY LICENSE AGREEMENT\nMeta Llama 3 Version Release Date: April 18, 2024\n": "llama3",
    "LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\n Llama 3.1 Version Release Date: July 23, 2024\n": "llama3.1",
    "LLAMA 4 COMMUNITY LICENSE AGREEMENT\n": "llama4",
    "# Llama 3.2 Acceptable Use Policy\n\nMeta is committed to promoting safe and fair use": "llama3.2",
    "Llama 3.1 is licensed under the Llama 3.1 Community License, Copyright (c) Meta Platforms": "llama3.1",
    "Gemma Terms of Use\n\nLast modified: April 1, 2024\n": "gemma",
    "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev": "gemma",
    "BigScience Open RAIL-M License\ndated August 18, 2022\n": "bigscience-openrail-m",
    "Copyright (c) 2022 Somebody\n\nCreativeML Open RAIL-M\ndated August 22, 2022\n": "creativeml-openrail-m",
    "CreativeML Open RAIL++-M License\ndated November 24, 2022\n": "openrail++",
    "BigCode Open RAIL-M v1 License Agreement\n": "bigcode-openrail-m",
    "DEEPSEEK LICENSE AGREEMENT\n\nVersion 1.0, 23 October 2023\n": "deepseek",
    "Qwen LICENSE AGREEMENT\n\nQwen LICENSE AGREEMENT Release Date: September 19, 2024\n": "qwen",
    "Qwen RESEARCH LICENSE AGREEMENT\n": "qwen-research",
    "Tongyi Qianwen LICENSE AGREEMENT\n": "tongyi-qianwen",
    "# Mistral AI Research License\n": "mrl",
    "# Mistral AI Non-Production License\n": "mnpl",
    "TII Falcon LLM License Version 1.0\n": "falcon-llm-license",
    "STABILITY AI COMMUNITY LICENSE AGREEMENT\nLast Updated: July 5, 2024\n": "stabilityai-ai-community",
    "FLUX.1 [dev] Non-Commercial License\n": "flux-1-dev-non-commercial-license",
    "                    GNU GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007\n": "GPL-3.0-only",
    "GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3, 19 November 2007\n": "AGPL-3.0-only",
    "GNU LESSER GENERAL PUBLIC LICENSE\nVersion 2.1, February 1999\n": "LGPL-2.1-only",
    "Mozilla Public License Version 2.0\n==================================\n": "MPL-2.0",
    "Attribution-NonCommercial-ShareAlike 4.0 International\n======\n": "CC-BY-NC-SA-4.0",
    "Attribution 4.0 International\n======\n": "CC-BY-4.0",
    "Creative Commons Legal Code\n\nCC0 1.0 Universal\n": "CC0-1.0",
    "EUROPEAN UNION PUBLIC LICENCE v. 1.2\nEUPL © the European Union 2007, 2016\n": "EUPL-1.2",
    "This is free and unencumbered software released into the public domain.\n": "Unlicense",
    "Boost Software License - Version 1.0 - August 17th, 2003\n": "BSL-1.0",
    "apache-2.0\n": "Apache-2.0",
}


@pytest.mark.parametrize("text", TITLES)
def test_a_license_is_known_by_the_line_that_names_it(text: str) -> None:
    declared = of_text(text, "LICENSE")
    assert declared is not None
    assert (declared.ids, declared.standing) == ((TITLES[text],), Standing.KNOWN)


def test_our_own_license_is_recognized() -> None:
    declared = of_text((Path(__file__).parents[3] / "LICENSE").read_text(), "LICENSE")
    assert declared is not None and declared.ids == ("Apache-2.0",) and declared.standing is Standing.KNOWN


@pytest.mark.parametrize(
    ("package", "license_id"),
    [
        *(("click", "BSD-3-Clause"), ("sqlalchemy", "MIT"), ("hypothesis", "MPL-2.0"), ("pygments", "BSD-2-Clause")),
        *(("aiohttp", "Apache-2.0"), ("psycopg", "LGPL-3.0-only"), ("typing_extensions", "Python-2.0")),
    ],
)
def test_the_licenses_of_what_we_stand_on_are_recognized(package: str, license_id: str) -> None:
    files = [file for file in metadata.files(package) or () if is_license_file(str(file)) and "vendor" not in str(file)]
    declared = [of_text(file.read_text(), str(file)) for file in files]
    assert [one.ids for one in declared if one] == [(license_id,)]
    assert all(one.standing is Standing.KNOWN for one in declared if one)


def test_a_text_without_title_is_known_by_what_it_says() -> None:
    for text in (MIT, "MIT License\n\n" + MIT, MIT.replace("\n", "\n *  "), MIT.replace(" ", "  ").upper()):
        declared = of_text(text, "LICENSE")
        assert declared is not None and declared.ids == ("MIT",) and declared.standing is Standing.KNOWN


@pytest.mark.parametrize(
    "text",
    [
        MIT + "\nThe Software must not be used by companies.\n",
        "This license is granted to everyone except for these companies: ...\n\n" + MIT,
        "The following applies for non-commercial purposes.\n\n" + MIT,
        MIT.replace(
            "to deal in the Software without restriction,",
            "to deal in the Software without restriction, "
            "excluding its use as sample data for the purposes of building machine learning models,",
        ),
        "MIT License\n\nYou may not use this model for anything.\n",
    ],
)
def test_a_free_license_with_further_terms_is_another_one(text: str) -> None:
    declared = of_text(text, "LICENSE")
    assert declared is not None
    assert (declared.standing, declared.ids) == (Standing.OTHER, ("MIT",))
    assert declared.alternatives == (("MIT", FURTHER_TERMS),)


def test_what_stands_behind_the_part_that_is_read_counts_as_further_terms() -> None:
    declared = of_text(MIT + " " * MAX_TEXT + "Pay us.", "LICENSE")
    assert declared is not None and declared.standing is Standing.OTHER


def test_conditions_beside_a_license_are_licenses_of_their_own() -> None:
    declared = of_text('"Commons Clause" License Condition v1.0\n\n' + MIT, "LICENSE")
    assert declared is not None and declared.ids == ("MIT", "commons-clause")
    assert declared.alternatives == (("MIT", "commons-clause"),)


def test_a_long_text_that_mentions_a_license_is_not_that_license() -> None:
    declared = of_text("Our own terms. " * 300 + "This text is licensed under the MIT license.", "LICENSE")
    assert declared is not None
    assert (declared.standing, declared.ids, declared.alternatives) == (Standing.OTHER, (), ((UNRECOGNIZED,),))


def test_a_notice_that_names_no_license_says_nothing() -> None:
    assert of_text("This product contains software of others.", "NOTICE") is None
    assert of_text(" \n\0\n", "LICENSE") is None


@pytest.mark.parametrize(
    "path",
    [
        *("LICENSE", "licence.txt", "LICENSE-MIT", "LICENSE.apache", "sub/COPYING.LESSER", "NOTICE", "USE_POLICY.md"),
        *("Llama-3.1-LICENSE", "MODEL_LICENSE", "LICENSE_CODE.md", "UNLICENSE", "Qwen LICENSE.txt", "EULA.md"),
    ],
)
def test_license_files_are_known_by_their_names(path: str) -> None:
    assert is_license_file(path)


@pytest.mark.parametrize(
    "path",
    [
        *("README.md", "license.py", "THIRD_PARTY_LICENSES.txt", "licensing.json", "model.safetensors", "notice.pdf"),
        *("unlicensed_data.txt", "", "LICENSE/", "l" * 100_000, "license" + "-" * 100_000),
    ],
)
def test_other_files_are_not(path: str) -> None:
    assert not is_license_file(path)

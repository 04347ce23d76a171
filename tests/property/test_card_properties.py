"""Any text may stand in a README.md or a config.json."""

import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.errors import Invalid
from entrepot.metadata.card import Card, problems
from entrepot.metadata.config import read_config, shown_config, transformers_info
from entrepot.metadata.library import guess_library

YAML_PIECES = [
    "a",
    "b: ",
    "- ",
    "\n",
    "  ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&x ",
    "*x",
    "!!str ",
    "!x ",
    "'",
    '"',
    "\\",
    "|",
    ">",
]
YAML_PIECES += [
    "#",
    "? ",
    ": ",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "<<: ",
    "1",
    ".nan",
    "~",
    "\t",
    "tags: ",
    "license: ",
    "é",
]
BLOCKS = st.lists(st.one_of(st.sampled_from(YAML_PIECES), st.text(st.characters(categories=None), max_size=3))).map(
    "".join
)
KINDS = st.sampled_from(["model", "dataset", "space", "other"])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 62), 1 << 62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["architectures", "model_type", "auto_map", "quantization_config", "chat_template", "bos_token", "eos_token"]
CONFIGS = st.dictionaries(st.sampled_from([*FIELDS, "pretrained_cfg"]), JSON)


@given(BLOCKS, KINDS)
def test_any_block_gives_values_that_json_and_utf8_have_or_a_reason(block: str, kind: str) -> None:
    text = f"---\n{block}\n---\n"
    errors, warnings = problems(text, kind)
    json.dumps([errors, warnings])
    with contextlib.suppress(Invalid):
        card = Card.parse(text)
        json.dumps(card.data, allow_nan=False, ensure_ascii=False).encode()
        assert all(tag.encode() for tag in card.tags(kind))
        assert card.pipeline_tag != ""


@given(st.text(st.characters(categories=None)))
def test_any_text_is_a_card_or_has_a_reason_not_to_be(text: str) -> None:
    with contextlib.suppress(Invalid):
        Card.parse(text)


@given(JSON)
def test_values_written_as_yaml_by_a_json_writer_come_back(value: object) -> None:
    with contextlib.suppress(Invalid):
        assert Card.parse("---\n" + json.dumps({"a": value}) + "\n---\n").data == {"a": value}


@given(CONFIGS, CONFIGS)
def test_any_config_gives_something_that_json_and_utf8_have(
    config: dict[str, object], other: dict[str, object]
) -> None:
    read = read_config(json.dumps(config).encode())
    shown = shown_config({"config.json": read, "tokenizer_config.json": other, "adapter_config.json": other})
    json.dumps([shown, transformers_info(read)], allow_nan=False, ensure_ascii=False).encode()
    assert guess_library(["config.json"], read).tags is not None


@given(st.binary())
def test_any_bytes_are_a_config_or_have_a_reason_not_to_be(data: bytes) -> None:
    with contextlib.suppress(Invalid):
        read_config(data)

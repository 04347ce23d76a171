"""What a README.md says of a model, a dataset or a space."""

import json

import pytest

from entrepot.domain.errors import Invalid, TooLarge
from entrepot.metadata import frontmatter
from entrepot.metadata.card import MAX_TAGS, Card, problems

MODEL = """---
language:
- en
- no
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
datasets: [org/data]
base_model: org/base
base_model_relation: finetune
tags: [chat, 7, chat]
model-index:
- name: x
---
# Model
See https://arxiv.org/abs/2401.00001, arXiv:2402.00002v2 and https://arxiv.org/pdf/2401.00001.
"""


def yaml(text: str) -> str:
    return f"---\n{text}\n---\n"


def test_a_model_card_gives_the_tags_that_the_hub_gives() -> None:
    card = Card.parse(MODEL)
    assert card.tags("model") == (
        *("transformers", "text-generation", "chat", "7", "en", "no", "dataset:org/data", "base_model:org/base"),
        *("license:apache-2.0", "base_model:finetune:org/base", "model-index", "arxiv:2401.00001", "arxiv:2402.00002"),
    )
    assert card.pipeline_tag == "text-generation"
    assert card.library_name == "transformers"
    assert card.data["language"] == ["en", "no"]


def test_a_dataset_card_names_the_kind_of_each_tag() -> None:
    text = "language: en\nlicense: [mit, other]\ntask_categories: [summarization]\nsize_categories: 1K<n<10K\ntags: [x]"
    assert Card.parse(yaml(text)).tags("dataset") == (
        *("task_categories:summarization", "language:en", "license:mit", "license:other"),
        *("size_categories:1K<n<10K", "x"),
    )


def test_a_space_has_its_sdk_as_a_tag() -> None:
    assert Card.parse(yaml("sdk: gradio\nsdk_version: 5.0")).tags("space") == ("gradio",)
    assert Card.parse(yaml("sdk: gradio")).tags("something else") == ()


@pytest.mark.parametrize(
    "text", ["", "# Title", "---", "---\na: 1", "text\n---\na: 1\n---\n", "---\n---\n", "---\n# x\n---"]
)
def test_a_readme_without_a_block_is_an_empty_card(text: str) -> None:
    assert Card.parse(text).data == {}


@pytest.mark.parametrize(
    "text",
    ["---\na: 1\n---", "\ufeff---\r\na: 1\r\n---\r\n# x", "\n\n--- \na: 1\n---  \nx", "---\na: 1\n---\nb\n---\n"],
)
def test_the_block_ends_at_the_next_line_of_dashes(text: str) -> None:
    assert Card.parse(text).data == {"a": 1}


def test_scalars_are_what_they_are_on_the_hub() -> None:
    text = "a: no\nb: 2024-01-02\nc: 2024-01-02 10:00:00\nd: 12:30:45\ne: 0x1f\nf: 1e3\ng: ~\nh: True\ni: 1_000\nj: '1'"
    text += "\nk: 99999999999999999999\nl: 1e999\nm: !!str 5\nn:"
    assert Card.parse(yaml(text)).data == {
        **{"a": "no", "b": "2024-01-02", "c": "2024-01-02 10:00:00", "d": "12:30:45", "e": 31, "f": 1000.0, "g": None},
        **{"h": True, "i": "1_000", "j": "1", "k": "99999999999999999999", "l": "1e999", "m": "5", "n": None},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: .nan", "no number"),
        ("a: [-.inf]", "no number"),
        ("a: 1\na: 2", "stands twice.*line 3"),
        ("a: !!python/object/apply:os.system [x]", "no place in a card"),
        ("a: !!binary aGk=", "no place"),
        ("? [a]\n: b", "a key must be a text"),
        ("a: &x [*x]", "names nothing"),
        ("a: 'b", "not valid YAML"),
        ("a: b: c", "line 2"),
        ("- a\n- b", "names with values"),
        ("a: 1\n--- !x\nb: 1", "more than one"),
        ('a: "\\0"', "zero character"),
        ("a: \x01", "control characters"),
        ("[" * 100_000, "nested more than"),
        ("- " * 100_000, "nested more than"),
        ("a:\n" + "- x\n" * 210_000, "too many values"),
    ],
)
def test_what_no_card_may_have_is_refused_with_its_reason(text: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        Card.parse(yaml(text))


def test_a_bomb_of_aliases_is_as_large_as_it_would_become() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x]"]
    lines += [f"a{depth}: &a{depth} [{', '.join([f'*a{depth - 1}'] * 8)}]" for depth in range(1, 20)]
    with pytest.raises(Invalid, match="aliases are written out"):
        Card.parse(yaml("\n".join(lines)))
    long = f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 100)}]"
    with pytest.raises(Invalid, match="aliases are written out"):
        Card.parse(yaml(long))


def test_an_honest_alias_is_written_out() -> None:
    assert Card.parse(yaml("a: &id001 [1, {b: 2}]\nc: *id001")).data == {"a": [1, {"b": 2}], "c": [1, {"b": 2}]}


def test_a_block_over_the_limit_is_refused() -> None:
    with pytest.raises(TooLarge):
        Card.parse(yaml("#" * (frontmatter.MAX_YAML + 1)))


def test_tags_are_bounded_and_odd_values_give_none() -> None:
    many = json.dumps([f"t{number}" for number in range(MAX_TAGS + 5)])
    assert len(Card.parse(yaml(f"tags: {many}")).tags("model")) == MAX_TAGS
    odd = Card.parse(yaml(f"tags: [{{a: 1}}, [b], null, true, {'x' * 300}]\nlicense: {{a: b}}\npipeline_tag: 5"))
    assert odd.tags("model") == ("5",)
    assert odd.pipeline_tag is None


def test_a_good_card_has_no_problems() -> None:
    assert problems(MODEL.replace("7, ", ""), "model") == ([], [])


def test_a_missing_block_is_a_warning() -> None:
    assert problems("# hi", "model") == ([], [{"message": "empty or missing YAML metadata in the card"}])
    assert problems("---\n\n---\n", "dataset")[1]


def test_an_error_names_its_field_and_its_line_in_the_whole_text() -> None:
    text = "\n---\nlicense: mit\ntags: chat\nlanguage: {a: b}\n---\n"
    assert problems(text, "model")[0] == [
        {"message": '"tags" must be an array of strings', "line": 4},
        {"message": '"language" must be a string or an array of strings', "line": 5},
    ]
    assert problems(text, "space")[0] == [{"message": '"tags" must be an array of strings', "line": 4}]


def test_broken_yaml_is_one_error_with_its_line() -> None:
    errors, warnings = problems("---\na: 1\nb: c: d\n---\n", "model")
    assert [error["line"] for error in errors] == [3]
    assert warnings == []
    errors, _ = problems(yaml("#" * (frontmatter.MAX_YAML + 1)), "model")
    assert "longer than" in errors[0]["message"]

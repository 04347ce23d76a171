"""What a model's JSON files say of it."""

import pytest

from entrepot.domain.errors import Invalid, TooLarge
from entrepot.metadata.config import MAX_FILE, read_config, shown_config, transformers_info

LLAMA = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 8}


def test_the_hub_shows_architecture_kind_and_tokenizer() -> None:
    tokenizer = {
        "bos_token": "<s>",
        "eos_token": {"__type": "AddedToken", "content": "</s>", "lstrip": False},
        "chat_template": "{{ messages }}",
        "added_tokens_decoder": {"0": {"content": "x"}},
    }
    assert shown_config({"config.json": LLAMA, "tokenizer_config.json": tokenizer}) == {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "tokenizer_config": {"bos_token": "<s>", "eos_token": "</s>", "chat_template": "{{ messages }}"},
    }


def test_a_template_file_goes_before_the_one_in_the_tokenizer() -> None:
    shown = shown_config({"tokenizer_config.json": {"chat_template": "old"}}, "new")
    assert shown == {"tokenizer_config": {"chat_template": "new"}}


def test_several_named_templates_are_kept_by_name() -> None:
    listed = [{"name": "default", "template": "a"}, {"name": "tool"}, "x", {"name": "rag", "template": "b"}]
    shown = shown_config({"tokenizer_config.json": {"chat_template": listed}})
    assert shown["tokenizer_config"] == {
        "chat_template": [{"name": "default", "template": "a"}, {"name": "rag", "template": "b"}]
    }


def test_adapters_pipelines_quantization_and_own_code_are_shown() -> None:
    documents: dict[str, dict[str, object]] = {
        "config.json": {"quantization_config": {"quant_method": "gptq", "bits": 4}, "auto_map": {"AutoModel": "m.X"}},
        "adapter_config.json": {"base_model_name_or_path": "org/base", "task_type": "CAUSAL_LM", "r": 8},
        "model_index.json": {"_class_name": "FluxPipeline", "vae": ["diffusers", "X"]},
    }
    assert shown_config(documents) == {
        "quantization_config": {"quant_method": "gptq"},
        "auto_map": {"AutoModel": "m.X"},
        "peft": {"base_model_name_or_path": "org/base", "task_type": "CAUSAL_LM"},
        "diffusers": {"_class_name": "FluxPipeline"},
    }


def test_values_of_the_wrong_kind_are_not_shown() -> None:
    odd: dict[str, object] = {"architectures": "x", "model_type": ["y"], "auto_map": [1], "quantization_config": 5}
    tokenizer: dict[str, object] = {
        "bos_token": 5,
        "eos_token": "\0",
        "unk_token": "\ud800",
        "chat_template": "x" * 10**6,
    }
    assert shown_config({"config.json": odd, "tokenizer_config.json": tokenizer}) == {}
    assert transformers_info(odd) is None


@pytest.mark.parametrize(
    ("architecture", "expected"),
    [
        ("LlamaForCausalLM", {"auto_model": "AutoModelForCausalLM", "pipeline_tag": "text-generation"}),
        ("GPT2LMHeadModel", {"auto_model": "AutoModelForCausalLM", "pipeline_tag": "text-generation"}),
        ("BertModel", {"auto_model": "AutoModel", "pipeline_tag": "feature-extraction"}),
        ("T5ForConditionalGeneration", {"auto_model": "AutoModelForSeq2SeqLM"}),
        ("Something", None),
    ],
)
def test_the_class_that_loads_it_is_told_from_the_name(architecture: str, expected: dict[str, str] | None) -> None:
    assert transformers_info({"architectures": [architecture]}) == expected


def test_a_model_with_code_of_its_own_names_its_class() -> None:
    config = {"architectures": ["XForCausalLM"], "auto_map": {"AutoConfig": "c.C", "AutoModelForCausalLM": "m.X"}}
    assert transformers_info(config) == {"auto_model": "AutoModelForCausalLM", "custom_class": "m.X"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b"\xff\xfe{\0}\0",
        b"[" * 200_000,
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        read_config(data)


def test_a_config_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(TooLarge):
        read_config(b" " * (MAX_FILE + 1))

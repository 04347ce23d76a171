"""Which library a model is for, where its card does not say."""

import pytest

from entrepot.metadata.library import guess_library


@pytest.mark.parametrize(
    ("paths", "config", "name"),
    [
        (["config.json", "model.safetensors"], {"model_type": "llama"}, "transformers"),
        (["config.json", "model.safetensors"], {"architectures": ["X"]}, "transformers"),
        (["adapter_config.json", "adapter_model.safetensors"], None, "peft"),
        (["model_index.json", "unet/config.json"], None, "diffusers"),
        (["config.json"], {"_diffusers_version": "0.30"}, "diffusers"),
        (["modules.json", "config.json"], {"model_type": "bert"}, "sentence-transformers"),
        (["config.json"], {"architecture": "resnet18", "pretrained_cfg": {}}, "timm"),
        (["meta.json", "config.cfg"], None, "spacy"),
        (["x-Q4_K_M.gguf"], None, "gguf"),
        (["model.onnx"], None, "onnx"),
        (["model.nemo"], None, "nemo"),
        (["sub/adapter_config.json"], None, None),
        (["model.safetensors"], {}, None),
        ([], None, None),
    ],
)
def test_files_and_config_name_the_library(
    paths: list[str], config: dict[str, object] | None, name: str | None
) -> None:
    assert guess_library(paths, config).name == name


def test_tags_say_formats_kind_quantization_and_own_code() -> None:
    paths = ["pytorch_model.bin", "model-00001-of-00002.safetensors", "onnx/model.onnx", "tf_model.h5", "README"]
    config: dict[str, object] = {
        "model_type": "llama",
        "quantization_config": {"quant_method": "awq"},
        "auto_map": {"AutoModel": "m.X"},
    }
    assert guess_library(paths, config).tags == (
        *("transformers", "onnx", "pytorch", "safetensors", "tf", "llama", "awq", "custom_code"),
    )


def test_a_config_of_odd_values_is_no_guess() -> None:
    assert guess_library([".", "a/", ""], {"model_type": 5, "quantization_config": [], "auto_map": None}).tags == ()

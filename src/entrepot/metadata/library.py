"""Which library made a model, told from the names of its files and its config.json."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from entrepot.metadata.config import custom_code, model_type, quantization

# The first file at the top of a model that names a library decides.
_BY_FILE = {
    "adapter_config.json": "peft",
    "config_setfit.json": "setfit",
    "modules.json": "sentence-transformers",
    "config_sentence_transformers.json": "sentence-transformers",
    "model_index.json": "diffusers",
    "open_clip_config.json": "open_clip",
    "hyperparams.yaml": "speechbrain",
}
# Where neither a file nor config.json says: formats that are a library's own.
_BY_ENDING = {".nemo": "nemo", ".keras": "keras", ".gguf": "gguf", ".onnx": "onnx", ".tflite": "tflite"}
_FORMAT_BY_ENDING = {
    ".safetensors": "safetensors",
    ".gguf": "gguf",
    ".onnx": "onnx",
    ".tflite": "tflite",
    ".keras": "keras",
    ".mlpackage": "coreml",
    ".mlmodel": "coreml",
    ".nemo": "nemo",
}
_FORMAT_BY_NAME = {
    "pytorch_model.bin": "pytorch",
    "pytorch_model.bin.index.json": "pytorch",
    "tf_model.h5": "tf",
    "flax_model.msgpack": "jax",
    "rust_model.ot": "rust",
    "openvino_model.xml": "openvino",
}


@dataclass(frozen=True, slots=True)
class LibraryGuess:
    """The library's name, where one can be told, and the tags that files and config.json give."""

    name: str | None
    tags: tuple[str, ...]


def guess_library(file_paths: Iterable[str], config: Mapping[str, object] | None) -> LibraryGuess:
    """What a model without a word in its card seems to be; `config` is its config.json."""
    top: set[str] = set()
    formats: dict[str, None] = {}
    endings: set[str] = set()
    for path in file_paths:
        name = path.rpartition("/")[2]
        ending = name[name.rfind(".") :].lower() if "." in name else ""
        endings.add(ending)
        if name == path:
            top.add(name)
        if found := _FORMAT_BY_NAME.get(name) or _FORMAT_BY_ENDING.get(ending):
            formats[found] = None
    library = _library(top, endings, config or {})
    tags = [library] if library else []
    return LibraryGuess(library, tuple(dict.fromkeys([*tags, *sorted(formats), *_config_tags(config or {})])))


def _library(top: set[str], endings: set[str], config: Mapping[str, object]) -> str | None:
    for name, library in _BY_FILE.items():
        if name in top:
            return library
    if "meta.json" in top and "config.cfg" in top:
        return "spacy"
    if "_diffusers_version" in config:
        return "diffusers"
    if "pretrained_cfg" in config:
        return "timm"
    if model_type(config) or "architectures" in config or "transformers_version" in config:
        return "transformers"
    return next((library for ending, library in _BY_ENDING.items() if ending in endings), None)


def _config_tags(config: Mapping[str, object]) -> list[str]:
    found = [model_type(config), quantization(config), "custom_code" if custom_code(config) else None]
    return [tag for tag in found if tag]

"""The part of a model's own JSON files that the Hub shows as `config` and `transformersInfo`."""

from collections.abc import Mapping

from entrepot.metadata.strictjson import read_json_object
from entrepot.metadata.text import is_storable

# The largest honest tokenizer_config.json list a hundred thousand added tokens.
MAX_FILE = 16 << 20
MAX_TEXT = 256
MAX_ARCHITECTURES = 16
# Longer chat templates exist nowhere.
MAX_TEMPLATE = 256 << 10
MAX_TEMPLATES = 16

_SPECIAL_TOKENS = ("bos_token", "eos_token", "pad_token", "unk_token", "sep_token", "cls_token", "mask_token")

# How an architecture's name ends -> the class that loads it, and what it is for.
_AUTO_MODELS = {
    "ForCausalLM": ("AutoModelForCausalLM", "text-generation"),
    "LMHeadModel": ("AutoModelForCausalLM", "text-generation"),
    "ForMaskedLM": ("AutoModelForMaskedLM", "fill-mask"),
    "ForSequenceClassification": ("AutoModelForSequenceClassification", "text-classification"),
    "ForTokenClassification": ("AutoModelForTokenClassification", "token-classification"),
    "ForQuestionAnswering": ("AutoModelForQuestionAnswering", "question-answering"),
    "ForMultipleChoice": ("AutoModelForMultipleChoice", None),
    "ForConditionalGeneration": ("AutoModelForSeq2SeqLM", None),
    "ForSpeechSeq2Seq": ("AutoModelForSpeechSeq2Seq", "automatic-speech-recognition"),
    "ForCTC": ("AutoModelForCTC", "automatic-speech-recognition"),
    "ForAudioClassification": ("AutoModelForAudioClassification", "audio-classification"),
    "ForImageClassification": ("AutoModelForImageClassification", "image-classification"),
    "ForObjectDetection": ("AutoModelForObjectDetection", "object-detection"),
    "ForSemanticSegmentation": ("AutoModelForSemanticSegmentation", "image-segmentation"),
    "ForDepthEstimation": ("AutoModelForDepthEstimation", "depth-estimation"),
    "Model": ("AutoModel", "feature-extraction"),
}


def read_config(data: bytes, name: str = "config.json") -> Mapping[str, object]:
    """The JSON object in a model's config.json, tokenizer_config.json and their like. Raises `Invalid`."""
    return read_json_object(data, MAX_FILE, name)


def model_type(config: Mapping[str, object]) -> str | None:
    """The kind of model that transformers would build, such as `llama`."""
    return _text(config.get("model_type"))


def quantization(config: Mapping[str, object]) -> str | None:
    """How the weights were made smaller, such as `gptq`."""
    return _text(_mapping(config.get("quantization_config")).get("quant_method"))


def custom_code(config: Mapping[str, object]) -> bool:
    """Whether the model asks to run Python files of its own."""
    return bool(config.get("auto_map"))


def shown_config(documents: Mapping[str, Mapping[str, object]], chat_template: str | None = None) -> dict[str, object]:
    """What the Hub shows as `config`, of the JSON files by name; empty when nothing is to be shown.

    `chat_template` is the content of chat_template.jinja, which newer models have beside the tokenizer.
    """
    config = documents.get("config.json", {})
    shown: dict[str, object] = {}
    if found := architectures(config):
        shown["architectures"] = list(found)
    if kind := model_type(config):
        shown["model_type"] = kind
    if method := quantization(config):
        shown["quantization_config"] = {"quant_method": method}
    if mapped := _texts(config.get("auto_map")):
        shown["auto_map"] = mapped
    if tokenizer := _tokenizer(documents.get("tokenizer_config.json", {}), chat_template):
        shown["tokenizer_config"] = tokenizer
    if adapter := _texts(documents.get("adapter_config.json"), ("base_model_name_or_path", "task_type", "peft_type")):
        shown["peft"] = adapter
    if pipeline := _texts(documents.get("model_index.json"), ("_class_name",)):
        shown["diffusers"] = pipeline
    return shown


def architectures(config: Mapping[str, object]) -> tuple[str, ...]:
    """The classes that config.json names."""
    listed = config.get("architectures")
    found = [_text(one) for one in listed[:MAX_ARCHITECTURES]] if isinstance(listed, list) else []
    return tuple(one for one in found if one)


def transformers_info(config: Mapping[str, object]) -> dict[str, str] | None:
    """How transformers would load the model, as the Hub's `transformersInfo`; None where that cannot be told."""
    found = architectures(config)
    mapped = _texts(config.get("auto_map"))
    for name in mapped:
        if name.startswith("AutoModel"):
            return {"auto_model": name, "custom_class": mapped[name]}
    suffix = next((end for end in _AUTO_MODELS if found and found[0].endswith(end)), None)
    if suffix is None:
        return None
    auto_model, task = _AUTO_MODELS[suffix]
    return {"auto_model": auto_model} | ({"pipeline_tag": task} if task else {})


def _tokenizer(config: Mapping[str, object], chat_template: str | None) -> dict[str, object]:
    shown: dict[str, object] = {}
    for name in _SPECIAL_TOKENS:
        if token := _token(config.get(name)):
            shown[name] = token
    template = chat_template or config.get("chat_template")
    if template := _template(template):
        shown["chat_template"] = template
    return shown


def _token(value: object) -> str | None:
    return _text(_mapping(value).get("content", value))


def _template(value: object) -> object:
    if not isinstance(value, list):
        return _text(value, MAX_TEMPLATE)
    named = [_texts(one, ("name", "template"), MAX_TEMPLATE) for one in value[:MAX_TEMPLATES]]
    return [one for one in named if len(one) == 2]


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object, longest: int = MAX_TEXT) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= longest and is_storable(value) else None


def _texts(value: object, names: tuple[str, ...] = (), longest: int = MAX_TEXT) -> dict[str, str]:
    found = _mapping(value)
    pairs = [(name, _text(found.get(name), longest)) for name in names or list(found)[:MAX_ARCHITECTURES]]
    return {name: text for name, text in pairs if text and _text(name)}

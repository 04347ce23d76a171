"""A tiny model, made here, pushed and loaded again; with its tokenizer, by pipeline, and as weights in two formats."""

import sys

import torch
from huggingface_hub import HfApi
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    PreTrainedTokenizerFast,
    pipeline,
)

name, reader_only = sys.argv[1], len(sys.argv) > 2
if not reader_only:
    words = {word: number for number, word in enumerate(["[UNK]", "[PAD]", "[CLS]", "[SEP]", "good", "bad", "cargo"])}
    inner = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    inner.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    model = BertForSequenceClassification(config).eval()
    model.push_to_hub(name)
    tokenizer.push_to_hub(name)
    expected = model(**tokenizer("good cargo", return_tensors="pt")).logits

loaded = AutoModelForSequenceClassification.from_pretrained(name).eval()
words_of = AutoTokenizer.from_pretrained(name)
logits = loaded(**words_of("good cargo", return_tensors="pt")).logits
if not reader_only:
    assert torch.equal(logits, expected)
answer = pipeline("text-classification", model=name)("good cargo")
assert answer[0]["label"].startswith("LABEL_"), answer
info = HfApi().model_info(name, expand=["safetensors", "config", "transformersInfo", "tags", "library_name"])
assert info.safetensors.total == sum(parameter.numel() for parameter in loaded.parameters()), info.safetensors
assert info.config["model_type"] == "bert" and info.library_name == "transformers"
assert info.transformers_info["auto_model"] == "AutoModelForSequenceClassification"
print(logits.tolist())

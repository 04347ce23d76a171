"""What lies at the upstream: small models and a dataset, made on the spot with the real libraries."""

import json
import random
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

CARD = """---
license: apache-2.0
library_name: {library}
pipeline_tag: {task}
tags: [demo]
---
# {title}

Made on the spot, for trying things out.
"""


def embedder(folder: Path) -> None:
    """A bag-of-words model: a table of vectors in safetensors."""
    folder.mkdir(parents=True)
    vectors = np.random.default_rng(0).standard_normal((20_000, 64), dtype=np.float32)
    save_file({"embeddings.weight": vectors}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "bag-of-words", "dimensions": 64}))
    card = CARD.format(library="safetensors", task="feature-extraction", title="Tiny embedder")
    (folder / "README.md").write_text(card)


def fine_tune(base: Path, folder: Path) -> None:
    """The same with a tenth of its rows trained on: what a checkpoint looks like."""
    from safetensors.numpy import load_file

    folder.mkdir(parents=True)
    vectors = load_file(base / "model.safetensors")["embeddings.weight"]
    vectors[9_000:11_000] += 0.01
    save_file({"embeddings.weight": vectors}, folder / "model.safetensors")
    (folder / "config.json").write_text((base / "config.json").read_text())
    (folder / "README.md").write_text("---\nlicense: apache-2.0\nbase_model: harbor/tiny-embedder\n---\n# Fine-tuned\n")


def classifier(folder: Path) -> None:
    """A real Transformers model, with its tokenizer."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    words = {word: number for number, word in enumerate(["[UNK]", "[PAD]", "[CLS]", "[SEP]", "good", "bad", "cargo"])}
    inner = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    inner.pre_tokenizer = Whitespace()
    special = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=inner, **special).save_pretrained(folder)
    size = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128}
    BertForSequenceClassification(BertConfig(vocab_size=len(words), **size)).save_pretrained(folder)
    card = CARD.format(library="transformers", task="text-classification", title="Cargo classifier")
    (folder / "README.md").write_text(card)


def manifests(folder: Path) -> None:
    """A dataset in Parquet."""
    from datasets import Dataset

    chance = random.Random(0)
    rows = {
        "cargo": [f"crate {n}" for n in range(5000)],
        "tons": [round(chance.uniform(1, 40), 2) for _ in range(5000)],
    }
    (folder / "data").mkdir(parents=True)
    Dataset.from_dict(rows).to_parquet(folder / "data" / "train-00000-of-00001.parquet")
    (folder / "README.md").write_text("---\nlicense: cc0-1.0\ntags: [demo]\n---\n# Manifests\n")


def main() -> None:
    """Make the goods in the folder that is named."""
    folder = Path(sys.argv[1])
    embedder(folder / "tiny-embedder")
    fine_tune(folder / "tiny-embedder", folder / "tiny-embedder-tuned")
    classifier(folder / "cargo-classifier")
    manifests(folder / "manifests")


if __name__ == "__main__":
    main()

"""Names that are made to be taken for a known publisher's, and those that only happen to be near."""

import pytest

from entrepot.scan.publishers import KNOWN, imitated


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("meta-1lama", "meta-llama"),
        ("meta-IIama", "meta-llama"),
        ("meta-lama", "meta-llama"),
        ("meta-lllama", "meta-llama"),
        ("0penai", "openai"),
        ("openai-", "openai"),
        ("\u043epenai", "openai"),
        ("opena\u0131\u0307", "openai"),
        ("g00gle", "google"),
        ("rnicrosoft", "microsoft"),
        ("Qvven", "Qwen"),
        ("deepseek-al", "deepseek-ai"),
        ("hugginface", "huggingface"),
    ],
)
def test_what_looks_the_same_is_told_with_what_it_looks_like(name: str, known: str) -> None:
    assert imitated(name) == known


@pytest.mark.parametrize("name", [*KNOWN, *(known.lower() for known in KNOWN)])
def test_the_publishers_themselves_are_none(name: str) -> None:
    assert imitated(name) is None


@pytest.mark.parametrize(
    "name",
    "mistral-ai metallama3 meta-llama2 anthropics internvl stability-ai hugging-face openchat goggles qwen2 somebody a "
    "models checkpoints facebookresearch google-research nvidia-nemo deepseek opengvlab openbmb2".split(),
)
def test_names_of_their_own_are_left_alone(name: str) -> None:
    assert imitated(name) is None

"""`entrepot license`: what it reads, what it says, and what it leaves to the reader."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from entrepot import cli

CARD = "---\nlicense: apache-2.0\nbase_model: org/base\n---\n# A model\n"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "code").mkdir(parents=True)
    (folder / "README.md").write_text(CARD)
    (folder / "LICENSE").write_text("LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\n")
    (folder / "code" / "run.py").write_text("# SPDX-License-Identifier: MIT\n")
    (folder / "weights.bin").write_bytes(b"SPDX-License-Identifier: ISC")
    return folder


def test_a_folder_is_one_package(type_in: Callable[..., Any], model: Path) -> None:
    said = type_in("license", model)
    assert said.status == 0
    lines = said.out.splitlines()
    assert lines[0] == f"{model}: llama3.1, Apache-2.0, MIT"
    assert "  conflict: the card says Apache-2.0, LICENSE says llama3.1" in lines
    assert "  made from org/base" in lines
    assert "  code/run.py (header) says 'MIT': known" in lines
    assert any("700 million" in line for line in lines)
    assert "ISC" not in said.out


def test_json_has_what_is_known_of_each_license(type_in: Callable[..., Any], model: Path) -> None:
    (found,) = json.loads(type_in("license", model, "--json").out)
    assert found["standing"] == "known" and found["base_models"] == ["org/base"]
    assert [one["family"] for one in found["licenses"]] == ["model-terms", "permissive", "permissive"]
    assert [one["where"] for one in found["declarations"]] == ["license-file", "card", "header"]


def test_a_file_by_itself_and_nothing_at_all(type_in: Callable[..., Any], model: Path, tmp_path: Path) -> None:
    assert "llama3.1" in type_in("license", model / "LICENSE").out
    (tmp_path / "empty").mkdir()
    assert "missing" in type_in("license", tmp_path / "empty").out
    assert type_in("license", tmp_path / "nowhere").status == cli.WRONG_USAGE


def test_a_gguf_declares_in_its_header(type_in: Callable[..., Any], tmp_path: Path) -> None:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    header = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("general.license") + struct.pack("<I", 8) + text("gemma")
    (tmp_path / "m.gguf").write_bytes(header)
    assert "m.gguf (config) says 'gemma': known" in type_in("license", tmp_path / "m.gguf").out


def test_what_cannot_be_read_is_told_and_the_rest_is_read(type_in: Callable[..., Any], model: Path) -> None:
    (model / "README.md").write_text("---\nlicense: [mit\n---\n")
    (model / "m.gguf").write_bytes(b"GGUF\x03")
    said = type_in("license", model).out
    assert "not read: README.md: not valid YAML" in said and "not read: m.gguf: " in said
    assert "llama3.1" in said


def test_a_card_gives_the_terminal_no_orders(type_in: Callable[..., Any], model: Path) -> None:
    (model / "README.md").write_text('---\nlicense: other\nlicense_name: "\\e[31mred\\u202e"\n---\n')
    said = type_in("license", model).out
    assert "\x1b" not in said and "\u202e" not in said and "[31mred" in said

"""`entrepot convert`: checkpoints of a folder become safetensors beside them, with the names that clients look for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from checkpoint_making import Called, Numbers, floats, pickled, zipped
from entrepot import cli

NUMBERS = floats(1, 2)
WEIGHTS = zipped(pickled({"w": Numbers("0", (2,), (1,), length=2)}), {"0": NUMBERS})


def test_a_model_in_several_files_with_its_index(type_in: Callable[..., Any], tmp_path: Path) -> None:
    parts = [f"pytorch_model-0000{number}-of-00002.bin" for number in (1, 2)]
    for part in parts:
        (tmp_path / part).write_bytes(WEIGHTS)
    index = {"metadata": {"total_size": 16}, "weight_map": {"a": parts[0], "b": parts[1]}}
    (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    said = type_in("convert", tmp_path)
    assert said.status == 0
    assert said.out.count("1 tensors, ") == 2
    made = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    assert made["weight_map"] == {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    assert made["metadata"] == {"total_size": 16}
    assert (tmp_path / "model-00002-of-00002.safetensors").read_bytes().endswith(NUMBERS)


def test_an_index_whose_files_were_not_all_converted_is_not_written(
    type_in: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "pytorch_model-1-of-2.bin").write_bytes(WEIGHTS)
    (tmp_path / "pytorch_model-2-of-2.bin").write_bytes(b"GGUF")
    names = {"a": "pytorch_model-1-of-2.bin", "b": "pytorch_model-2-of-2.bin"}
    (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": names}))
    said = type_in("convert", tmp_path, "--json")
    assert said.status == 0
    assert [bool(one["written"]) for one in json.loads(said.out)["files"]] == [True, False]
    assert not (tmp_path / "model.safetensors.index.json").exists()


def test_an_index_is_not_replaced_and_a_broken_one_is_told_of(type_in: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "pytorch_model-1-of-1.bin").write_bytes(WEIGHTS)
    old, new = tmp_path / "pytorch_model.bin.index.json", tmp_path / "model.safetensors.index.json"
    old.write_text(json.dumps({"weight_map": {"w": "pytorch_model-1-of-1.bin"}}))
    new.write_text("mine")
    said = type_in("convert", tmp_path)
    assert said.status == 0 and "index.json is there already" in said.out and "1 tensors" in said.out
    assert new.read_text() == "mine"
    for text in ('{"weight_map": {"w": ["a list"]}}', '{"weight_map": 1}', "no JSON", "[]"):
        old.write_text(text)
        assert type_in("convert", tmp_path, "--overwrite").status == 0
        assert new.read_text() == "mine"


def test_other_names_keep_their_stem_and_what_is_there_stays(type_in: Callable[..., Any], tmp_path: Path) -> None:
    for name in ("last.ckpt", "adapter_model.bin", "pytorch_model.fp16.bin"):
        (tmp_path / name).write_bytes(WEIGHTS)
    assert type_in("convert", tmp_path).status == 0
    made = {path.name for path in tmp_path.glob("*.safetensors")}
    assert made == {"last.safetensors", "adapter_model.safetensors", "model.fp16.safetensors"}
    (tmp_path / "last.safetensors").write_bytes(b"mine")
    said = type_in("convert", "last.ckpt")
    assert said.status != 0 and "--overwrite" in said.out
    assert (tmp_path / "last.safetensors").read_bytes() == b"mine"
    assert type_in("convert", "last.ckpt", "--overwrite").status == 0
    assert type_in("convert", "last.ckpt", "-o", "other.safetensors").status == 0
    assert (tmp_path / "other.safetensors").read_bytes().endswith(NUMBERS)


def test_what_is_left_out_is_said_without_anything_a_terminal_obeys(
    type_in: Callable[..., Any], tmp_path: Path
) -> None:
    state = {"w": Numbers("0", (2,), (1,), length=2), "x\x1b[2J": Called("posix", "system", ("echo hi",))}
    (tmp_path / "bad.pt").write_bytes(zipped(pickled(state), {"0": NUMBERS}))
    said = type_in("convert", "bad.pt")
    assert said.status == 0
    assert "posix.system" in said.out and "\x1b" not in said.out


def test_wrong_words_are_answered_with_what_to_do(type_in: Callable[..., Any], tmp_path: Path) -> None:
    assert type_in("convert", "nowhere.bin").status == cli.WRONG_USAGE
    for name in ("a.bin", "b.bin"):
        (tmp_path / name).write_bytes(b"no checkpoint")
    said = type_in("convert", tmp_path)
    assert said.status not in (0, cli.WRONG_USAGE) and "nothing was converted" in said.err
    assert type_in("convert", tmp_path, "-o", "one.safetensors").status == cli.WRONG_USAGE
    (tmp_path / "empty").mkdir()
    assert "no file named like a checkpoint" in type_in("convert", tmp_path / "empty").err

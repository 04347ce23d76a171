"""Which files of a folder are checkpoints, and what becomes of their names."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from entrepot.domain.errors import Invalid

SUFFIXES = (".bin", ".pt", ".pth", ".ckpt")
INDEX = ".bin.index.json"
MAX_INDEX = 64 << 20
_TRANSFORMERS = re.compile(r"pytorch_model((?:\.[\w-]+)?(?:-\d+-of-\d+)?)\.bin")


def converted_name(name: str) -> str:
    """What a checkpoint is called as safetensors, the way transformers and diffusers look for it."""
    if (usual := _TRANSFORMERS.fullmatch(name)) is not None:
        return f"model{usual[1]}.safetensors"
    return f"{name.rpartition('.')[0] or name}.safetensors"


def checkpoints(path: Path) -> Iterator[Path]:
    """The file itself, or every file below a folder that is named like a checkpoint; links are not followed."""
    if not path.is_dir():
        yield path
        return
    for found in sorted(path.rglob("*")):
        if found.suffix.lower() in SUFFIXES and found.is_file() and not found.is_symlink():
            yield found


def indexes(folder: Path) -> list[Path]:
    """The indexes of models in several files."""
    return sorted(folder.glob(f"*{INDEX}"))


def write_index(old: Path, converted: Mapping[str, str], *, overwrite: bool) -> Path | None:
    """Write the new index of a model, None where not all its files were converted; `converted` has names by old ones.

    Raises `Invalid` for an index that can't be read, or where the new one is there already, and `OSError`.
    """
    said = _index(old)
    files = said.get("weight_map")
    if not isinstance(files, dict) or not all(isinstance(file, str) and file in converted for file in files.values()):
        return None
    name = converted_name(old.name.removesuffix(".index.json"))
    target = old.with_name(f"{name}.index.json")
    if target.exists() and not overwrite:
        raise Invalid(f"{target} is there already; replace it with --overwrite")
    said["weight_map"] = {tensor: converted[file] for tensor, file in files.items()}
    target.write_text(json.dumps(said, indent=2, sort_keys=True) + "\n")
    return target


def _index(path: Path) -> dict[str, object]:
    try:
        if path.stat().st_size > MAX_INDEX:
            raise Invalid(f"{path.name} is too large for an index")
        said = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise Invalid(f"{path.name} can't be read: {str(error)[:200]}") from None
    if not isinstance(said, dict):
        raise Invalid(f"{path.name} is no index of a model")
    return said

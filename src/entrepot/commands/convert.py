"""Convert: the weights of PyTorch checkpoints as safetensors, without running what the checkpoints hold."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from entrepot.commands import Failed, Wrong, plain
from entrepot.commands.output import as_json_option, size
from entrepot.conversion import checkpoint, files, safetensors
from entrepot.domain.errors import Invalid

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of one file."""

    path: str
    written: str = ""
    tensors: int = 0
    bytes: int = 0
    left_out: tuple[str, ...] = ()
    reason: str = ""
    """Why nothing was written."""


@click.command("convert")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--key", default="", help="The dictionary that holds the weights, where a checkpoint has several.")
@click.option("-o", "--output", default="", help="The file to write; for one checkpoint only.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@as_json_option
def convert(paths: Sequence[str], key: str, output: str, overwrite: bool, as_json: bool) -> None:
    """Write the weights of PyTorch checkpoints as safetensors, which can't run code on loading.

    Nothing of a checkpoint is run, imported or unpickled: its tensors are found by reading. What else it holds, such as
    optimizers, stays behind, and is named. The new file stands beside the old one: pytorch_model.bin becomes
    model.safetensors, and other names keep their stem. Names that share their numbers get a copy each.

    \b
    Examples:
      entrepot convert pytorch_model.bin
      entrepot convert ./models/my-model
      entrepot convert last.ckpt --key state_dict -o weights.safetensors
    """
    found = [file for path in paths for file in files.checkpoints(_existing(path))]
    if output and len(found) != 1:
        raise Wrong("--output names one file, and there is not one checkpoint to convert")
    done = [_convert(file, Path(output) if output else _beside(file), key, overwrite) for file in found]
    done += [one for one in _indexes(done, overwrite) if one.written or one.reason]
    if as_json:
        click.echo(json.dumps({"files": [asdict(one) for one in done]}, indent=2))
    else:
        for line in (line for one in done for line in _lines(one)):
            click.echo(plain(line))
    if not any(one.written for one in done):
        raise Failed("nothing was converted" if done else "there is no file named like a checkpoint")


def _existing(path: str) -> Path:
    if not os.path.lexists(path):
        raise Wrong(f"there is no file or folder {path!r}")
    return Path(path)


def _beside(file: Path) -> Path:
    return file.with_name(files.converted_name(file.name))


def _convert(file: Path, target: Path, key: str, overwrite: bool) -> Converted:
    if target.exists() and not overwrite:
        return Converted(str(file), reason=f"{target} is there already; replace it with --overwrite")
    try:
        with checkpoint.opened(file, key) as found:
            total = sum(tensor.size for tensor in found.tensors.values())
            with click.progressbar(length=total, label=plain(file.name), hidden=total < 1 << 30) as bar:
                written = safetensors.write(found, target, file.stat().st_size, bar.update)
            return Converted(str(file), str(target), len(found.tensors), written, found.left_out)
    except Invalid as error:
        return Converted(str(file), reason=error.message)
    except OSError as error:
        return Converted(str(file), reason=f"{error.filename or target}: {error.strerror}")


def _indexes(done: Sequence[Converted], overwrite: bool) -> Iterator[Converted]:
    by_folder: dict[Path, dict[str, str]] = {}
    for one in done:
        if one.written:
            by_folder.setdefault(Path(one.written).parent, {})[Path(one.path).name] = Path(one.written).name
    for folder, converted in by_folder.items():
        for old in files.indexes(folder):
            try:
                yield Converted(str(old), str(files.write_index(old, converted, overwrite=overwrite) or ""))
            except Invalid as error:
                yield Converted(str(old), reason=error.message)
            except OSError as error:
                yield Converted(str(old), reason=f"{error.filename or old}: {error.strerror}")


def _lines(one: Converted) -> Iterator[str]:
    if not one.written:
        yield f"{one.path}: not converted: {one.reason}"
        return
    yield f"{one.path} → {one.written}" + (f": {one.tensors:,} tensors, {size(one.bytes)}" if one.tensors else "")
    if one.left_out:
        more = f", and {len(one.left_out) - SHOWN} more" if len(one.left_out) > SHOWN else ""
        yield f"  left out: {', '.join(one.left_out[:SHOWN])}{more}"


COMMAND = convert

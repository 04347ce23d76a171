"""Names of weights: which file of a revision holds the same ones in a format that can't run code."""

import functools
import re

from entrepot.policy.showing import shown

_RISKY = re.compile(r"\.(?:bin|pt|pth|ckpt|pkl|pickle|h5|hdf5|keras|msgpack|joblib|dill)\Z")
_SAFE = re.compile(r"\.(?:safetensors|gguf)\Z")
_SHARD = re.compile(r"-([0-9]{5})-of-([0-9]{5})\Z")
_FRAMEWORKS = re.compile(r"\A(diffusion_)?(?:pytorch|tf|flax)_model(?=[.-]|\Z)")


def twin(path: str, paths: frozenset[str]) -> str:
    """The safe file that holds what the risky one does, or the last of several; empty where there is none."""
    folder, _, name = path.rpartition("/")
    suffix = _RISKY.search(name)
    if suffix is None:
        return ""
    return shown(_safe_weights(paths).get((folder, _weights(name[: suffix.start()])), ""))


def is_safe(path: str) -> bool:
    """Whether it is of a format that can be a safe twin; no other paths count for `twin`."""
    return _SAFE.search(path) is not None


def _weights(stem: str) -> str:
    """What the weights are called, whoever wrote them: without a shard's number and the framework's name."""
    return _FRAMEWORKS.sub(r"\1model", _SHARD.sub("", stem))


@functools.lru_cache(maxsize=16)
def _safe_weights(paths: frozenset[str]) -> dict[tuple[str, str], str]:
    """The weights that are there in full in a safe format, by folder and name; a listing asks for each of its files."""
    found: dict[tuple[str, str], str] = {}
    shards: dict[tuple[str, str, int], set[int]] = {}
    for path in sorted(paths):
        suffix = _SAFE.search(path)
        if suffix is None:
            continue
        folder, _, name = path[: suffix.start()].rpartition("/")
        shard = _SHARD.search(name)
        if shard is None:
            found[folder, _weights(name)] = path
            continue
        number, total = int(shard[1]), int(shard[2])
        have = shards.setdefault((folder, name[: shard.start()] + suffix[0], total), set())
        if 1 <= number <= total:
            have.add(number)
        if len(have) == total > 0:
            found.setdefault((folder, _weights(name)), path)
    return found

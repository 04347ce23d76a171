"""What the configurations of transformers, peft, diffusers and sentence-transformers make their readers import."""

from collections.abc import Iterator

from entrepot.domain.report import Capability, Finding
from entrepot.scan.archive import escapes
from entrepot.scan.configs import Entry
from entrepot.scan.imports import Tier, is_standard, look_up
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found

_LIBRARIES = frozenset(
    "transformers diffusers peft torch timm sentence_transformers open_clip flash_attn "
    "accelerate optimum safetensors tokenizers "
    "transformers_modules onnxruntime sklearn setfit pylate model2vec".split()
)
"""Where honest configurations point to; each knows what it offers."""

_KERNEL = Pattern(r"(?:[\w.-]+\|)?([\w.-]+)/[\w.-]+(?:@[\w./-]+)?(?::\w+)?")
_KERNELS = "kernels-community"
"""Where the library itself takes its kernels from."""
_OWN_FILE = Pattern(r"(?:custom|modeling|modelling)_\w+")
"""How files of a package are called that its configuration names."""


def remote_code(entry: Entry, name: str) -> Iterator[Finding | Capability]:
    """Findings of an entry that names code; `name` is the file's."""
    mapping = entry.mapping
    if isinstance(classes := mapping.get("auto_map"), dict):
        yield from _auto_map(list(classes.values()), entry.below("auto_map"))
    if isinstance(pipelines := mapping.get("custom_pipelines"), dict):
        named = [task.get("impl") for task in pipelines.values() if isinstance(task, dict)]
        yield from _auto_map(named, entry.below("custom_pipelines"))
    if isinstance(mapping.get("custom_generate"), str):
        place = str(mapping["custom_generate"])
        code = place if "--" in place or "/" not in place else f"{place}--custom_generate.generate"
        yield from _auto_map([code], entry.below("custom_generate"))
    if isinstance(parent := mapping.get("auto_mapping"), dict):
        yield from _peft(parent, entry)
    yield from _kernels(entry)
    if isinstance(core := mapping.get("megatron_core"), str) and core not in ("megatron.core", ""):
        yield from _imported(f"{core}.tensor_parallel", entry.below("megatron_core"))
    if name == "modules.json" and isinstance(kind := mapping.get("type"), str) and "path" in mapping:
        yield from _imported(kind, entry.below("type"))
        if isinstance(path := mapping["path"], str) and escapes(path):
            message = f"a module is read from {path}, outside of the package"
            yield found("config.path-outside", message, evidence=f"{entry.below('path')}: {path}")
    if name == "model_index.json" and not entry.path:
        yield from _diffusers(entry)


def _kernels(entry: Entry) -> Iterator[Finding | Capability]:
    """Attention that comes as code from another package of the hub: `organization/name`, with or without a function."""
    for key in ("_attn_implementation", "attn_implementation"):
        value = entry.mapping.get(key)
        named = list(value.values()) if isinstance(value, dict) else [value]
        for one in named:
            if isinstance(one, str) and (match := _KERNEL.fullmatch(one)) and match[1] != _KERNELS:
                yield Capability.YES
                message = f"runs code of another package: {one}"
                yield found("config.remote-code-elsewhere", message, evidence=f"{entry.below(key)}: {one}")


def _auto_map(values: list[object], path: str) -> Iterator[Finding | Capability]:
    named = [one for value in values for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
    if not named:
        return
    yield Capability.YES
    foreign = [one for one in named if "--" in one]
    for one in foreign:
        message = f"with trust_remote_code, runs code of another package: {one.partition('--')[0]}"
        yield found("config.remote-code-elsewhere", message, evidence=f"{path}: {one}")
    if not foreign:
        message = f"with trust_remote_code, runs code of this package: {named[0].rpartition('.')[0]}.py"
        yield found("config.remote-code", message, evidence=f"{path}: {', '.join(named[:5])}")


def _peft(mapping: dict[str, object], entry: Entry) -> Iterator[Finding | Capability]:
    library, name = mapping.get("parent_library"), mapping.get("base_model_class")
    if isinstance(library, str):
        yield from _imported(f"{library}.{name}", entry.below("auto_mapping"))


def _imported(dotted: str, path: str) -> Iterator[Finding | Capability]:
    """A class that a reader imports by its name, without asking whether that is trusted."""
    module, _, name = dotted.rpartition(".")
    top = module.partition(".")[0]
    if top in _LIBRARIES and look_up(module, name).tier is not Tier.DANGEROUS:
        return
    yield Capability.YES
    if _OWN_FILE.fullmatch(module):
        message = f"with trust_remote_code, runs code of this package: {module}.py"
        yield found("config.remote-code", message, evidence=f"{path}: {dotted}")
        return
    yield found("config.import-by-name", f"imports {module} by name", evidence=f"{path}: {dotted}")


def _diffusers(entry: Entry) -> Iterator[Finding | Capability]:
    for key, value in entry.mapping.items():
        match value:
            case [str() as library, str() as name] if library.partition(".")[0] not in _LIBRARIES and "." not in key:
                yield Capability.YES
                if is_standard(library):
                    message = f"imports {library} by name"
                    yield found("config.import-by-name", message, evidence=f"{key}: {value!r}")
                    continue
                message = f"with trust_remote_code, the pipeline takes {name} from {library}.py of this package"
                yield found("config.remote-code", message, evidence=f"{key}: {value!r}")

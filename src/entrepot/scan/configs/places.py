"""Paths and files that a configuration makes its reader open."""

from collections.abc import Iterator

from entrepot.domain.report import Finding
from entrepot.scan.archive import escapes
from entrepot.scan.configs import Entry
from entrepot.scan.rules import found

_FILE_KEYS = frozenset(
    "vocab_file merges_file tokenizer_file spm_file sp_model_file data_file data_files "
    "external_data location model_file "
    "weights_file checkpoint checkpoint_path ckpt_path model_path artifact_path code "
    "loader_path restore_path vocab_path "
    "tokenizer_model special_tokens_map_file config_file file filename model_filename".split()
)
_MAPS = ("weight_map",)


def places(entry: Entry) -> Iterator[Finding]:
    """Findings of an entry whose values are paths."""
    for key, value in entry.mapping.items():
        if key in _MAPS and isinstance(value, dict):
            for name, path in value.items():
                if isinstance(path, str) and _leads_out(path):
                    message = f"a shard is to be read from {path}, outside of the package"
                    yield found("config.path-outside", message, evidence=f"{entry.below(key)}.{name}: {path}")
                    break
        elif key in _FILE_KEYS and isinstance(value, str) and _climbs(value):
            message = f"{key} leads out of the package: {value}"
            yield found("config.path-outside", message, evidence=f"{entry.below(key)}: {value}")


def _leads_out(path: str) -> bool:
    return escapes(path) or "://" in path


def _climbs(path: str) -> bool:
    # Absolute paths of a publisher's own disk are left over in many honest files, and lead nowhere.
    return ".." in path.replace("\\", "/").split("/") or path.startswith(
        ("/etc/", "/proc/", "/root", "file://", "\\\\")
    )

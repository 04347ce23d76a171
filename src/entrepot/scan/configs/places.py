"""Paths and files that a configuration makes its reader open."""

from collections.abc import Iterator

from entrepot.domain.report import Finding
from entrepot.scan.archive import escapes
from entrepot.scan.configs import Entry
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found

_FILE_KEYS = frozenset(
    "vocab_file merges_file tokenizer_file spm_file sp_model_file data_file "
    "external_data location model_file "
    "weights_file checkpoint checkpoint_path ckpt_path model_path artifact_path code "
    "loader_path restore_path vocab_path "
    "tokenizer_model special_tokens_map_file config_file file filename model_filename".split()
)
SETTINGS = ("config.json", ".yaml", ".yml", "mlmodel", "map.json", "processor.json", "index.json", "modules.json")
"""How files of settings are called, apart from data."""
_LIBRARY_KEYS = frozenset(
    "custom_ops_library custom_op_library custom_ops_libraries op_library_filename register_custom_ops_library "
    "plugin_library plugin_path shared_library library_path so_path dll_path".split()
)
_LIBRARIES = (".so", ".dll", ".dylib")
_SCRIPTS = frozenset("run script command cmd args entrypoint before_script".split())
_MAPS = ("weight_map",)
_PRIVATE = Pattern(
    r"(?i)(?:^|[/\\])(?:etc[/\\](?:passwd|shadow|sudoers)|proc[/\\](?:self|1)[/\\]|\.ssh[/\\]|\.aws[/\\]credentials|\.netrc$|\.kube[/\\]config)"
)
_LONGEST = 500
_CODE = Pattern(
    r"__import__\s*\(\s*[\"'](?:os|sys|subprocess|builtins|pty|socket|shutil)\b|\blambda\b[^\n]{0,80}\b(?:os\.system|os\.popen|subprocess\.\w+|eval|exec)\s*\("
)


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
        elif key in _LIBRARY_KEYS and isinstance(value, str) and value.endswith(_LIBRARIES):
            message = f"{key} names the native library {value}"
            yield found("embedded.native-library", message, evidence=f"{entry.below(key)}: {value}")
        elif (key == "data_files" or (key == "path" and "data_files" in entry.path)) and isinstance(value, str | list):
            for place in (value if isinstance(value, list) else [value])[:100]:
                if isinstance(place, str) and _climbs(place):
                    message = f"data are read from {place}, outside of the package"
                    yield found("config.path-outside", message, evidence=f"{entry.below(key)}: {place}")
        elif key == "searchpath" and isinstance(value, list):
            for place in value:
                if isinstance(place, str) and place.startswith("file:/"):
                    message = f"configurations are read from {place}, outside of the package"
                    yield found("config.path-outside", message, evidence=f"{entry.below(key)}: {place}")


def texts(entry: Entry, name: str) -> Iterator[Finding]:
    """Findings of values that are paths to what is private, or code, whatever they are called. `name` is the file's:
    only settings are looked at, since data sets have all kinds of text."""
    if not name.endswith(SETTINGS):
        return
    for key, value in entry.mapping.items():
        if not isinstance(value, str) or len(value) > _LONGEST or "\n" in value:
            continue
        shown = f"{entry.below(str(key))}: {value}"
        if " " not in value and _PRIVATE.search(value):
            yield found("config.path-outside", f"{key} leads to a private file: {value}", evidence=shown)
        elif str(key) not in _SCRIPTS and _CODE.search(value):
            yield found("config.code-in-text", f"{key} is Python that runs something", evidence=shown)


def _leads_out(path: str) -> bool:
    return escapes(path) or "://" in path


def _climbs(path: str) -> bool:
    # Absolute paths of a publisher's own disk are left over in many honest files, and lead nowhere.
    return ".." in path.replace("\\", "/").split("/") or path.startswith(("/etc/", "/proc/", "file://", "\\\\"))

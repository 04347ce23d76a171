"""Values in Keras's configurations that make a layer read, fetch or call something."""

import json
import sys
from collections.abc import Iterator

from entrepot.domain.report import Capability, Finding
from entrepot.scan.configs import Entry
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found

MAX_VALUES = 5_000
"""Values of one layer's configuration that are looked at."""
_RUNS = Pattern(r"__import__\s*\(|\b(?:eval|exec|compile)\s*\(|\bos\.(?:system|popen)\b|\bsubprocess\.\w+")
_GADGET = Pattern(
    r"(?:(?:tf\.)?keras[\w.]*\.)?(?:get_file|enable_unsafe_deserialization|func_load|load_op_library|disable_safe_mode)"
)
_ELSEWHERE = Pattern(r"(?i)(?:[a-z][a-z0-9+.-]*://|//|\\\\|/|~/|[a-z]:[\\/]|(?:.*[\\/])?\.\.[\\/]).*")
_READ = frozenset(
    "vocabulary idf_weights vocabulary_path vocab vocab_file vocabulary_file proto merges preset weights filename "
    "filepath file_path path backup_dir log_dir root weights_path checkpoint_path model_path asset_path "
    "lookup_table".split()
)
_OPERATOR = Pattern(
    r"(?:^|\.)(?:read_file|write_file|matching_files|py_function|numpy_function|py_func|eager_py_func|load_op_library|"
    r"load_library|import_graph_def|gfile|saved_model\.load|load_model|get_file)(?:\.|$)|^raw_ops\.(\w+)|^(?:os|sys|subprocess)\."
)


def values(config: object, entry: Entry) -> Iterator[Finding | Capability]:
    """Findings of the values of a layer's configuration."""
    waiting: list[tuple[str, object]] = [("", config)]
    for count, (key, value) in enumerate(waiting):
        if count > MAX_VALUES:
            return
        if isinstance(value, str):
            yield from _text(key, value, entry)
        elif isinstance(value, list):
            waiting += [(key, item) for item in value[:MAX_VALUES]] if key not in _READ else []
        elif isinstance(value, dict) and "class_name" not in value:
            waiting += [(str(name), item) for name, item in list(value.items())[:MAX_VALUES]]


def _text(key: str, value: str, entry: Entry) -> Iterator[Finding | Capability]:
    shown = f"{entry.below('config')}.{key}: {value}"
    if _RUNS.search(value):
        yield found("keras.code-in-text", "a value is Python that runs something", evidence=shown)
    elif _GADGET.fullmatch(value) and key not in ("name", "config"):
        yield Capability.YES
        yield found(
            "keras.dangerous-object", f"names {value}, which fetches files or switches safety off", evidence=shown
        )
    elif key in ("fn_module", "module_name", "import") and value.partition(".")[0] in sys.stdlib_module_names:
        yield Capability.YES
        yield found("keras.dangerous-object", f"a function is taken from the module {value}", evidence=shown)
    elif key == "vocabulary" or (key in _READ and _ELSEWHERE.fullmatch(value)):
        message = f"a layer reads its {key} from {value} when it is loaded"
        yield found("keras.vocabulary-path", message, evidence=shown)
    elif key == "handle" and _ELSEWHERE.fullmatch(value) and "tfhub.dev/" not in value and "kaggle.com/" not in value:
        yield found("keras.loading-layer", f"a layer loads another model from {value}", evidence=shown)


def operators(config: object, entry: Entry) -> Iterator[Finding | Capability]:
    """Findings of a layer that is one operator of TensorFlow, by its name."""
    from entrepot.scan.tensorflow.judging import does_harm

    if not isinstance(config, dict):
        return
    node = config.get("node_def")
    if isinstance(node, str):
        try:
            node = json.loads(node)
        except (ValueError, RecursionError):
            node = None
    operator = node.get("op") if isinstance(node, dict) else None
    function = config.get("function")
    raw = match[1] if isinstance(function, str) and (match := _OPERATOR.search(function)) else None
    is_harm = isinstance(operator, str) and does_harm(operator)
    if (
        is_harm
        or (raw and does_harm(raw))
        or (raw is None and isinstance(function, str) and _OPERATOR.search(function))
    ):
        yield Capability.YES
        message = f"a layer is the operator {operator or function}, which reads, writes or runs something"
        yield found("keras.dangerous-object", message, evidence=f"{entry.path}: {config!r}"[:500])

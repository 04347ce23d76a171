"""TensorFlow's graphs and checkpoints' notes in the text form of Protocol Buffers."""

import re
from collections.abc import Iterator

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.sample import TEXT_FIRSTS, Sample

_OPERATOR = Pattern(r"(?:^|[\s{;,])(?:op|filename)\b")
_CHECKPOINT = Pattern(r"""(?:^|\n)\s*(?:all_)?model_checkpoint_paths?\s*:\s*["']([^"'\n]{1,1000})["']""")

_LIBRARY = Pattern(r"""op_library_filename\s*:\s*\[?\s*["']([^"'\n]{1,500})["']""")
_BACKEND = Pattern(r"""(?:^|[\s{;,])(?:backend|runtime)\s*:\s*["']([^"'\n]{0,300}(?:[\\/]|://)[^"'\n]{0,300})["']""")
_ENVIRONMENT = Pattern(
    r"""EXECUTION_ENV_PATH["'][^"']{1,100}string_value\s*:\s*"""
    r"""["']((?:[a-z0-9+]+://|/(?:tmp|dev|var/tmp)/|[^"'\n]*\.\./)[^"'\n]{0,500})["']"""
)
_START = re.compile(
    rb"(?:\s|#[^\n]*\n)*(?:node|meta_info_def|graph_def|meta_graphs|saved_model_schema_version|library|versions)\s*[:{<]"
)


def _recognize(sample: Sample) -> bool:
    if sample.opaque:
        return False
    if sample.suffix in (".pbtxt", ".prototxt") or sample.basename == "checkpoint":
        return sample.seems_text
    return (
        b"node" in sample.head and b"op" in sample.head and _START.match(sample.head) is not None and sample.seems_text
    )


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.archive import escapes
    from entrepot.scan.tensorflow.judging import judged_asset, judged_graph
    from entrepot.scan.tensorflow.text import graphs, parsed

    budget.check_string(sample.source.size)
    text = sample.text
    if text is None:
        raise Unreadable("a graph in text of more than 32 MiB, or in no known encoding")
    if _OPERATOR.search(text):
        for graph, outputs, assets in graphs(parsed(text, budget)):
            yield from judged_graph(graph, outputs)
            for asset in assets:
                yield from judged_asset(asset)
    if sample.basename == "config.pbtxt":
        yield from _served(text)
    for match in _CHECKPOINT.finditer(text):
        # An absolute path is the publisher's own, and common.
        if escapes(match[1]) and ".." in match[1]:
            message = f"the checkpoint to restore is {match[1]}, outside of the model's folder"
            yield found("tensorflow.asset", message, evidence=match[0].strip())


def _served(text: str) -> Iterator[Found]:
    """What an inference server is told besides a model: libraries to load, backends and environments elsewhere."""
    if match := _LIBRARY.search(text):
        yield found("embedded.native-library", f"names the native library {match[1]}", evidence=match[0].strip())
    for pattern in (_BACKEND, _ENVIRONMENT):
        if match := pattern.search(text):
            message = f"the server is led out of the model's folder: {match[1]}"
            yield found("config.path-outside", message, evidence=match[0].strip())


FORMAT = Format(
    "tensorflow-text",
    _recognize,
    _inspect,
    "TensorFlow graph in text",
    RunsCode.RARELY,
    "operators",
    (".pbtxt", ".prototxt"),
    firsts=TEXT_FIRSTS,
)

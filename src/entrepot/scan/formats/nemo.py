"""NeMo's configuration in its archive: `nemo:` stands for a file of the archive."""

from collections.abc import Iterator

from entrepot.scan.archive import escapes
from entrepot.scan.budget import Budget, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

_ARTIFACT = Pattern(r"nemo:([^\s'\"#,\]}]{1,500})")
MAX_SHOWN = 20


def _recognize(sample: Sample) -> bool:
    return sample.basename == "model_config.yaml" and not sample.opaque and sample.seems_text


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    budget.check_string(sample.source.size)
    text = sample.text or ""
    if "nemo:" not in text and "target:" not in text:
        raise Unrecognized("no configuration of NeMo's")
    shown = 0
    for match in _ARTIFACT.finditer(text):
        if shown < MAX_SHOWN and (escapes(match[1]) or "://" in match[1]):
            shown += 1
            message = f"takes a file from {match[1]}, outside of the archive"
            yield found("nemo.path-outside", message, evidence=match[0])


FORMAT = Format(
    "nemo",
    _recognize,
    _inspect,
    "a NeMo configuration",
    RunsCode.YES,
    "_target_",
    (".nemo",),
    firsts=b"",
    names=("model_config.yaml",),
)

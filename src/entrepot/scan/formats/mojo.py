"""The head of H2O's MOJO: `model.ini`, which names the files of its categories and the models inside."""

from collections.abc import Iterator

from entrepot.domain.report import Location
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

_NAME = "model.ini"
_FILES = ("_dir", "_file", "_path", "_dirs", "_files")
"""How settings end that name what is to be read."""


def _recognize(sample: Sample) -> bool:
    return sample.basename == _NAME and not sample.opaque and sample.seems_text


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    from entrepot.scan.archive import escapes
    from entrepot.scan.embedded import commands
    from entrepot.scan.ini import settings

    if sample.text is None:
        raise Unreadable("a head of a MOJO that is no text in UTF-8, or too long")
    for setting in settings(sample.text, budget):
        section = setting.section.lower()
        at = Location(line=setting.line)
        if section == "columns":
            continue
        if section == "domains":
            # `3: 12 d002.txt`: which column, how many categories, in which file.
            path = setting.value.partition(" ")[2].strip()
        else:
            path = setting.value if setting.name.lower().rstrip("0123456789_").endswith(_FILES) else ""
            yield from commands(setting.value, setting.path)
        if path and (escapes(path) or "://" in path):
            message = f"the model reads a file outside of its archive: {path}"
            yield found("mojo.path-outside", message, evidence=f"[{setting.section}] {setting.name}: {path}", at=at)


FORMAT = Format(
    "mojo",
    _recognize,
    _inspect,
    "H2O MOJO",
    RunsCode.NO,
    firsts=b"",
    names=(_NAME,),
)

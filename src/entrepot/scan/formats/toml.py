"""TOML: settings of projects, trainers and pipelines, looked at as those in JSON and YAML are."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_SUFFIXES = (".toml",)
_NAMES = ("pipfile", "poetry.lock", "uv.lock")
_LONGEST = 4 << 20
"""Characters: the parser takes seconds for more."""


def _recognize(sample: Sample) -> bool:
    return (sample.suffix in _SUFFIXES or sample.basename in _NAMES) and not sample.opaque and sample.seems_text


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    # Loaded here: of most files nobody needs what is known of configurations.
    import tomllib

    from entrepot.scan.commands import hostile_settings
    from entrepot.scan.configs.looking import look

    text = sample.text
    if text is None or len(text) > _LONGEST:
        raise Unreadable("a TOML document that is too long, or in no known encoding")
    try:
        document = tomllib.loads(text.replace("\r\n", "\n"))
    except (ValueError, RecursionError):
        raise Unrecognized("named like TOML, and none") from None
    yield from hostile_settings(text)
    yield from look(document, sample.basename, budget)


FORMAT = Format(
    "toml",
    _recognize,
    _inspect,
    "TOML",
    RunsCode.RARELY,
    "consumers: _target_, commands",
    _SUFFIXES,
    firsts=b"",
    names=(*_SUFFIXES, *_NAMES),
)

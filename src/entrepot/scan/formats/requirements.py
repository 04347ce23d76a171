"""Lists of packages to install: requirements files and conda environments that lead to other places."""

from collections.abc import Iterator

from entrepot.domain.report import Location
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.packages import sources
from entrepot.scan.pattern import Pattern
from entrepot.scan.sample import Sample

_NAME = Pattern(
    r"(?:[\w.-]*requirements?[\w.-]*|constraints[\w.-]*)\.(?:txt|in|pip)|(?:conda|environment|env|python_env)[\w.-]*\.ya?ml|pip\.conf|pip\.ini|"
    r"packages\.txt|pyproject\.toml|pipfile|uv\.toml|pixi\.toml|poetry\.toml|setup\.cfg|\.condarc|\.npmrc|\.pip\.conf|\.pydistutils\.cfg"
)
_SUFFIXES = (".txt", ".in", ".yml", ".yaml", ".conf", ".pip", ".toml", ".cfg", ".ini", "")


def _recognize(sample: Sample) -> bool:
    return sample.suffix in _SUFFIXES and bool(_NAME.fullmatch(sample.basename)) and sample.seems_text


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    text = sample.text
    if text is None:
        raise Unreadable("a list of packages in no known encoding")
    is_settings = sample.suffix in (".toml", ".cfg", "") and not sample.basename.endswith(
        ("requirements", "constraints")
    )
    section = ""
    for number, line in enumerate(text.replace("\\\r\n", " ").replace("\\\n", " ").splitlines(), 1):
        if line.lstrip().startswith("["):
            section = line
        if "://" not in line or line.lstrip().startswith("#"):
            continue
        yield from sources(line, section if is_settings else None, Location(line=number))


FORMAT = Format(
    "requirements",
    _recognize,
    _inspect,
    "list of packages",
    RunsCode.RARELY,
    "installation of what it names",
    firsts=b"",
    names=(*(suffix for suffix in _SUFFIXES if suffix), "pipfile", ".condarc", ".npmrc"),
)

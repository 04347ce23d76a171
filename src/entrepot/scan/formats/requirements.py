"""Lists of packages to install: requirements files and conda environments that lead to other places."""

from collections.abc import Iterator

from entrepot.domain.report import Location
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

_NAME = Pattern(
    r"(?:[\w-]*requirements[\w-]*|constraints)\.(?:txt|in|pip)|(?:conda|environment|env)[\w.-]*\.ya?ml|pip\.conf|packages\.txt"
)
_INDEX = Pattern(
    r"(?i)(?:--(?:extra-)?index-url|-i|--find-links|-f|index-url\s*=|extra-index-url\s*=)[\s=]+[\"']?((?:https?|ftp|file)://[^\s\"']+)"
)
_DIRECT = Pattern(r"(?i)(?:^|\s|@\s*|-e\s*)((?:(?:git|hg|svn|bzr)\+)?(?:https?|ssh|ftp|file|git)://[^\s\"'#;]+)")
_HOST = Pattern(r"(?i)^(?:\w+\+)?[a-z]+://(?:[^@/]*@)?([^/:]+)")
_KNOWN_INDEX = Pattern(
    r"(?i)(?:^|\.)(?:(?:test\.)?pypi\.(?:org|nvidia\.com|ngc\.nvidia\.com)|download\.pytorch\.org|anaconda\.org|"
    r"data\.pyg\.org|storage\.googleapis\.com|whl\.nightly|mirrors\.aliyun\.com|pypi\.tuna\.tsinghua\.edu\.cn|"
    r"huggingface\.github\.io|wheels\.vllm\.ai|flashinfer\.ai|download\.openmmlab\.com|developer\.download\.nvidia\.com)$"
)
_KNOWN_SOURCE = Pattern(
    r"(?i)(?:^|\.)(?:github\.com|gitlab\.com|huggingface\.co|bitbucket\.org|(?:files\.)?python(?:hosted)\.org|pypi\.(?:org)|codeload\.github\.com|"
    r"download\.pytorch\.org|githubusercontent\.com|storage\.googleapis\.com|amazonaws\.com)$"
)


def _recognize(sample: Sample) -> bool:
    return (
        sample.suffix in (".txt", ".in", ".yml", ".yaml", ".conf", ".pip")
        and bool(_NAME.fullmatch(sample.basename))
        and sample.seems_text
    )


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    text = sample.text
    if text is None:
        raise Unreadable("a list of packages in no known encoding")
    for number, line in enumerate(text.splitlines(), 1):
        if "://" not in line or line.lstrip().startswith("#"):
            continue
        at = Location(line=number)
        index = _INDEX.search(line)
        if (
            index
            and (host := _host(index[1]))
            and (not _KNOWN_INDEX.search(host) or index[1].lower().startswith("http:"))
        ):
            yield found("requirements.index", f"packages come from {host}", evidence=line.strip()[:300], at=at)
        elif not index and (direct := _DIRECT.search(line)) and _is_odd(direct[1]):
            message = f"a package comes from {_host(direct[1])}"
            yield found("requirements.source", message, evidence=line.strip()[:300], at=at)


def _is_odd(url: str) -> bool:
    """Whether a package's source is at no known place, or anybody on the way could change it."""
    plain = url.lower().startswith(("http:", "git:", "ftp:", "git+http:", "git+git:"))
    return plain or not _KNOWN_SOURCE.search(_host(url))


def _host(url: str) -> str:
    match = _HOST.match(url)
    return match[1].lower() if match else ""


FORMAT = Format(
    "requirements",
    _recognize,
    _inspect,
    "list of packages",
    RunsCode.RARELY,
    "installation of what it names",
    firsts=b"",
    names=(".txt", ".in", ".yml", ".yaml", ".conf", ".pip"),
)

"""Where packages come from: indexes, channels and addresses in lists of packages and in commands that install."""

from collections.abc import Iterator

from entrepot.domain.report import Finding, Location
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found

_INDEX = Pattern(
    r"(?i)(?:--(?:extra-)?index-url|(?<!\S)-i|--index|--default-index|--find-links|(?<!\S)-f|(?:^|\s)(?:extra-|default-)?index[-_]url\s*=|"
    r"(?:^|\s)find[-_]links\s*=|^registry\s*=|^@[\w-]+:registry\s*=)[\s=]*[\[\"']*((?:https?|ftp|file)://[^\s\"',\]]+)"
)
_SOURCE_URL = Pattern(r"(?i)^\s*url\s*=\s*[\"']((?:https?|ftp)://[^\s\"']+)")
_SECTION = Pattern(r"(?i)^\s*\[\[?\s*(?:source|index|tool\.(?:poetry\.source|uv\.index|pdm\.source|pixi\.pypi))\s*\]")
_CHANNEL = Pattern(r"(?i)(?:^\s*-\s*|channels\s*[:=][^#]*?)[\"']?((?:https?|file)://[^\s\"',\]]+)[\"'\],\s]*$")
_OTHER_LIST = Pattern(r"(?i)(?:^|\s)(?:-r|-c|--requirement|--constraint)[\s=]+((?:https?|ftp)://\S+)")
_DIRECT = Pattern(r"(?i)(?:^|\s|@\s*|-e\s*)((?:(?:git|hg|svn|bzr)\+)?(?:https?|ssh|ftp|file|git)://[^\s\"'#;]+)")
_NAMED = Pattern(r"(?i)[\w\])]\s*@\s*((?:(?:git|hg|svn|bzr)\+)?(?:http|ftp|git)://[^\s\"'#;,\]]+)")
"""A package of that name from that address, where a line may be about much else; plain connections only."""
_HOST = Pattern(r"(?i)^(?:\w+\+)?[a-z]+://(?:[^@/]*@)?([^/:]+)")
_KNOWN_INDEX = Pattern(
    r"(?i)(?:^|\.)(?:(?:test\.)?pypi\.(?:org|nvidia\.com|ngc\.nvidia\.com)|download\.pytorch\.org|anaconda\.org|"
    r"data\.pyg\.org|conda\.anaconda\.org|repo\.anaconda\.com|repo\.prefix\.dev|registry\.npmjs\.org|registry\.npmmirror\.com|pypi\.python\.org|storage\.googleapis\.com|whl\.nightly|mirrors\.aliyun\.com|pypi\.tuna\.tsinghua\.edu\.cn|"
    r"huggingface\.github\.io|wheels\.vllm\.ai|flashinfer\.ai|download\.openmmlab\.com|developer\.download\.nvidia\.com)$"
)
_KNOWN_SOURCE = Pattern(
    r"(?i)(?:^|\.)(?:github\.com|gitlab\.com|huggingface\.co|bitbucket\.org|(?:files\.)?python(?:hosted)\.org|pypi\.(?:org)|codeload\.github\.com|"
    r"download\.pytorch\.org|githubusercontent\.com|storage\.googleapis\.com|amazonaws\.com)$"
)


def sources(line: str, section: str | None, at: Location) -> Iterator[Finding]:
    """Findings of one line; `section` is the last heading, in a file of settings that says more than packages."""
    index = _INDEX.search(line)
    if not index and section is not None and _SECTION.search(section):
        index = _SOURCE_URL.search(line)
    if not index and not section:
        index = _CHANNEL.search(line)
    if index:
        if not _KNOWN_INDEX.search(_host(index[1])) or index[1].lower().startswith(("http:", "ftp:")):
            yield found(
                "requirements.index", f"packages come from {_host(index[1])}", evidence=line.strip()[:300], at=at
            )
    elif other := _OTHER_LIST.search(line):
        if _is_odd(other[1]):
            message = f"a list of packages comes from {_host(other[1])}"
            yield found("requirements.source", message, evidence=line.strip()[:300], at=at)
    elif section and (named := _NAMED.search(line)) and _is_odd(named[1]):
        message = f"a package comes from {_host(named[1])}"
        yield found("requirements.source", message, evidence=line.strip()[:300], at=at)
    elif section is None and (direct := _DIRECT.search(line)) and _is_odd(direct[1]):
        message = f"a package comes from {_host(direct[1])}"
        yield found("requirements.source", message, evidence=line.strip()[:300], at=at)


def _is_odd(url: str) -> bool:
    """Whether a package's source is at no known place, or anybody on the way could change it."""
    plain = url.lower().startswith(("http:", "git:", "ftp:", "git+http:", "git+git:"))
    return plain or not _KNOWN_SOURCE.search(_host(url))


def _host(url: str) -> str:
    match = _HOST.match(url)
    return match[1].lower() if match else ""

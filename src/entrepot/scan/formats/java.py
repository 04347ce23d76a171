"""Java source: H2O's POJO models, which have to be compiled and loaded to be used."""

import re
from collections.abc import Iterator

from entrepot.domain.report import Capability, Location
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

MAX_SHOWN = 10
_PASSED = Pattern(r"(?s)//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'")
_UNICODE = Pattern(r"\\u+([0-9a-fA-F]{4})")
_RULES = (
    (
        "java.execution",
        Pattern(
            r"\bRuntime\s*\.\s*getRuntime\b|\bProcessBuilder\b|\bURLClassLoader\b|\bdefineClass\b|\bScriptEngine(?:Manager)?\b"
            r"|\bSystem\s*\.\s*load(?:Library)?\s*\(|\bObjectInputStream\b|\bInitialContext\b|\bClass\s*\.\s*forName\b"
            r"|\bMethodHandles?\b|\bGroovyShell\b|\bJavaCompiler\b|\bUnsafe\b|\bMLet\b|\.\s*exec\s*\("
        ),
    ),
    (
        "java.access",
        Pattern(
            r"\bjava\s*\.\s*(?:net|nio\s*\.\s*file)\b|\bnew\s+(?:URL|Socket|ServerSocket|FileOutputStream|FileWriter|FileReader"
            r"|FileInputStream|RandomAccessFile)\b|\bFiles\s*\.\s*\w+|\bSystem\s*\.\s*(?:exit|setProperty|getenv|setSecurityManager)\b"
            r"|\bjava\s*\.\s*lang\s*\.\s*reflect\b|\.\s*getDeclared(?:Method|Field|Constructor)s?\b|\bHttpClient\b"
        ),
    ),
)


def _recognize(sample: Sample) -> bool:
    if sample.opaque:
        return False
    if sample.suffix == ".java":
        return sample.seems_text
    head = sample.head
    return head[:1] in b"/ip@\n " and b"extends GenModel" in head and sample.seems_text


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    budget.check_string(sample.source.size)
    text = sample.text
    if text is None:
        raise Unreadable("Java source that is no text in UTF-8")
    yield Capability.YES
    # The compiler reads \uXXXX first of all, before it knows what is a comment.
    text = _UNICODE.compiled().sub(lambda match: chr(int(match[1], 16)), text)
    code = _PASSED.compiled().sub(_blank, text)
    for rule, pattern in _RULES:
        for shown, match in enumerate(pattern.finditer(code)):
            if shown >= MAX_SHOWN:
                break
            line = code.count("\n", 0, match.start()) + 1
            evidence = text[max(0, match.start() - 60) : match.end() + 140].strip()
            yield found(rule, f"the class uses {match[0]}", evidence=evidence, at=Location(line=line))


def _blank(match: re.Match[str]) -> str:
    """What is no code, as long as it was, so that places stay."""
    return "".join(char if char == "\n" else " " for char in match[0])


FORMAT = Format(
    "java",
    _recognize,
    _inspect,
    "Java source",
    RunsCode.YES,
    "whoever compiles it",
    (".java",),
    firsts=b"/ip@\n ",
    names=(".java",),
)

"""Commands and code in texts where a model has none: metadata, names, descriptions, attributes of data formats."""

from collections.abc import Iterator

from entrepot.domain.report import Finding, Location
from entrepot.scan.budget import Budget
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.source import Source, pieces

MAX_TEXT = 4 << 20
MAX_SHOWN = 5
_CODE = Pattern(
    r"(?<![\w.])(?:os|posix|nt)\s*\.\s*(?:system|popen|exec[lv]\w*|spawn\w+|startfile)\s*\("
    r"|(?<![\w.])subprocess\s*\.\s*(?:run|call|Popen|check_call|check_output|getoutput|getstatusoutput)\b"
    r"|(?<![\w.])(?:__import__|importlib\.import_module|builtins\.(?:eval|exec)|runpy\.run_\w+)\s*\("
    r"|(?<![\w.])(?:pickle|cloudpickle|dill|marshal)\.loads\s*\(|(?<![\w.])ctypes\.(?:CDLL|cdll)\b"
    r"|(?<![\w.])(?:eval|exec)\s*\(\s*(?:['\"]|compile\b|base64\b|open\b|__import__|bytes\b|input\b|[\w.]{1,40}\s*\))"
    r"|__(?:globals|builtins|subclasses|reduce_ex|reduce)__"
    r"|(?<![\w.])(?:os\.execute|io\.popen|loadstring|package\.loadlib)\s*[\(\[\"']"
    r"|Runtime\.getRuntime\(\)|new\s+ProcessBuilder|System\.loadLibrary|\bLoadLibrary[AW]?\s*\(|\bdlopen\s*\("
)
_SHELL = Pattern(
    r"(?i)/bin/(?:ba|da|z)?sh\s+-c|\b(?:ba|z)?sh\s+-[ci]{1,2}\s+['\">]|\bpowershell(?:\.exe)?\s+[-/]\w"
    r"|\bcmd(?:\.exe)?\s+/[ck]\b"
    r"|\b(?:curl|wget)\s[^\n|;]{0,300}(?:https?|ftp)://[^\n|;]{0,300}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b"
    r"|/dev/tcp/|\b(?:nc|ncat|netcat)\s+(?:-\w+\s+)*-\w*e\b|\bpython[23]?(?:\.exe)?\s+-c\s|\brm\s+-rf\s+[/~]"
    r"|\b(?:bash|sh)\s+<\(|;\s*(?:curl|wget)\s+https?://"
)
_CALL = Pattern(
    r"(?<![\w.])(?:os\.(?:system|popen)|subprocess\.(?:run|call|Popen|check_\w+|getoutput)|__import__)\s*\(\s*[\"'\[\w]"
    r"|__(?:globals|builtins|subclasses)__\s*[\[(.]"
)
_NAMES = Pattern(
    r"(?:os|posix|nt)\.(?:system|popen|exec[lv]\w*)|subprocess\.\w+|builtins\.(?:eval|exec|__import__|compile)|"
    r"__builtin__\.eval"
)


def commands(text: str, where: str = "", offset: int | None = None) -> Iterator[Finding]:
    """Findings in a text that nothing should run."""
    shown = 0
    whole = text.strip() if len(text) < 100 else ""
    if whole and _NAMES.fullmatch(whole):
        yield _finding(whole, whole, where, offset)
        return
    for pattern in (_CODE, _SHELL):
        for match in pattern.finditer(text[:MAX_TEXT]):
            if shown >= MAX_SHOWN:
                return
            shown += 1
            evidence = text[max(0, match.start() - 40) : match.end() + 160]
            yield _finding(match[0], evidence, where, None if offset is None else offset + match.start())


def calls(text: str, where: str, offset: int | None = None) -> Iterator[Finding]:
    """The first of what runs a program, in a text that may well be about programs: names alone, and words that are
    English as well, say nothing."""
    for pattern in (_CALL, _SHELL):
        if match := pattern.search(text[:MAX_TEXT]):
            evidence = text[max(0, match.start() - 40) : match.end() + 160]
            yield _finding(match[0], evidence, where, None if offset is None else offset + match.start())
            return


def _finding(what: str, evidence: str, where: str, offset: int | None) -> Finding:
    place = f" in {where}" if where else ""
    return found("embedded.commands", f"{what}{place}", evidence=evidence, at=Location(offset=offset))


_WORDS = (
    b"os.",
    b"posix",
    b"subprocess",
    b"__import__",
    b"import_module",
    b"builtins",
    b"runpy",
    b".loads",
    b"ctypes",
    b"eval",
    b"exec",
    b"__globals__",
    b"__subclasses__",
    b"__reduce",
    b"popen",
    b"loadstring",
    b"loadlib",
    b"getRuntime",
    b"ProcessBuilder",
    b"LoadLibrary",
    b"loadLibrary",
    b"dlopen",
    b"sh -c",
    b"sh -i",
    b"powershell",
    b"PowerShell",
    b"cmd /",
    b"cmd.exe",
    b"/dev/tcp",
    b"curl ",
    b"wget ",
    b"python",
    b"rm -rf",
    b" -e",
)
"""One of these stands in everything that the patterns find; bytes are searched for them at memory's speed."""
_LIBRARY = Pattern(
    r"(?i)(?:[a-z]:\\|[./\\~])[\w ./\\-]{1,200}\.(?:dll|so(?:\.\d+){0,3}|dylib)(?![\w.])|native_user_function"
)
_OVERLAP = 1024
MAX_BYTES = 1 << 30


def commands_in(source: Source, budget: Budget, *, libraries: bool = False) -> Iterator[Finding]:
    """Findings in bytes that hold texts somewhere; with `libraries`, also paths of native libraries."""
    before, at = b"", 0
    for piece in pieces(source, 0, MAX_BYTES):
        budget.check_time()
        data = before + piece
        if any(word in data for word in _WORDS):
            yield from commands(data.decode("latin-1"), "the file", at - len(before))
        if libraries and any(word in data.lower() for word in (b".dll", b".so", b".dylib", b"native_user")):
            yield from _libraries(data.decode("latin-1"), at - len(before))
        at, before = at + len(piece), piece[-_OVERLAP:]


def _libraries(text: str, at: int) -> Iterator[Finding]:
    for shown, match in enumerate(_LIBRARY.finditer(text)):
        if shown >= MAX_SHOWN:
            return
        place = Location(offset=at + match.start())
        evidence = text[max(0, match.start() - 40) : match.end() + 40]
        yield found("embedded.native-library", f"names the native library {match[0]}", evidence=evidence, at=place)

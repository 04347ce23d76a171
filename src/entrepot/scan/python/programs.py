"""Programs that code starts: hostile, of a build or of media, or neither."""

import ast
import posixpath
from collections.abc import Iterator

from entrepot.domain.report import Finding
from entrepot.scan.commands import hostile
from entrepot.scan.pattern import Pattern
from entrepot.scan.python.calls import WORDS, Seen, shown
from entrepot.scan.python.folding import rough_text
from entrepot.scan.python.harm import KNOWN_PACKAGES, QUIET_PROGRAMS
from entrepot.scan.python.leaks import is_honest_source
from entrepot.scan.python.names import Scope
from entrepot.scan.python.reach import When

_RULES = {When.ON_IMPORT: "python.process-on-import", When.BY_LOADER: "python.process-by-loader"}
_JOINS = Pattern(r"[;&|`<>]|\$\(")
_REMOTE = Pattern(r"(?i)://|\bgit\+|--index-url|--extra-index-url|\.whl\b|\.tar\.gz\b")
_NAME = Pattern(r"[A-Za-z0-9_.-]+")


def process(one: Seen, scope: Scope, *, is_setup: bool) -> Iterator[Finding]:
    """Findings of a call that starts a program. `is_setup`: in a script that builds a package."""
    command = _command(one.call, scope)
    line = " ".join(command)
    if why := _hostile(line):
        yield shown("python.hostile-command", one, f"{why}, {WORDS[one.when]}", line)
    elif one.when is When.ASKED or _is_quiet(command):
        return
    elif (packages := _installed(command)) is not None:
        if not packages <= KNOWN_PACKAGES:
            message = f"{one.name} installs {', '.join(sorted(packages - KNOWN_PACKAGES))} {WORDS[one.when]}"
            yield shown("python.installs", one, message, line)
    elif _is_unknown(one, command):
        if one.when is When.ON_IMPORT and not is_setup:
            yield shown("python.process-unknown", one, f"{one.name} starts a program {WORDS[one.when]}", line)
    else:
        yield shown(_RULES[one.when], one, f"{one.name} starts a program {WORDS[one.when]}", line)


def _hostile(command: str) -> str | None:
    """What makes a command hostile, if anything does."""
    reason = next(hostile(command), None)
    return reason.message.replace("the script", "starts a command that", 1) if reason else None


def _command(call: ast.Call, scope: Scope) -> list[str]:
    """The words of the command that a call starts, … for what is no constant."""
    argument = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg in ("args", "cmd")), None)
    if isinstance(argument, ast.Name) and isinstance(known := scope.constants.get(argument.id), list):
        return [str(word) for word in known] or ["…"]
    if isinstance(argument, ast.Name):
        argument = scope.values.get(argument.id, argument)
    while isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.Add):
        argument = argument.left  # a list and what follows
        if isinstance(argument, ast.Name):
            argument = scope.values.get(argument.id, argument)
            break
    if isinstance(argument, ast.List | ast.Tuple):
        return [rough_text(item, scope.constants) for item in argument.elts] or ["…"]
    words = [rough_text(item, scope.constants) for item in (argument, *call.args[1:4])]
    return [word for word in words if word != "…"] or ["…"]


def _is_quiet(command: list[str]) -> bool:
    """Whether a build or media tool is asked for something, without a shell that does more."""
    if len(command) == 1 and _JOINS.search(
        command[0].replace("2>&1", "").replace("2>/dev/null", "").replace(">/dev/null", "")
    ):
        return False
    words = command[0].split() or [""]
    while words[0] in ("sudo", "env", "exec") or "=" in words[0]:
        words = words[1:] or [""]
    program = posixpath.basename(words[0].replace("\\", "/")).lower().removesuffix(".exe")
    if program in ("wget", "curl"):
        urls = [word.strip("\"'") for word in " ".join(command).split() if "://" in word]
        return bool(urls) and all(url.startswith("https:") and is_honest_source(url) for url in urls)
    return program in QUIET_PROGRAMS


def _installed(command: list[str]) -> set[str] | None:
    """The packages that a command of pip installs; None for another command."""
    words = " ".join(command).split()
    if "install" not in words or not any("pip" in word for word in words[: words.index("install")]):
        return None
    given = words[words.index("install") + 1 :]
    if _REMOTE.search(" ".join(given)):
        return {word for word in given if _REMOTE.search(word)}
    if "-r" in given or "-e" in given:
        return set()
    names = [match[0] for word in given if not word.startswith("-") and (match := _NAME.match(word.strip("\"'")))]
    return {name.lower() for name in names if name not in (".", "…")} or ({"…"} if "…" in given else set())


def _is_unknown(one: Seen, command: list[str]) -> bool:
    """Whether only the run tells which program it is, and no shell is asked for more."""
    has_shell = any(keyword.arg == "shell" for keyword in one.call.keywords)
    is_list = one.name.startswith("subprocess.") and "get" not in one.name
    return is_list and not has_shell and command[0].strip("…/") in ("", "python", "python3")

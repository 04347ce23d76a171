"""Is a call in source code harmful, given what it calls, with what, and when?"""

import ast
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from entrepot.domain.report import Finding, Location
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.commands import hostile
from entrepot.scan.pattern import Pattern
from entrepot.scan.python.folding import Unfoldable, fold, folded_text
from entrepot.scan.python.harm import HARMS, QUIET_PROGRAMS, Harm
from entrepot.scan.python.names import Scope, is_assembled
from entrepot.scan.python.reach import Reached, When, calls
from entrepot.scan.rules import found

_LONGEST_PATH = 300
MAX_SOURCE = 4 << 20
"""Characters; the longest honest modules have a quarter of that."""
_DECODERS = frozenset(
    "b64decode urlsafe_b64decode b32decode b16decode b85decode a85decode fromhex unhexlify decompress decode loads "
    "translate rot13".split()
)
_PRIVATE = Pattern(
    r"(?i)\.ssh[/\\]|id_rsa|id_ed25519|/etc/(?:passwd|shadow|sudoers)|\.aws[/\\]|\.netrc|\.docker[/\\]config|\.kube[/\\]config|"
    r"authorized_keys|\.bash_history|\.git-credentials|\.pypirc|login\.keychain|wallet\.dat|"
    r"Local State|\.huggingface[/\\]token|"
    r"\.cache[/\\]huggingface[/\\]token"
)
_SYSTEM_LIBRARY = Pattern(r"(?i)[\w+-]+(?:\.dll|\.dylib|\.so(?:\.\d+)*)?")
_LASTING = Pattern(
    r"(?i)\.bashrc|\.bash_profile|\.profile$|\.zshrc|/etc/cron|crontab|\.config[/\\]autostart|LaunchAgents|authorized_keys|"
    r"systemd[/\\](?:system|user)|sitecustomize|usercustomize|\.pth$|CurrentVersion\\\\?Run|/etc/ld\.so\.preload|/etc/sudoers"
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A call, what it calls and when."""

    call: ast.Call
    name: str
    when: When
    harm: Harm | None


def judged(source: str, budget: Budget) -> Iterator[Finding]:
    """Findings of the family `python` on a module's source. Raises `Unreadable` where it does not parse."""
    tree = parsed(source)
    nodes = []
    for node in ast.walk(tree):
        budget.spend_values()
        nodes.append(node)
    scope = Scope(nodes)
    seen = [_seen(reached, scope) for reached in calls(tree, budget)]
    for one in seen:
        yield from _call(one, scope)
    yield from _leaks(seen, nodes, scope)


def parsed(source: str) -> ast.Module:
    """The syntax tree; nothing is compiled. Raises `Unreadable`."""
    if len(source) > MAX_SOURCE:
        raise Unreadable(f"more than {MAX_SOURCE} characters of Python")
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        raise Unreadable(f"not Python 3: {error.msg}, line {error.lineno}") from None
    except (ValueError, RecursionError, MemoryError):
        raise Unreadable("Python that is nested too deep, or holds zero characters") from None


def _seen(reached: Reached, scope: Scope) -> _Seen:
    name = scope.dotted(reached.call.func) or ""
    return _Seen(reached.call, name, reached.when, _harm(name, reached.call))


def _harm(name: str, call: ast.Call) -> Harm | None:
    if harm := HARMS.get(name):
        return harm
    if name.startswith("builtins."):
        return HARMS.get(name.removeprefix("builtins."))
    # model.eval() and regex.exec() are methods of other things.
    return None


def _call(one: _Seen, scope: Scope) -> Iterator[Finding]:
    match one.harm:
        case Harm.EXECUTION:
            yield from _execution(one, scope)
        case Harm.PROCESS:
            yield from _process(one, scope)
        case Harm.NATIVE if one.when is When.ON_IMPORT and not _is_known_library(one.call, scope):
            yield _finding("python.native", one, f"{one.name} loads native code {_WHEN[one.when]}", scope)
        case Harm.UNPICKLE if _has_decoder(one.call):
            yield _finding(
                "python.decoded-execution", one, f"{one.name} is given bytes that the code itself decodes", scope
            )
        case Harm.IMPORT if is_assembled(one.call):
            yield _finding("python.assembled-name", one, f"{one.name} imports a name that is put together", scope)
        case Harm.SOCKET if one.when is When.ON_IMPORT:
            yield _finding("python.network-on-import", one, f"{one.name} {_WHEN[one.when]}", scope)
        case Harm.NETWORK if one.when is When.ON_IMPORT:
            yield _finding("python.network-on-import", one, f"{one.name} {_WHEN[one.when]}", scope)
        case Harm.REMOVE if one.when is When.ON_IMPORT and _first_text(one.call, scope) is not None:
            yield _finding("python.removal-on-import", one, f"{one.name} {_WHEN[one.when]}", scope)
        case None:
            yield from _other(one, scope)


_WHEN = {
    When.ON_IMPORT: "when the file is imported",
    When.BY_LOADER: "in a function that loaders call",
    When.ASKED: "in a function",
}


def _execution(one: _Seen, scope: Scope) -> Iterator[Finding]:
    argument = one.call.args[0] if one.call.args else None
    if argument is None:
        return
    text = folded_text(argument, scope.constants)
    if _has_decoder(argument) or (text is not None and not isinstance(argument, ast.Constant)):
        message = f"{one.name} runs code that is hidden in an encoded text"
        yield _finding("python.decoded-execution", one, message, scope, text)
    elif one.when is not When.ASKED or (text is not None and _hostile(text)):
        yield _finding("python.execution", one, f"{one.name} {_WHEN[one.when]}", scope, text)


def _process(one: _Seen, scope: Scope) -> Iterator[Finding]:
    command = _command(one.call, scope)
    shown = " ".join(command) if command else None
    if shown and (why := _hostile(shown)):
        yield _finding("python.hostile-command", one, f"{why}, {_WHEN[one.when]}", scope, shown)
    elif one.when is not When.ASKED and not _is_quiet(one, command):
        rule = "python.process-on-import" if one.when is When.ON_IMPORT else "python.process-by-loader"
        yield _finding(rule, one, f"{one.name} starts a program {_WHEN[one.when]}", scope, shown)


def _hostile(command: str) -> str | None:
    """What makes a command hostile, if anything does."""
    reason = next(hostile(command), None)
    return reason.message.replace("the script", "starts a command that", 1) if reason else None


def _is_quiet(one: _Seen, command: list[str] | None) -> bool:
    """Whether a build tool is asked for something, as setup scripts do, without a shell."""
    if not command:
        return False
    program = posixpath.basename((command[0].split() or [""])[0]).lower()
    is_install = "pip" in command[:4] and "install" in command[:5]
    return program in QUIET_PROGRAMS or (is_install and one.when is not When.ON_IMPORT)


def _command(call: ast.Call, scope: Scope) -> list[str] | None:
    """The words of the command that a call starts, as far as they are constants."""
    argument = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg in ("args", "cmd")), None)
    if isinstance(argument, ast.List | ast.Tuple):
        words = [folded_text(item, scope.constants) for item in argument.elts]
        return [word if word is not None else "…" for word in words] or None
    text = folded_text(argument, scope.constants)
    rest = [folded_text(item, scope.constants) or "" for item in call.args[1:]]
    return [text, *rest] if text else None


def _other(one: _Seen, scope: Scope) -> Iterator[Finding]:
    name = one.name.rpartition(".")[2]
    if name in ("getattr", "__import__") and is_assembled(one.call) and isinstance(one.call.func, ast.Name):
        whole = scope.dotted(one.call) or ""
        if whole in HARMS or whole.split(".")[-1] in ("system", "exec", "eval", "popen", "__builtins__", "__globals__"):
            yield _finding("python.assembled-name", one, f"{whole} by a name that is put together", scope)
    path = _first_text(one.call, scope) if name == "open" and _mode(one.call, scope) in ("w", "a") else None
    if path and _LASTING.search(path):
        yield _finding("python.persistence", one, f"writes {path}, which others run later", scope)


def _leaks(seen: list[_Seen], nodes: list[ast.AST], scope: Scope) -> Iterator[Finding]:
    """Private files or the whole environment, in a file that also sends something."""
    senders = [
        one for one in seen if one.harm in (Harm.NETWORK, Harm.SOCKET) or one.name.endswith((".post", ".sendall"))
    ]
    if not senders:
        return
    for node in nodes:
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if len(text) < _LONGEST_PATH and isinstance(node, ast.Constant) and _PRIVATE.search(text):
            message = f"reads {text} and has a call that sends: {senders[0].name}"
            yield found("python.exfiltration", message, evidence=_shown(senders[0].call), at=Location(line=node.lineno))
            return
    for one in senders:
        for node in ast.walk(one.call):
            if isinstance(node, ast.Attribute) and scope.dotted(node) == "os.environ" and _is_whole(node, one.call):
                yield _finding(
                    "python.exfiltration", one, f"{one.name} sends the environment, with every token in it", scope
                )
                return


def _is_whole(environment: ast.AST, inside: ast.AST) -> bool:
    """Whether all of os.environ is meant, and not one variable of it."""
    for node in ast.walk(inside):
        if isinstance(node, ast.Subscript) and node.value is environment:
            return False
        if isinstance(node, ast.Attribute) and node.value is environment and node.attr == "get":
            return False
    return True


def _finding(rule: str, one: _Seen, message: str, scope: Scope, decoded: str | None = None) -> Finding:
    evidence = _shown(one.call) + (f"\n= {decoded}" if decoded and decoded not in _shown(one.call) else "")
    return found(rule, message, evidence=evidence, at=Location(line=one.call.lineno))


def _shown(call: ast.Call) -> str:
    try:
        return ast.unparse(call)[:1000]
    except RecursionError:
        return "…"


def _has_decoder(node: ast.AST) -> bool:
    return any(
        isinstance(inner, ast.Call)
        and (getattr(inner.func, "attr", None) in _DECODERS or getattr(inner.func, "id", None) in _DECODERS)
        for inner in ast.walk(node)
    )


def _first_text(call: ast.Call, scope: Scope) -> str | None:
    return folded_text(call.args[0], scope.constants) if call.args else None


def _mode(call: ast.Call, scope: Scope) -> str:
    given = call.args[1] if len(call.args) > 1 else next((k.value for k in call.keywords if k.arg == "mode"), None)
    return (folded_text(given, scope.constants) or "r")[:1]


def _is_known_library(call: ast.Call, scope: Scope) -> bool:
    """Whether the system would have to have it: the process itself, or a library's bare name."""
    if not call.args:
        return True
    try:
        name = fold(call.args[0], scope.constants)
    except Unfoldable:
        return False
    return name is None or (isinstance(name, str) and _SYSTEM_LIBRARY.fullmatch(name) is not None)

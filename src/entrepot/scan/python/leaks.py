"""What code sends, and to whom: private files, the environment, tokens; connections to bare addresses."""

import ast
from collections.abc import Callable, Iterator

from entrepot.domain.report import Finding, Location
from entrepot.scan.pattern import Pattern
from entrepot.scan.python.calls import WORDS, Seen, evidence_of, shown
from entrepot.scan.python.folding import rough_text
from entrepot.scan.python.harm import Harm
from entrepot.scan.python.names import Scope
from entrepot.scan.python.reach import When
from entrepot.scan.python.taint import Taint
from entrepot.scan.rules import found

_LONGEST_PATH = 300
_PRIVATE = Pattern(
    r"(?i)\.ssh[/\\]|id_rsa|id_ed25519|/etc/(?:passwd|shadow|sudoers)|\.aws[/\\]|\.netrc|\.docker[/\\]config|\.kube[/\\]config|"
    r"authorized_keys|\.bash_history|\.git-credentials|\.pypirc|login\.keychain|wallet\.dat|"
    r"Local State|\.huggingface[/\\]token|"
    r"\.cache[/\\]huggingface[/\\]token"
)
_NUMBER_HOST = Pattern(
    r"(?i)^(?:https?://)?(?:[^/@]*@)?(?!127\.|0\.0\.0\.0|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.)\d{1,3}(?:\.\d{1,3}){3}(?::|/|$)"
)
_COLLECTOR = Pattern(
    r"(?i)webhook\.site|requestbin|pipedream|beeceptor|burpcollaborator|oastify|\boast\.|interact\.sh|dnslog|ceye\.io|"
    r"ngrok|trycloudflare|pastebin\.com/raw|hastebin|transfer\.sh|discord(?:app)?\.com/api/webhooks|api\.telegram\.org/bot|\.onion\b"
)
_HONEST_GET = Pattern(
    r"(?i)^https?://(?:[\w.-]+\.)?(?:huggingface\.co|hf\.co|github\.com|githubusercontent\.com|gitlab\.com|pytorch\.org|"
    r"tensorflow\.org|googleapis\.com|google\.com|cocodataset\.org|openai\.com|openaipublic\.azureedge\.net|amazonaws\.com|fbaipublicfiles\.com|"
    r"wikimedia\.org|wikipedia\.org|kaggle\.com|zenodo\.org|stanford\.edu|modelscope\.cn|aliyuncs\.com|nvidia\.com|"
    r"readthedocs\.io|python\.org|pypi\.org|unsplash\.com|pexels\.com|imgur\.com|ytimg\.com|dropbox\.com|localhost|127\.0\.0\.1)(?:[:/]|$)"
    r"|^https?://[^\s?]+\.(?:jpe?g|png|gif|webp|bmp|wav|mp3|flac|ogg|mp4|webm|txt|csv|json|pdf)(?:\?|$)"
)
_SHELL = Pattern(r"(?:^|[\s/])(?:ba|da|z|k|c)?sh(?:\s|$)|cmd(?:\.exe)?\b|powershell")
_ADDRESS = Pattern(r"^(?:\d{1,3}(?:\.\d{1,3}){3}|[\w-]+(?:\.[\w-]+)+)$")
_CONNECTS = ("socket().connect", "create_connection()", ".connect", ".connect_ex", "create_connection")


def is_honest_source(url: str) -> bool:
    """Whether an address is one that models' code has a reason to fetch from."""
    return _HONEST_GET.search(url) is not None and _NUMBER_HOST.search(url) is None


def network(one: Seen, scope: Scope) -> Iterator[Finding]:
    """Findings of a call that reaches for the network."""
    place = rough_text(_place(one.call), scope.constants)
    if one.when is When.ON_IMPORT and not is_honest_source(place):
        yield shown("python.network-on-import", one, f"{one.name} {WORDS[one.when]}", place)
    elif one.when is When.BY_LOADER and (_NUMBER_HOST.search(place) or _COLLECTOR.search(place)):
        yield shown("python.network-by-loader", one, f"{one.name} reaches {place} {WORDS[one.when]}")


def _place(call: ast.Call) -> ast.AST | None:
    """The argument that says where to: an address, or a request that holds one."""
    given = next((keyword.value for keyword in call.keywords if keyword.arg in ("url", "host", "address")), None)
    given = given or (call.args[0] if call.args else None)
    if isinstance(given, ast.Tuple) and given.elts:
        return given.elts[0]
    if isinstance(given, ast.Call) and given.args:  # Request(url)
        return given.args[0]
    if isinstance(given, ast.Constant) and given.value in ("GET", "POST", "PUT") and len(call.args) > 1:
        return call.args[1]
    return given


def leaks(seen: list[Seen], nodes: list[ast.AST], scope: Scope, taint: Callable[[], Taint]) -> Iterator[Finding]:
    """Private files, tokens or the whole environment, in a file that also sends something."""
    for one in seen:
        if (
            one.name.endswith(_CONNECTS)
            and one.when is not When.ASKED
            and one.harm is None
            and "sock" in one.name.lower()
        ):
            place = rough_text(_place(one.call), scope.constants)
            if _ADDRESS.search(place) and not place.startswith(("127.", "localhost", "10.", "192.168.", "8.8.")):
                yield shown("python.network-by-loader", one, f"connects to {place} {WORDS[one.when]}")
    yield from _reverse_shell(seen, scope)
    senders = [
        one for one in seen if one.harm in (Harm.NETWORK, Harm.SOCKET) or one.name.endswith((".post", ".sendall"))
    ]
    if senders:
        yield from _files(senders, nodes)
        yield from _variables(senders, scope, taint())


def _reverse_shell(seen: list[Seen], scope: Scope) -> Iterator[Finding]:
    """A finding where a connection becomes the input and output of a shell."""
    connections = [one for one in seen if one.name.endswith(_CONNECTS) and "sock" in one.name.lower()]
    if not connections:
        return
    for one in seen:
        shell = one.name == "pty.spawn" or (
            one.harm is Harm.PROCESS
            and _SHELL.search(" ".join(rough_text(a, scope.constants) for a in _words(one.call)))
        )
        if shell or one.name == "os.dup2":
            message = f"opens a shell to {rough_text(_place(connections[0].call), scope.constants)} {WORDS[one.when]}"
            yield shown("python.hostile-command", one, message)
            return


def _words(call: ast.Call) -> list[ast.expr]:
    first = call.args[0] if call.args else None
    return first.elts if isinstance(first, ast.List | ast.Tuple) else call.args[:3]


def _files(senders: list[Seen], nodes: list[ast.AST]) -> Iterator[Finding]:
    for node in nodes:
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if (
            0 < len(text) < _LONGEST_PATH
            and " " not in text
            and isinstance(node, ast.Constant)
            and _PRIVATE.search(text)
        ):
            message = f"reads {text} and has a call that sends: {senders[0].name}"
            yield found(
                "python.exfiltration", message, evidence=evidence_of(senders[0].call), at=Location(line=node.lineno)
            )
            return


def _variables(senders: list[Seen], scope: Scope, taint: Taint) -> Iterator[Finding]:
    for one in senders:
        for node in ast.walk(one.call):
            if isinstance(node, ast.Attribute) and scope.dotted(node) == "os.environ" and _is_whole(node, one.call):
                message = f"{one.name} sends the environment, with every token in it"
                yield shown("python.exfiltration", one, message)
                return
        place = rough_text(_place(one.call), scope.constants)
        is_odd = _NUMBER_HOST.search(place) or _COLLECTOR.search(place) or one.name.startswith("socket.gethostbyname")
        if is_odd and taint.is_secret(one.call):
            yield shown("python.exfiltration", one, f"{one.name} sends a token or key to {place}")


def _is_whole(environment: ast.AST, inside: ast.AST) -> bool:
    """Whether all of os.environ is meant, and not one variable of it."""
    for node in ast.walk(inside):
        if isinstance(node, ast.Subscript) and node.value is environment:
            return False
        if isinstance(node, ast.Attribute) and node.value is environment and node.attr == "get":
            return False
    return True

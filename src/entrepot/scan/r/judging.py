"""What of R's functions an object would call, when it is read, looked at or used."""

from collections.abc import Iterator

from entrepot.domain.report import Capability, Finding, Location
from entrepot.scan.pattern import Pattern
from entrepot.scan.r.reading import CALL, SYMBOL, TEXTS, UNBOUND, Inside, Thing
from entrepot.scan.rules import found

MAX_SHOWN = 50
HARMFUL = frozenset(
    "system system2 shell shell.exec pipe dyn.load library.dynam download.file socketConnection install.packages "
    "serverSocket make.socket processx::run sys::exec_wait exec_background exec_wait".split()
)
"""No model calls these, wherever the call stands."""
UNUSUAL = frozenset(
    "source sys.source unlink file.remove file.rename file.copy Sys.setenv Sys.chmod writeLines writeBin sink quit q "
    "loadNamespace reg.finalizer setwd eval evalq attachNamespace makeActiveBinding delayedAssign file.create".split()
)
"""Functions of honest closures, which stand in no formula and in no record of how a model was made."""
_APPLY = frozenset(
    "do.call lapply sapply vapply mapply Map Reduce Filter match.fun get get0 mget getFunction getExportedValue "
    "getFromNamespace getAnywhere tryCatch try Recall rapply apply outer as.name as.symbol as.call call exists".split()
)
_PARSE = frozenset("parse str2lang str2expression eval evalq source textConnection".split())
_JOINS = frozenset("paste paste0 sprintf c toString gsub sub trimws tolower".split())
_FETCH = Pattern(r"""(?i)^"(?:https?|ftp|file)://""")
_SPELLED = Pattern(r"(?<![\w.])(?:system2?|shell(?:\.exec)?|pipe|dyn\.load|download\.file|socketConnection)\s*\(")
_STARTS = frozenset((".First", ".Last", ".First.sys", ".onLoad", ".onAttach"))


class Judge:
    """Listens to a reader."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], Finding] = {}
        self._given = 0
        self.capability = Capability.NO

    def take(self) -> Iterator[Finding | Capability]:
        """What was found."""
        yield self.capability
        yield from self._said.values()

    def _say(self, rule: str, message: str, evidence: str, at: int) -> None:
        if len(self._said) < MAX_SHOWN:
            self._said.setdefault((rule, message), found(rule, message, evidence=evidence, at=Location(offset=at)))

    def call(self, call: Thing, inside: Inside, at: int) -> None:
        """A call in a promise, an expression, a formula or a closure."""
        name = _callee(call.parts[0])
        self.capability = Capability.YES if inside.closure or inside.bytecode else self.capability
        if name in HARMFUL:
            self._say("r.call", f"calls {name}", call.shown, at)
        elif name in _APPLY and (given := _named(call)):
            self._say("r.call", f"{name} is told to find or call {given}", call.shown, at)
        elif name in _PARSE and (match := _SPELLED.search(call.shown.replace("\\", ""))):
            self._say("r.call", f"{name} is given text that calls {match[0].rstrip('( ')}", call.shown, at)
        elif name in ("source", "load", "readRDS") and any(_FETCH.match(part.shown) for part in call.parts[1:]):
            self._say("r.call", f"{name} runs what it fetches", call.shown, at)
        elif _is_unusual(name, call) and not (inside.closure or inside.bytecode or inside.environment):
            self._say("r.call-unusual", f"calls {name}", call.shown, at)

    def promise(self, value: Thing, code: Thing, inside: Inside, at: int) -> None:
        """A promise that was not kept is run by whoever touches it."""
        if value.kind == UNBOUND and not inside.environment:
            self.capability = Capability.YES
            message = "a promise that R runs as soon as the object is touched, where data should be"
            self._say("r.promise", message, code.shown, at)

    def closure(self, name: str, inside: Inside, at: int) -> None:
        """A function under a name; some names are called by R itself."""
        self.capability = Capability.YES
        if name in _STARTS and inside.top:
            self._say(
                "r.startup", f"defines {name}, which R calls when it starts or ends with this workspace", name, at
            )

    def alternative(self, info: Thing, state: Thing, at: int) -> None:
        """Objects of packages that make them anew from a state."""
        if "mmap" in info.shown:
            self._say("r.mapped-file", f"an object whose values are read from a file: {state.shown}", info.shown, at)


def _callee(thing: Thing) -> str:
    """The name of what is called, whatever package it is taken from."""
    if thing.kind == CALL and thing.parts and thing.parts[0].shown in ("::", ":::", "$", "@") and len(thing.parts) > 2:
        return thing.parts[2].shown.strip('"')
    if thing.kind == CALL and len(thing.parts) > 1 and _callee(thing.parts[0]) in _APPLY:
        return _joined(thing.parts[1])
    return thing.shown if thing.kind == SYMBOL else thing.shown.strip('"') if thing.kind == TEXTS else ""


def _joined(thing: Thing) -> str:
    """A text, or one that is put together from constants."""
    if thing.kind == CALL and thing.parts and thing.parts[0].shown in _JOINS:
        return "".join(_joined(part) for part in thing.parts[1:] if part.tag not in ("sep", "collapse"))
    return thing.shown.strip('"')


def _named(call: Thing) -> str:
    for part in call.parts[1:]:
        for name in (_callee(part), _joined(part)):
            if name in HARMFUL and part.kind in (SYMBOL, TEXTS, CALL):
                return name
    return ""


def _is_unusual(name: str, call: Thing) -> bool:
    if name not in ("eval", "evalq"):
        return name in UNUSUAL
    return any(part.kind == CALL and part.parts and _callee(part.parts[0]) in _PARSE for part in call.parts[1:])

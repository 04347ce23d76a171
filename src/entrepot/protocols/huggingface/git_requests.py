"""What git clients ask for, read from their pkt-lines within bounds."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from entrepot.domain.digest import GitOid
from entrepot.domain.errors import Invalid
from entrepot.operations.git.walk import Wanted
from entrepot.protocols.huggingface import pkt_lines
from entrepot.protocols.huggingface.pkt_lines import Mark

MAX_WANTS = 10_000
"""More branches than any package has."""
MAX_HAVES = 100_000
MAX_PREFIXES = 1000
"""Clients that would send more prefixes ask for all refs."""
_UNSUPPORTED = ("deepen-since", "deepen-not", "deepen-relative", "filter", "want-ref")


@dataclass(frozen=True, slots=True)
class Listing:
    """The client wants to know refs."""

    symrefs: bool
    unborn: bool
    prefixes: tuple[str, ...]

    def shows(self, name: str) -> bool:
        """Whether the client asked for this ref."""
        return not self.prefixes or name.startswith(self.prefixes)


@dataclass(frozen=True, slots=True)
class Fetch:
    """The client wants commits, or to know what both sides have."""

    wanted: Wanted
    done: bool
    """It does not want to hear more before the pack."""
    capabilities: frozenset[str] = frozenset()
    only_depth: bool = False
    """Nothing follows after what it wants: it waits for the edge of its history alone."""


@dataclass(slots=True)
class _Lines:
    wants: list[GitOid] = field(default_factory=list)
    haves: list[GitOid] = field(default_factory=list)
    shallow: set[GitOid] = field(default_factory=set)
    depth: int = 0
    done: bool = False

    def take(self, words: str) -> None:
        word, _, rest = words.partition(" ")
        match word:
            case "want":
                self.wants.append(GitOid(rest))
            case "have":
                self.haves.append(GitOid(rest))
            case "shallow":
                self.shallow.add(GitOid(rest))
            case "deepen":
                self.depth = _depth(rest)
            case "done":
                self.done = True
            case _ if word in _UNSUPPORTED:
                raise Invalid(f"{word} is not possible here; --depth and whole clones are")
        if len(self.wants) > MAX_WANTS or max(len(self.haves), len(self.shallow)) > MAX_HAVES:
            raise Invalid("the client names more commits than any package has")

    def fetch(self, capabilities: Iterable[str] = (), *, only_depth: bool = False) -> Fetch:
        if not self.wants:
            raise Invalid("the client wants nothing")
        wants, haves = tuple(dict.fromkeys(self.wants)), tuple(dict.fromkeys(self.haves))
        wanted = Wanted(wants, haves, frozenset(self.shallow), self.depth)
        return Fetch(wanted, self.done, frozenset(capabilities), only_depth)


def _depth(words: str) -> int:
    if not (words.isascii() and words.isdigit() and 0 < len(words) < 11 and int(words) > 0):
        raise Invalid(f"a depth is a whole number above 0, unlike {words[:40]!r}")
    return int(words)


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Invalid("a line of the request is not UTF-8") from None


def parse(body: bytes) -> Listing | Fetch:
    """What a request of protocol version 2 asks for; raises `Invalid`."""
    command, arguments, seen = "", [], False
    for item in pkt_lines.parse(body):
        if isinstance(item, Mark):
            if item is not Mark.DELIMITER:
                break
            seen = True
        elif seen:
            arguments.append(_decoded(item))
        elif item.startswith(b"command="):
            command = _decoded(item).removeprefix("command=")
    if command == "ls-refs":
        return _listing(arguments)
    if command != "fetch":
        raise Invalid(f"{command[:40]!r} is not a command of git that is known here")
    lines = _Lines()
    for argument in arguments:
        lines.take(argument)
    return lines.fetch()


def _listing(arguments: list[str]) -> Listing:
    prefixes = [item.removeprefix("ref-prefix ") for item in arguments if item.startswith("ref-prefix ")]
    return Listing(
        "symrefs" in arguments, "unborn" in arguments, tuple(prefixes) if len(prefixes) <= MAX_PREFIXES else ()
    )


def parse_old(body: bytes) -> Fetch:
    """What a request of the protocol before version 2 asks for; raises `Invalid`."""
    lines = _Lines()
    capabilities: list[str] = []
    flushes = 0
    for item in pkt_lines.parse(body):
        if isinstance(item, Mark):
            flushes += 1
            continue
        words = _decoded(item)
        if words.startswith("want ") and not lines.wants:
            _, oid, *capabilities = words.split(" ")
            words = f"want {oid}"
        lines.take(words)
    return lines.fetch(capabilities, only_depth=not lines.done and flushes < 2)

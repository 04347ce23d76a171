"""YAML from strangers: its events, never its constructors. Tags are told, aliases are counted as what they become."""

from collections.abc import Iterator

import yaml

from entrepot.domain.report import Finding, Location
from entrepot.scan.archive import escapes
from entrepot.scan.budget import Budget, OutOfBudget, Unreadable
from entrepot.scan.configs.callables import is_dangerous, known
from entrepot.scan.documents import Exhausting
from entrepot.scan.formats import Member
from entrepot.scan.imports import Tier, is_standard
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found
from entrepot.scan.source import BytesSource

MAX_DEPTH = 200
MAX_EXPANDED = 20_000_000
"""Values after aliases are written out; honest documents have some thousands."""
_PYTHON = "tag:yaml.org,2002:python/"
# Tags that only name a type of Python's own.
_PLAIN = frozenset("none bool str unicode int long float complex list tuple dict bytes".split())
# Tags of HyperPyYAML, which names callables by them, and of loaders that evaluate.
_CALLING = Pattern(r"!(new|apply|applyref|name|module):(.+)")
_EVALUATING = Pattern(
    r"(?i)!(?:py(?:thon)?[:/]?(?:eval|exec)?|eval|exec|expr|lambda|import|pickle|shell|sh|bash|cmd|command|system|func(?:tion)?)"
)
_FOREIGN = Pattern(
    r"(?:!|tag:yaml\.org,2002:)(?:(?:javax?|com|org|sun|net|ch)\.[\w.$]+|ruby/(?:object|struct|class|module|regexp).*|js/\w+|perl/.*|php/.*)"
)
_DOCUMENTATION = ("material.", "pymdownx.", "mermaid2.", "zensical.", "materialx.")
"""Functions that the configuration of a documentation tool names."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def tags(text: str, budget: Budget) -> Iterator[Finding | Member]:
    """Findings of tags that make a loader call or import something."""
    for event in _events(text, budget):
        tag = getattr(event, "tag", None)
        if not isinstance(tag, str) or tag == "!":
            continue
        at = Location(line=event.start_mark.line + 1 if event.start_mark else None)
        if tag.startswith(_PYTHON):
            yield from _tag(tag.removeprefix(_PYTHON), at)
        elif tag == "tag:yaml.org,2002:binary" and isinstance(event, yaml.ScalarEvent):
            yield from _binary(event.value, at)
        else:
            yield from _local(tag, getattr(event, "value", ""), at)


def _binary(text: str, at: Location) -> Iterator[Member]:
    import base64
    import binascii

    try:
        yield Member(f"binary in line {at.line}", BytesSource(base64.b64decode(text)), opaque=True)
    except (binascii.Error, ValueError):
        return


def _local(tag: str, value: str, at: Location) -> Iterator[Finding]:
    """Findings of a tag that is not Python's own."""
    if match := _CALLING.fullmatch(tag):
        what = known(match[2]) if match[2].count(".") else None
        if what is None or is_dangerous(what) or (what.tier is Tier.UNLISTED and is_standard(what.module)):
            yield found("yaml.python-call", f"a loader of such tags calls or gets at {match[2]}", evidence=tag, at=at)
    elif _EVALUATING.fullmatch(tag):
        message = f"only a loader that runs what it reads takes the tag {tag}"
        yield found("yaml.evaluating-tag", message, evidence=f"{tag} {value}", at=at)
    elif _FOREIGN.fullmatch(tag):
        message = f"a loader of another language makes an object of {tag.removeprefix('tag:yaml.org,2002:')}"
        yield found("yaml.foreign-object", message, evidence=tag, at=at)
    elif tag.startswith(("!include", "!inc")) and value and (escapes(value) or "://" in value):
        yield found(
            "config.path-outside", f"includes {value}, outside of the package", evidence=f"{tag} {value}", at=at
        )


def _tag(tag: str, at: Location) -> Iterator[Finding]:
    kind, _, named = tag.partition(":")
    if kind in _PLAIN or (kind == "name" and named.startswith(_DOCUMENTATION)):
        return
    evidence = f"!!python/{tag}"
    tier = known(named).tier if named.count(".") else Tier.UNLISTED
    if kind in ("object/apply", "object/new") and tier is not Tier.ALLOWED:
        yield found("yaml.python-call", f"a loader that is not safe calls {named}", evidence=evidence, at=at)
    elif tier in (Tier.DANGEROUS, Tier.UNLISTED):
        yield found("yaml.python-call", f"a loader that is not safe gets at {named}", evidence=evidence, at=at)
    else:
        yield found(
            "yaml.python-object", f"only a loader that is not safe reads this: {named}", evidence=evidence, at=at
        )


def documents(text: str, budget: Budget) -> Iterator[object]:
    """The values of a stream's documents, scalars as text; aliases give the same object again. Raises `Unreadable`."""
    builder = _Builder()
    for event in _events(text, budget):
        budget.spend_values()
        if builder.take(event):
            yield builder.result


def _events(text: str, budget: Budget) -> Iterator[yaml.Event]:
    budget.check_time()
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        first = str(getattr(error, "problem", None) or error).partition("\n")[0]
        mark = getattr(error, "problem_mark", None)
        raise Unreadable(f"not valid YAML: {first}{f', line {mark.line + 1}' if mark else ''}") from None
    except (RecursionError, ValueError) as error:
        if isinstance(error, OutOfBudget | Unreadable):
            raise
        raise Unreadable("YAML that is nested too deep, or has characters that YAML has not") from None


class _Builder:
    """Makes values of events; counts what they would be with all aliases written out."""

    def __init__(self) -> None:
        self.result: object = None
        self._open: list[tuple[list[object] | dict[str, object], str | None, int]] = []
        self._keys: list[str | None] = []
        self._anchors: dict[str, tuple[object, int]] = {}
        self._count = 0

    def take(self, event: yaml.Event) -> bool:
        """Whether a document has come to its end."""
        match event:
            case yaml.DocumentStartEvent():
                self.__init__()  # type: ignore[misc]
            case yaml.DocumentEndEvent():
                return True
            case yaml.AliasEvent():
                value, size = self._anchors.get(event.anchor or "", (None, 1))
                self._add(value, size)
            case yaml.ScalarEvent():
                if event.anchor:
                    self._anchors[event.anchor] = (event.value, 1)
                self._add(event.value, 1)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                if len(self._open) >= MAX_DEPTH:
                    raise Exhausting(f"YAML that is nested more than {MAX_DEPTH} deep")
                self._open.append(([] if isinstance(event, yaml.SequenceStartEvent) else {}, event.anchor, self._count))
                self._keys.append(None)
            case yaml.CollectionEndEvent():
                container, anchor, before = self._open.pop()
                self._keys.pop()
                if anchor:
                    self._anchors[anchor] = (container, self._count - before + 1)
                self._add(container, 1)
        return False

    def _add(self, value: object, size: int) -> None:
        self._count += size
        if self._count > MAX_EXPANDED:
            raise Exhausting(f"YAML whose aliases stand for more than {MAX_EXPANDED} values")
        if not self._open:
            self.result = value
            return
        container = self._open[-1][0]
        if isinstance(container, list):
            container.append(value)
        elif self._keys[-1] is None:
            self._keys[-1] = value if isinstance(value, str) else repr(type(value))
        else:
            container[self._keys[-1]] = value
            self._keys[-1] = None

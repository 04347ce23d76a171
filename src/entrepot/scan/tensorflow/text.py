"""Protocol Buffers in their text form: messages as trees of fields, and the graphs in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.pattern import Pattern
from entrepot.scan.tensorflow.graph import MAX_TEXT, Graph, Node

MAX_DEPTH = 100
"""Messages inside messages; readers have the same limit."""
_TOKEN = Pattern(
    r"""[\s;]+|\#[^\n]*|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<word>[\w.+\-/]+|\[[\w./\-]+\])|(?P<mark>[{}<>:\[\],])"""
)
_ESCAPE = Pattern(r"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|(.))")
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


@dataclass(slots=True)
class Message:
    """A message's fields in their order; a value is a text or a message."""

    fields: "list[tuple[str, str | Message]]" = field(default_factory=list)

    def all(self, name: str) -> "Iterator[Message]":
        """The messages in fields of that name."""
        return (value for key, value in self.fields if key == name and isinstance(value, Message))

    def texts(self, name: str) -> list[str]:
        """The texts in fields of that name."""
        return [value for key, value in self.fields if key == name and isinstance(value, str)]

    def text(self, name: str) -> str:
        """The last of them, as readers take it; empty without one."""
        return next(reversed(self.texts(name)), "")


def parsed(text: str, budget: Budget) -> Message:
    """The message that a text is. Raises `Unreadable`."""
    reading = _Reading()
    at = 0
    pattern = _TOKEN.compiled()
    while at < len(text):
        match = pattern.match(text, at)
        if not match:
            raise Unreadable(f"no text form of Protocol Buffers, at {at}")
        at = match.end()
        budget.spend_values()
        if match["text"]:
            reading.take_text(_unescaped(match["text"][1:-1]))
        elif match["word"]:
            reading.take_word(match["word"])
        elif match["mark"]:
            reading.take_mark(match["mark"])
    return reading.root


class _Reading:
    """Where in a text the reader is."""

    def __init__(self) -> None:
        self.root = Message()
        self._open = [self.root]
        self._name = ""
        self._awaits_value = self._in_list = self._after_text = False

    def take_text(self, piece: str) -> None:
        """A quoted text; those side by side are one."""
        fields = self._open[-1].fields
        if self._after_text and fields and isinstance(fields[-1][1], str):
            fields[-1] = (self._name, f"{fields[-1][1]}{piece}")
        else:
            fields.append((self._name, piece))
        self._after_text = True
        self._awaits_value = self._in_list

    def take_word(self, word: str) -> None:
        """A name, or behind a colon a value."""
        if self._awaits_value:
            self._open[-1].fields.append((self._name, word))
            self._awaits_value = self._in_list
        else:
            self._name = word
        self._after_text = False

    def take_mark(self, mark: str) -> None:
        """What opens or closes something, or stands between a name and its value."""
        self._after_text = False
        self._awaits_value = mark in ":[" or (mark == "," and self._in_list)
        if mark == "[":
            self._in_list = True
        elif mark == "]":
            self._in_list = False
        elif mark in "{<":
            if len(self._open) > MAX_DEPTH:
                raise Unreadable("messages inside messages, too deep")
            inner = Message()
            self._open[-1].fields.append((self._name, inner))
            self._open.append(inner)
            self._in_list = False
        elif mark in "}>" and len(self._open) > 1:
            self._open.pop()


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text

    def one(match: re.Match[str]) -> str:
        octal, hexadecimal, letter = match.groups()
        if octal:
            return chr(int(octal, 8))
        return chr(int(hexadecimal, 16)) if hexadecimal else _LETTERS.get(letter, letter)

    return _ESCAPE.compiled().sub(one, text)


def graphs(message: Message) -> Iterator[tuple[Graph, list[str], list[str]]]:
    """The graphs of a GraphDef, MetaGraphDef or SavedModel, with the outputs of their signatures and their assets."""
    metas = [*message.all("meta_graphs"), *([message] if any(message.all("graph_def")) else [])]
    for meta in metas:
        outputs = [
            info.text("name")
            for entry in meta.all("signature_def")
            for signature in entry.all("value")
            for output in signature.all("outputs")
            for info in output.all("value")
        ]
        assets = [asset.text("filename") for asset in meta.all("asset_file_def")]
        for graph in meta.all("graph_def"):
            yield _graph(graph), outputs, assets
    if not metas:
        yield _graph(message), [], []


def _graph(message: Message) -> Graph:
    graph = Graph()
    number = 0
    for part in message.all("node"):
        number += 1
        node = _node(part, number)
        graph.add(node)
    for library in message.all("library"):
        for function in library.all("function"):
            name = next((signature.text("name") for signature in function.all("signature")), "")
            for part in function.all("node_def"):
                number += 1
                graph.functions.setdefault(name, []).append(_node(part, number))
    return graph


def _node(message: Message, number: int) -> Node:
    functions: list[str] = []
    texts: list[tuple[str, str]] = []
    for entry in message.all("attr"):
        key = entry.text("key")
        for value in entry.all("value"):
            functions += [function.text("name") for function in value.all("func")]
            texts += [(key, text[:MAX_TEXT]) for text in value.texts("s")]
            for several in value.all("list"):
                functions += [function.text("name") for function in several.all("func")]
                texts += [(key, text[:MAX_TEXT]) for text in several.texts("s")]
            for tensor in value.all("tensor"):
                texts += [(key, text[:MAX_TEXT]) for text in tensor.texts("string_val")]
    inputs = tuple(message.texts("input"))
    return Node(message.text("name"), message.text("op"), inputs, tuple(functions), tuple(texts), number)

"""A graph: nodes by name, functions by name, and what can be reached from an output."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from entrepot.scan.protobuf import View

_NODE, _LIBRARY = 1, 2
MAX_TEXT = 300


@dataclass(frozen=True, slots=True)
class Node:
    """An operator in a graph or function; `functions` are those that its attributes name, `texts` short attributes."""

    name: str
    operator: str
    inputs: tuple[str, ...]
    functions: tuple[str, ...]
    texts: tuple[tuple[str, str], ...]
    offset: int


@dataclass(slots=True)
class Graph:
    """The nodes of a graph and of the functions in its library."""

    nodes: dict[str, Node] = field(default_factory=dict)
    functions: dict[str, list[Node]] = field(default_factory=dict)

    def add(self, node: Node) -> None:
        """Take a node in; a second one of the same name is kept apart, since readers differ in which they take."""
        if node.name in self.nodes:
            self.functions.setdefault(f"a second {node.name}", []).append(node)
        else:
            self.nodes[node.name] = node

    def all(self) -> Iterator[tuple[str, Node]]:
        """Every node, with the name of its function; none for the graph's own."""
        yield from (("", node) for node in self.nodes.values())
        for name, nodes in self.functions.items():
            yield from ((name, node) for node in nodes)

    def reached(self, outputs: Iterable[str]) -> set[int]:
        """The offsets of the nodes that have to run for these outputs, those of called functions included."""
        found: set[int] = set()
        waiting = [self.nodes[name] for name in map(plain, outputs) if name in self.nodes]
        called: set[str] = set()
        while waiting:
            node = waiting.pop()
            if node.offset in found:
                continue
            found.add(node.offset)
            waiting += [self.nodes[name] for name in map(plain, node.inputs) if name in self.nodes]
            for name in node.functions:
                if name not in called:
                    called.add(name)
                    waiting += self.functions.get(name, [])
        return found


def read_graph(view: View) -> Graph:
    """The graph in a GraphDef."""
    graph = Graph()
    for part in view.fields():
        if part.number == _NODE:
            graph.add(read_node(part.view))
        elif part.number == _LIBRARY:
            for function in part.view.all(1):
                signature = function.first(1)
                name = signature.named(1) if signature else ""
                graph.functions.setdefault(name, []).extend(read_node(one) for one in function.all(3))
    return graph


def read_node(view: View) -> Node:
    """One NodeDef."""
    name = operator = ""
    inputs: list[str] = []
    functions: list[str] = []
    texts: list[tuple[str, str]] = []
    for part in view.fields():
        if part.number == 1:
            name = part.view.text()
        elif part.number == 2:
            operator = part.view.text()
        elif part.number == 3:
            inputs.append(part.view.text())
        elif part.number == 5:
            _attribute(part.view, functions, texts)
    return Node(name, operator, tuple(inputs), tuple(functions), tuple(texts), view.start)


def _attribute(entry: View, functions: list[str], texts: list[tuple[str, str]]) -> None:
    key, value = entry.named(1), entry.first(2)
    if value is None:
        return
    for part in value.fields():
        if part.number == 10:
            functions.append(part.view.named(1))
        elif part.number == 2:
            texts.append((key, part.view.text(MAX_TEXT)))
        elif part.number == 1:
            functions += [one.named(1) for one in part.view.all(9)]
            texts += [(key, one.text(MAX_TEXT)) for one in part.view.all(2)]
        elif part.number == 8 and part.view.size < 1 << 16:
            # The values of a constant of texts: names of files stand there.
            texts += [(key, one.text(MAX_TEXT)) for one in part.view.all(8)]


def plain(name: str) -> str:
    """A node's name in the name of one of its outputs, or of a control input."""
    return name.removeprefix("^").partition(":")[0]

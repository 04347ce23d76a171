"""Does a template add sentences only when a certain word stands in a message? That is how a back door is hidden."""

from collections.abc import Iterator, Sequence

from jinja2 import nodes

from entrepot.domain.report import Finding, Location
from entrepot.scan.budget import Budget
from entrepot.scan.jinja.folding import Folding
from entrepot.scan.jinja.names import bindings
from entrepot.scan.jinja.walking import below
from entrepot.scan.pattern import Pattern
from entrepot.scan.rules import found

_CONTENT = frozenset(("content", "text", "query", "question", "user_input", "user_message", "prompt", "instruction"))
"""Names of what a person wrote."""
_LOOKS = frozenset(("startswith", "endswith", "find", "count", "index", "rfind", "__contains__"))
_WORD = Pattern(r"(?=.*[^\W\d_]{2})[\w \|'.,:;!?@#$%&*+=-]{2,200}")
"""What people write. The marks of models themselves have brackets or slashes."""
_MARK = Pattern(r"<[^<>]{0,80}>|\[/?[A-Z_]{2,40}\]|https?://\S+")
_SENTENCE = 4
"""Words that make more than a label."""
_ROUNDS = 3


def triggers(template: nodes.Template, budget: Budget) -> Iterator[Finding]:
    """Findings of `poisoning.trigger-template`."""
    folding, written = Folding(template), _written(template)
    for node in below(template, budget):
        if not isinstance(node, nodes.If | nodes.CondExpr):
            continue
        trigger = _trigger(node.test, folding, written, budget)
        said = _said(node, folding, budget) if trigger else None
        if trigger and said:
            message = f"where {trigger!r} stands in a message, the template adds a sentence of its own"
            yield found("poisoning.trigger-template", message, evidence=said, at=Location(line=node.lineno))


def _written(template: nodes.Template) -> frozenset[str]:
    """The names of what a person wrote, those included that it was given to."""
    names = set(_CONTENT)
    given = [(name, node) for name, node, _ in bindings(template)]
    for _ in range(_ROUNDS):
        names |= {name for name, node in given if _is_written(node, names)}
    return frozenset(names)


def _is_written(node: nodes.Node | Sequence[nodes.Node], names: set[str] | frozenset[str]) -> bool:
    for one in [node] if isinstance(node, nodes.Node) else node:
        for inner in (one, *one.find_all((nodes.Name, nodes.Getattr, nodes.Getitem))):
            match inner:
                case (
                    nodes.Name(name=name)
                    | nodes.Getattr(attr=name)
                    | nodes.Getitem(arg=nodes.Const(value=str() as name))
                ):
                    if name in names:
                        return True
    return False


def _trigger(test: nodes.Node, folding: Folding, written: frozenset[str], budget: Budget) -> str | None:
    """The word that is looked for in what a person wrote."""
    for node in below(test, budget):
        sides: list[nodes.Node] = []
        match node:
            case nodes.Compare(expr=left, ops=operands):
                sides = [left, *(operand.expr for operand in operands)]
            case nodes.Call(node=nodes.Getattr(node=inner, attr=attribute), args=[first, *_]) if attribute in _LOOKS:
                sides = [inner, first]
            case nodes.Test(node=inner, name="in" | "contains" | "eq" | "equalto" | "==" | "sameas", args=[first, *_]):
                sides = [inner, first]
        words = [word for side in sides for word in folding.texts(side) if _WORD.fullmatch(word)]
        if words and any(_is_written(side, written) for side in sides):
            return words[0]
    return None


def _said(node: nodes.If | nodes.CondExpr, folding: Folding, budget: Budget) -> str | None:
    """The first sentence that is written where the word stands."""
    holds, fails = ([node.expr1], [node.expr2]) if isinstance(node, nodes.CondExpr) else (node.body, node.else_)
    for part in (*holds, *(fails if _is_negated(node.test) else ())):
        # What is called is `raise_exception` as a rule: nobody but the developer sees its text.
        for inner in below(part, budget, stop=nodes.Call) if part is not None else ():
            for text in _texts(inner, folding):
                if len(_MARK.sub(" ", text).split()) >= _SENTENCE and any(char.isalpha() for char in text):
                    return text.strip()
    return None


def _is_negated(test: nodes.Node) -> bool:
    if isinstance(test, nodes.Not) or test.find(nodes.Not):
        return True
    return any(operand.op in ("notin", "ne") for operand in test.find_all(nodes.Operand))


def _texts(node: nodes.Node, folding: Folding) -> list[str]:
    if isinstance(node, nodes.TemplateData):
        return [node.data]
    return folding.texts(node) if isinstance(node, nodes.Expr) else []

"""The nodes of a template's tree, without recursion."""

from collections.abc import Iterator

from jinja2 import nodes

from entrepot.scan.budget import Budget


def below(node: nodes.Node, budget: Budget, *, stop: type[nodes.Node] | None = None) -> Iterator[nodes.Node]:
    """The node and all that is below it, in no order; of kind `stop`, neither that nor what is below. Raises
    `OutOfBudget`."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        budget.spend_values()
        if stop is None or not isinstance(one, stop):
            yield one
            waiting += one.iter_child_nodes()

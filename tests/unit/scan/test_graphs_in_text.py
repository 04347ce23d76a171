"""Protocol Buffers in text, read as TensorFlow's own reader does."""

import pytest

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.tensorflow.text import MAX_DEPTH, graphs, parsed


def _operators(text: str) -> list[str]:
    return [node.operator for graph, _, _ in graphs(parsed(text, Budget())) for _, node in graph.all()]


@pytest.mark.parametrize(
    "text",
    [
        'node { name: "a" op: "ReadFile" }',
        "node{name:'a' op # a note\n :'ReadFile'}",
        'node < name: "a", op: "Read" "File"; >',
        r'node: { op: "\x52ead\106ile" }',
    ],
)
def test_an_operator_is_found_however_it_is_written(text: str) -> None:
    assert _operators(text) == ["ReadFile"]


def test_of_two_nodes_of_one_name_both_are_seen() -> None:
    assert sorted(_operators('node { name: "a" op: "Add" } node { name: "a" op: "ReadFile" }')) == ["Add", "ReadFile"]


def test_lists_and_signatures_are_read() -> None:
    text = 'meta_graphs { graph_def { node { name: "a" op: "X" input: ["b", "c"] } } asset_file_def { filename: "v" } }'
    [(graph, outputs, assets)] = graphs(parsed(text, Budget()))
    assert (graph.nodes["a"].inputs, outputs, assets) == (("b", "c"), [], ["v"])


def test_messages_that_are_nested_too_deep_are_refused() -> None:
    with pytest.raises(Unreadable):
        parsed("a {" * (MAX_DEPTH + 2), Budget())


def test_what_is_no_text_form_is_refused() -> None:
    with pytest.raises(Unreadable):
        parsed('node { op: "ReadFile }', Budget())

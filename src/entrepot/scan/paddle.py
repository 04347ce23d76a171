"""PaddlePaddle's programs: operators that call Python, and those that read and write files."""

from collections.abc import Iterator

from entrepot.domain.report import Finding, Location
from entrepot.scan.archive import escapes
from entrepot.scan.embedded import commands
from entrepot.scan.protobuf import View
from entrepot.scan.rules import found

_PYTHON = frozenset(("py_func", "py_layer", "pyfunc"))
_WRITES = frozenset(("save", "save_combine", "save_dense", "checkpoint_notify", "sparse_tensor_save", "dump"))
_READS = frozenset(("load", "load_combine", "lookup_table_load", "sparse_load", "create_custom_reader", "read_file"))
_TALKS = frozenset(
    "listen_and_serv send recv send_barrier fetch_barrier prefetch distributed_lookup_table heter_listen_and_serv "
    "send_and_recv gen_nccl_id c_gen_nccl_id".split()
)


def program(view: View) -> Iterator[Finding]:
    """Findings of a program. Raises `Unreadable`."""
    for block in view.all(1):
        for operation in block.all(4):
            yield from _operation(operation)


def _operation(operation: View) -> Iterator[Finding]:
    kind = operation.named(3)
    at = Location(offset=operation.start)
    texts = {}
    for attribute in operation.all(4):
        values = [view.text() for view in (*attribute.all(5), *attribute.all(8))]
        if values:
            texts[attribute.named(1)] = ", ".join(values[:20])
    shown = f"{kind}({', '.join(f'{name}={value!r}' for name, value in texts.items())})"
    if kind in _PYTHON:
        yield found("paddle.python-operator", f"the operator {kind} calls Python", evidence=shown, at=at)
    elif kind in _WRITES:
        yield found("paddle.writes", f"the operator {kind} writes to a file", evidence=shown, at=at)
    elif kind in _TALKS:
        yield found("paddle.network", f"the operator {kind} talks to other machines", evidence=shown, at=at)
    elif kind in _READS and any(escapes(path) for path in texts.values()):
        yield found("paddle.path-outside", f"the operator {kind} reads a file elsewhere", evidence=shown, at=at)
    for name, value in texts.items():
        if name != "op_callstack":  # where the operator was made: lines of source
            yield from commands(value, f"{kind}.{name}", operation.start)

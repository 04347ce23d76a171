"""PaddlePaddle's programs: operators that call Python, and those that read and write files."""

from collections.abc import Iterator, Mapping

from entrepot.domain.report import Finding, Location
from entrepot.scan.archive import escapes
from entrepot.scan.budget import Budget
from entrepot.scan.configs import entries
from entrepot.scan.embedded import commands
from entrepot.scan.protobuf import View
from entrepot.scan.rules import found

_PYTHON = frozenset(("py_func", "py_layer", "pyfunc"))
_SHOWN = 20
"""Values of an attribute that are looked at."""
_SOURCES = frozenset(("op_callstack", "source"))
"""Where the operator was made: lines of a program."""
_WRITES = frozenset(("save", "save_combine", "save_dense", "checkpoint_notify", "sparse_tensor_save", "dump"))
_READS = frozenset(("load", "load_combine", "lookup_table_load", "sparse_load", "create_custom_reader", "read_file"))
_TALKS = frozenset(
    "listen_and_serv send recv send_barrier fetch_barrier prefetch distributed_lookup_table heter_listen_and_serv "
    "send_and_recv gen_nccl_id c_gen_nccl_id".split()
)


def program(view: View) -> Iterator[Finding]:
    """Findings of a program in its binary form. Raises `Unreadable`."""
    for block in view.all(1):
        for operation in block.all(4):
            texts = {}
            for attribute in operation.all(4):
                values = [view.text() for view in (*attribute.all(5), *attribute.all(8))]
                if values:
                    texts[attribute.named(1)] = ", ".join(values[:_SHOWN])
            yield from _operation(operation.named(3), texts, Location(offset=operation.start))


def program_in_json(document: object, budget: Budget) -> Iterator[Finding]:
    """Findings of a program as version 3 writes it: operators are mappings with a name, `#`, and attributes, `A`."""
    for entry in entries(document, budget):
        name = entry.mapping.get("#")
        if isinstance(name, str) and entry.mapping.keys() & {"A", "I", "O", "regions"}:
            dialect, _, kind = name.rpartition(".")
            kind = kind.rstrip("_")  # as the names of those end that work in place
            if dialect.startswith("py"):
                yield found("paddle.python-operator", f"the operator {name} is written in Python", evidence=name)
            yield from _operation(kind, _texts(entry.mapping.get("A")), Location())


def _texts(attributes: object) -> dict[str, str]:
    """The attributes that are texts: `{"N": name, "AT": {"#": type, "D": value}}`; lists of them as one."""
    texts = {}
    for item in attributes if isinstance(attributes, list) else ():
        kind = item.get("AT") if isinstance(item, dict) else None
        if isinstance(kind, dict):
            found = list(_values(kind.get("D")))
            if found:
                texts[str(item.get("N"))] = ", ".join(found[:_SHOWN])
    return texts


def _values(data: object) -> Iterator[str]:
    for value in data[:_SHOWN] if isinstance(data, list) else (data,):
        inner = value.get("D") if isinstance(value, dict) else value
        if isinstance(inner, str):
            yield inner


def _operation(kind: str, texts: Mapping[str, str], at: Location) -> Iterator[Finding]:
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
        if name not in _SOURCES:
            yield from commands(value, f"{kind}.{name}", at.offset)

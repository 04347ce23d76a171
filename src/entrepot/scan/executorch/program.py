"""What an ExecuTorch program says it will do: its methods, their operators, and the backends that they call."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from entrepot.scan.flatbuffer import Buffer
from entrepot.scan.operators import FILES, NAMESPACES, NETWORK

_OPERATORS = NAMESPACES | {
    "cadence", "coreml", "cortex_m", "dim_order_ops", "et_vk", "executorch", "executorch_prim", "llama", "metal", "mlx",
    "qaic", "qnn_custom", "tosa", "tosa_mxfp",
}  # fmt: skip
BACKENDS = frozenset({
    "AotiBackend", "ArmBackend", "CadenceExecutorchBackend", "CoreMLBackend", "CudaBackend", "EnnBackend",
    "EthosUBackend", "ExecutorBackend", "MLXBackend", "MPSBackend", "MetalBackend", "NativeBackend", "NeuronBackend",
    "NeuropilotBackend", "NeutronBackend", "OpenvinoBackend", "QnnBackend", "TOSABackend", "VgfBackend",
    "VulkanBackend", "WebGPUBackend", "XnnpackBackend",
})  # fmt: skip
"""What executorch itself brings; any other one comes with the program that loads the file."""
_TENSOR, _STRING = 5, 6
_INDEXED = (10, 11)
_MAX_ELEMENTS = 1 << 62
_BYTES = {
    0: 1, 1: 1, 2: 2, 3: 4, 4: 8, 5: 2, 6: 4, 7: 8, 8: 4, 9: 8, 10: 16, 11: 1, 12: 1, 13: 1, 14: 4, 15: 2,
    22: 2, 23: 1, 24: 1, 25: 1, 26: 1, 27: 2, 28: 4, 29: 8,
}  # fmt: skip
"""Of one element, by the number of its type; what shares bytes with another counts as nothing."""


@dataclass(frozen=True, slots=True)
class Delegate:
    """A part of a method that a backend runs: from the FlatBuffer's list of data, or from a segment."""

    backend: str
    in_segment: bool
    index: int


@dataclass(frozen=True, slots=True)
class Constant:
    """A tensor whose values stand in the file: how many bytes it takes, from which of the constants on."""

    index: int
    size: int


class Method:
    """One entry point of a program. Its methods raise `Unreadable`."""

    def __init__(self, buffer: Buffer, table: int) -> None:
        self._buffer = buffer
        self._table = table
        self._values = buffer.tables(table, 2)
        self.name = buffer.text(table, 0)
        self.constants: list[Constant] = []

    def operators(self) -> Iterator[str]:
        """The names of its operators, without those of their overloads."""
        for at in self._buffer.tables(self._table, 6):
            self._buffer.text(at, 1)
            yield self._buffer.text(at, 0)

    def delegates(self) -> Iterator[Delegate]:
        """The parts that backends run."""
        buffer = self._buffer
        for at in buffer.tables(self._table, 7):
            place = buffer.table(at, 1)
            in_segment = place is not None and buffer.value(place, 0, 1) == 1
            index = -1 if place is None else buffer.value(place, 1, 4)
            for spec in buffer.tables(at, 2):
                buffer.text(spec, 0)
                buffer.vector(spec, 1, 1)
            yield Delegate(buffer.text(at, 0), in_segment, index)

    def faults(self) -> Iterator[str]:
        """What a loader that does not check would follow out of its own memory."""
        for number, at in enumerate(self._values):
            yield from self._value(number, at)
        for index, what in ((3, "an input"), (4, "an output")):
            yield from self._indices(self._table, index, what)
        self._buffer.vector(self._table, 8, 8)
        meta = self._buffer.table(self._table, 1)
        if meta is not None:
            self._buffer.text(meta, 0)
            self._buffer.text(meta, 1)
        for chain in self._buffer.tables(self._table, 5):
            yield from self._chain(chain)

    def _chain(self, chain: int) -> Iterator[str]:
        buffer = self._buffer
        steps = buffer.tables(chain, 2)
        for index, what in ((0, "a chain's input"), (1, "a chain's output")):
            yield from self._indices(chain, index, what)
        for step in steps:
            kind, at = buffer.value(step, 0, 1), buffer.table(step, 1)
            if at is not None:
                yield from self._step(kind, at, len(steps))
        for frames in buffer.tables(chain, 3):
            for frame in buffer.tables(frames, 0):
                for index in (0, 2, 3):
                    buffer.text(frame, index)

    def _step(self, kind: int, at: int, steps: int) -> Iterator[str]:
        """What is wrong with one instruction: a call of an operator or a delegate, a move, a jump, a release."""
        buffer = self._buffer
        if kind in (1, 2):
            known = len(buffer.vector(self._table, 6 if kind == 1 else 7))
            number = buffer.value(at, 0, 4, signed=True)
            if not 0 <= number < known:
                yield f"a call of {'operator' if kind == 1 else 'delegate'} {number} of {known}"
            yield from self._indices(at, 1, "an argument")
        elif kind in (3, 4, 5):
            places = [buffer.value(at, index, 4, signed=True) for index in range(2 if kind == 3 else 1)]
            yield from (f"an instruction for value {one}" for one in places if not self._is_value(one))
            target = buffer.value(at, 1, 4, signed=True) if kind == 4 else 0
            if not 0 <= target <= steps:
                yield f"a jump to instruction {target} of {steps}"

    def _is_value(self, number: int) -> bool:
        return 0 <= number < len(self._values)

    def _indices(self, table: int, index: int, what: str, *, least: int = 0) -> Iterator[str]:
        places = self._buffer.vector(table, index)
        for number in (self._buffer.number(at, 4, signed=True) for at in places):
            if not (self._is_value(number) or number == least < 0):
                yield f"{what} that is value {number} of {len(self._values)}"
                return

    def _value(self, number: int, at: int) -> Iterator[str]:
        kind, value = self._buffer.value(at, 0, 1), self._buffer.table(at, 1)
        if value is None:
            return
        if kind == _TENSOR:
            yield from self._tensor(number, value)
        elif kind == _STRING:
            self._buffer.text(value, 0)
        elif kind in (7, 8, 9):
            items = self._buffer.vector(value, 0, 1 if kind == 9 else 8)
            if kind == 7:
                yield from self._list(items)
        elif kind in _INDEXED:
            yield from self._indices(value, 0, "a list's item", least=-1)

    def _list(self, items: Sequence[int]) -> Iterator[str]:
        """Lists of whole numbers hold places of values, too."""
        for at in items:
            one = self._buffer.number(at, 8, signed=True)
            if not self._is_value(one):
                yield f"a list's item that is value {one} of {len(self._values)}"
                return

    def _tensor(self, number: int, at: int) -> Iterator[str]:
        buffer = self._buffer
        sizes = [buffer.number(place, 4, signed=True) for place in buffer.vector(at, 2)]
        order = buffer.vector(at, 3, 1)
        if order and len(order) != len(sizes):
            yield f"the tensor at value {number} has {len(sizes)} dimensions in an order of {len(order)}"
        elif any(buffer.number(place, 1) >= len(sizes) for place in order):
            yield f"the tensor at value {number} has an order beyond its {len(sizes)} dimensions"
        count = 1
        for size in sizes:
            count *= size
            if size < 0 or count > _MAX_ELEMENTS:
                yield f"the tensor at value {number} has no possible shape: {sizes}"[:300]
                return
        extra = buffer.table(at, 9)
        if extra is not None:
            buffer.text(extra, 1)
        is_outside = extra is not None and buffer.value(extra, 2, 1) == 1
        index = buffer.value(at, 5, 4)
        if index and not is_outside and buffer.slot(at, 6) is None:
            self.constants.append(Constant(index, count * _BYTES.get(buffer.value(at, 0, 1), 0)))


def judge(operator: str) -> tuple[str, str] | None:
    """The rule and the message for an operator that is more than computing; None for all others."""
    namespace, _, name = operator.partition("::")
    if not name:
        return "executorch.custom-operator", f"the operator {operator!r} belongs to no library"
    if name in FILES or name in NETWORK:
        return "executorch.harmful-operator", f"the operator {operator} reads or writes files, or reaches the network"
    if namespace not in _OPERATORS:
        return "executorch.custom-operator", f"the operator {operator} comes from a library of its own"
    return None

"""TensorFlow Lite: a FlatBuffer of operators. Code comes in by custom operators and by TensorFlow's own (Flex)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.formats import Format, Found, Member, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source, Window

if TYPE_CHECKING:
    from entrepot.scan.flatbuffer import Buffer

LOOKED_AT = 1_000
"""Tensors whose first bytes are looked at."""
SMALL = 4096
"""Bytes of values that are searched with the graph around them."""
_SHORT = 24
_KNOWN = frozenset(
    "TFLite_Detection_PostProcess Convolution2DTransposeBias MaxPoolingWithArgmax2D MaxUnpooling2D "
    "Transform2DTensorBilinear "
    "TransformLandmarks Landmarks2TransformMatrix Mfcc AudioSpectrogram NumericVerify edgetpu-custom-op ethos-u "
    "SignalRfft SignalFramer SignalWindow aeon.sign.custom RandomUniform RandomStandardNormal Multinomial "
    "Atan2 Sign Roll "
    "Irfft2d TFSentencepieceTokenizeOp WhitespaceTokenizeWithOffsetsV2 RaggedTensorToTensor RaggedGather".split()
)


def _recognize(sample: Sample) -> bool:
    return sample.head[4:8] == b"TFL3"


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    # Loaded here: of most files nobody needs what reads this format.
    from entrepot.scan.flatbuffer import Buffer

    source = sample.source
    buffer = Buffer(source, budget)
    try:
        yield from _model(buffer)
        values = list(_values(buffer))
    except Unreadable as broken:
        yield found("tflite.structure", f"an offset that readers may follow without asking: {broken}")
        raise
    for number, (start, size) in enumerate(values[:LOOKED_AT]):
        yield Member(f"values {number}", Window(source, start, size), opaque=True)
    yield from _between(source, budget, values)


def _model(buffer: "Buffer") -> Iterator[Found]:
    root = buffer.root()
    for at in buffer.vector(root, 1):
        code = buffer.follow(at)
        name = buffer.text(code, 1)
        if name:
            yield from _custom(name)
    for at in buffer.vector(root, 2):
        graph = buffer.follow(at)
        for index in range(4):  # tensors, inputs, outputs, operators
            items = buffer.vector(graph, index)
            for item in items if index in (0, 3) else ():
                table = buffer.follow(item)
                buffer.number(table - buffer.number(table, 4, signed=True), 2)


def _values(buffer: "Buffer") -> Iterator[tuple[int, int]]:
    """Where the tensors' values stand: in the FlatBuffer, or behind it."""
    for at in buffer.tables(buffer.root(), 4):
        places = buffer.vector(at, 0, 1)
        if places:
            yield places[0], len(places)
        offset, size = buffer.value(at, 1, 8), buffer.value(at, 2, 8)
        # One is what the converter writes for none.
        if offset > 1 and size:
            if offset + size > buffer.size:
                raise Unreadable(f"values at {offset + size}, outside of the file's {buffer.size} bytes")
            yield offset, size


def _between(source: Source, budget: Budget, values: list[tuple[int, int]]) -> Iterator[Found]:
    """What is no value is the graph, its metadata, and whatever somebody put behind it."""
    from entrepot.scan.inside import smuggled

    reached = 0
    large = [(start, start + size) for start, size in values if size > SMALL]
    for start, end in [*sorted(large), (source.size, source.size)]:
        if start - reached > _SHORT:
            yield from smuggled(source, budget, "a TensorFlow Lite model", reached, start)
        reached = max(reached, end)


def _custom(name: str) -> Iterator[Found]:
    from entrepot.scan.tensorflow.judging import does_harm

    if name.startswith("Flex"):
        if does_harm(name.removeprefix("Flex")):
            message = f"the operator {name} reads, writes or runs what it is told to"
            yield found("tflite.harmful-operator", message, evidence=name)
        else:
            yield found("tflite.flex-operator", f"the operator {name} is run by all of TensorFlow", evidence=name)
    elif name not in _KNOWN:
        yield found("tflite.custom-operator", f"the operator {name} comes from a library of its own", evidence=name)


FORMAT = Format(
    "tflite",
    _recognize,
    _inspect,
    "TensorFlow Lite",
    RunsCode.RARELY,
    "custom operators, and TensorFlow's own",
    (".tflite", ".lite"),
)

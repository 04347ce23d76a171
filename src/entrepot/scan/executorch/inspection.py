"""Everything to be said about an ExecuTorch file: what it calls, what its backends get, and what no part owns."""

from collections.abc import Iterator, Sequence

from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.executorch.layout import Header, Segment, header, out_of_place, segments
from entrepot.scan.executorch.program import BACKENDS, Delegate, Method, judge
from entrepot.scan.flatbuffer import Buffer
from entrepot.scan.formats import Found, Member
from entrepot.scan.inside import inside
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample
from entrepot.scan.source import Source, Window

MAX_SHOWN = 20
_TENSOR = 1
_CONSTANTS = "constants"
_LIBRARY = "so_blob"
"""How the name ends under which a backend of compiled libraries keeps one."""


def inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    """What a format yields. Raises `Unreadable` and `OutOfBudget`."""
    source = sample.source
    try:
        told = header(source)
        buffer = Buffer(source, budget, told.flat if told else None)
        kind = sample.head[4:6]
        read = {b"ET": _program, b"FT": _values}.get(kind, _bundle)
        yield from read(source, buffer, told, budget)
    except Unreadable as broken:
        yield _fault(f"an offset that readers may follow without asking: {broken}")
        raise


def _fault(message: str) -> Found:
    return found("executorch.structure", message)


def _program(source: Source, buffer: Buffer, told: Header | None, budget: Budget) -> Iterator[Found]:
    root = buffer.root()
    buffer.value(root, 0, 4)
    known = segments(buffer, buffer.tables(root, 4), told.base if told else 0)
    inline = [_span(buffer.vector(at, 0, 1)) for at in buffer.tables(root, 3)]
    methods = [Method(buffer, at) for at in buffer.tables(root, 1)]
    roles: dict[int, str] = {}
    for method in methods:
        yield from _method(method)
        for delegate in method.delegates():
            yield from _delegate(source, delegate, inline, known, roles)
    yield from _constants(buffer, root, known, methods, roles)
    yield from _names(buffer, buffer.tables(root, 7), known, roles)
    end = told.flat if told else buffer.end
    yield from inside(source, budget, "an ExecuTorch program", end=end)
    yield from _segments(source, known, roles, end, budget)


def _span(places: Sequence[int]) -> Segment:
    return Segment(places[0] if places else 0, len(places))


def _method(method: Method) -> Iterator[Found]:
    for shown, fault in enumerate(method.faults()):
        if shown < MAX_SHOWN:
            yield _fault(f"in {method.name[:100]!r}: {fault}")
    for name in method.operators():
        if judged := judge(name):
            yield found(*judged, evidence=name)


def _delegate(
    source: Source, delegate: Delegate, inline: Sequence[Segment], known: Sequence[Segment], roles: dict[int, str]
) -> Iterator[Found]:
    """What a backend is given, where it stands in the FlatBuffer; a segment is only noted in `roles`."""
    backend = delegate.backend
    is_known = backend in BACKENDS
    if not is_known:
        yield found("executorch.unknown-backend", f"a part is run by the backend {backend!r}", evidence=backend)
    places = known if delegate.in_segment else inline
    if not 0 <= delegate.index < len(places):
        yield _fault(f"the part for {backend!r} is number {delegate.index} of {len(places)}")
    elif delegate.in_segment:
        roles[delegate.index] = f"for {backend}" if is_known else ""
    elif not is_known:
        one = places[delegate.index]
        yield Member(f"part {delegate.index}", Window(source, one.start, one.size))


def _constants(
    buffer: Buffer, root: int, known: Sequence[Segment], methods: Sequence[Method], roles: dict[int, str]
) -> Iterator[Found]:
    for at in buffer.tables(root, 2):
        buffer.vector(at, 0, 1)
    table = buffer.table(root, 5)
    places = _subsegments(buffer, table) if table is not None else []
    if table is not None and places:
        number = buffer.value(table, 0, 4)
        roles[number] = _CONSTANTS
        size = known[number].size if number < len(known) else 0
        for constant in (one for method in methods for one in method.constants):
            if constant.index >= len(places) or places[constant.index] + constant.size > size:
                yield _fault(f"constant {constant.index} takes {constant.size} bytes beyond its segment's {size}")
                break
    for at in buffer.tables(root, 6):
        number = buffer.value(at, 0, 4)
        if number >= len(known) or any(place > known[number].size for place in _subsegments(buffer, at)):
            yield _fault(f"initial values stand beyond segment {number}")
        roles[number] = "initial values"


def _subsegments(buffer: Buffer, table: int) -> list[int]:
    return [buffer.number(at, 8) for at in buffer.vector(table, 1, 8)]


def _names(buffer: Buffer, tables: Sequence[int], known: Sequence[Segment], roles: dict[int, str]) -> Iterator[Found]:
    for at in tables:
        name, number = buffer.text(at, 0), buffer.value(at, 1, 4)
        if number >= len(known):
            yield _fault(f"{name[:100]!r} is segment {number} of {len(known)}")
        elif not roles.get(number):
            roles[number] = f"{name[:200]}.so" if name.endswith(_LIBRARY) else name[:200]


def _segments(
    source: Source, known: Sequence[Segment], roles: dict[int, str], end: int, budget: Budget
) -> Iterator[Found]:
    """The segments, each as what it is for, and the bytes between and behind them."""
    for fault in out_of_place(known, source.size):
        yield _fault(fault)
    for number, one in sorted(enumerate(known), key=lambda pair: pair[1].start):
        if one.start > end:
            yield from rest(source, end, f"gap at {end}", min(one.start, source.size))
        end = max(end, one.stop)
        if one.size and one.start < source.size:
            yield from _segment(source, one, f"segment {number}", roles.get(number, ""), budget)
    if end < source.size:
        yield from rest(source, end)


def _segment(source: Source, one: Segment, name: str, role: str, budget: Budget) -> Iterator[Found]:
    is_library = role.endswith(f"{_LIBRARY}.so")
    member = f"{name}, {role}" if role else name
    yield Member(member, Window(source, one.start, one.size), opaque=bool(role) and not is_library)
    if role and not is_library and role != _CONSTANTS:
        what = f"what an ExecuTorch program holds {role}"
        for found_inside in inside(source, budget, what, one.start, one.stop):
            # What it begins with was told of the member.
            if found_inside.location.offset != one.start:
                yield found_inside


def _values(source: Source, buffer: Buffer, told: Header | None, budget: Budget) -> Iterator[Found]:
    root = buffer.root()
    # Before there were names, the second field was a number, the third a list of tensors.
    is_old = buffer.slot(root, 3) is not None
    known = segments(buffer, buffer.tables(root, 3 if is_old else 1), told.base if told else 0)
    roles = dict.fromkeys(range(len(known)), "values")
    names = buffer.tables(root, 4 if is_old else 2)
    yield from _names(buffer, names, known, {})
    for at in () if is_old else names:
        layout = buffer.table(at, 2)
        if layout is not None:
            buffer.vector(layout, 1)
            buffer.vector(layout, 2, 1)
    end = told.flat if told else buffer.end
    yield from inside(source, budget, "a list of ExecuTorch's values", end=end)
    yield from _segments(source, known, roles, end, budget)


def _bundle(source: Source, buffer: Buffer, _: Header | None, budget: Budget) -> Iterator[Found]:
    """A program with what tests give it and expect of it."""
    root = buffer.root()
    program = _span(buffer.vector(root, 2, 1))
    for suite in buffer.tables(root, 1):
        buffer.text(suite, 0)
        for case in buffer.tables(suite, 1):
            for index in (0, 1):
                _examples(buffer, buffer.tables(case, index))
    yield from inside(source, budget, "an ExecuTorch program with tests")
    if program.size:
        yield Member("program.pte", Window(source, program.start, program.size))
    yield from rest(source, buffer.end)


def _examples(buffer: Buffer, values: Sequence[int]) -> None:
    for value in values:
        tensor = buffer.table(value, 1)
        if tensor is not None and buffer.value(value, 0, 1) == _TENSOR:
            buffer.vector(tensor, 1)
            buffer.vector(tensor, 2, 1)
            buffer.vector(tensor, 3, 1)

"""Thrift's compact protocol, as Parquet's footer uses it: the texts in it, by the numbers of the fields around them."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget, Unreadable
from entrepot.scan.protobuf import varint

MAX_DEPTH = 32
"""Structs inside structs: Parquet's own go six deep."""
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)


def texts(data: bytes, budget: Budget) -> Iterator[tuple[tuple[int, ...], bytes]]:
    """The texts of a struct, each with the path of field numbers that leads to it; items of lists share a path.
    Raises `Unreadable`."""
    return _Walk(data, budget).struct(())


class _Walk:
    def __init__(self, data: bytes, budget: Budget) -> None:
        self._data = data
        self._budget = budget
        self._at = 0

    def _byte(self) -> int:
        if self._at >= len(self._data):
            raise Unreadable("the metadata is cut off")
        self._at += 1
        return self._data[self._at - 1]

    def _number(self) -> int:
        value, self._at = varint(self._data, self._at)
        return value

    def struct(self, path: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], bytes]]:
        """The texts of the struct that begins here."""
        if len(path) > MAX_DEPTH:
            raise Unreadable(f"structs inside structs, more than {MAX_DEPTH} deep")
        number = 0
        while head := self._byte():
            self._budget.spend_values()
            delta, kind = head >> 4, head & 15
            if delta:
                number += delta
            else:
                raw = self._number()
                number = raw >> 1 ^ -(raw & 1)
            if kind not in (_TRUE, _FALSE):
                yield from self._value(kind, (*path, number))

    def _value(self, kind: int, path: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], bytes]]:
        if kind in (_TRUE, _FALSE, _BYTE):
            self._byte()
        elif kind in (_I16, _I32, _I64):
            self._number()
        elif kind == _DOUBLE:
            self._at += 8
        elif kind == _BINARY:
            size = self._number()
            if self._at + size > len(self._data):
                raise Unreadable(f"a text of {size} bytes that is longer than the metadata")
            yield path, self._data[self._at : self._at + size]
            self._at += size
        elif kind in (_LIST, _SET):
            yield from self._list(path)
        elif kind == _MAP:
            yield from self._map(path)
        elif kind == _STRUCT:
            yield from self.struct(path)
        else:
            raise Unreadable(f"a field of the unknown type {kind}")

    def _list(self, path: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], bytes]]:
        head = self._byte()
        count, kind = head >> 4, head & 15
        if count == 15:
            count = self._number()
        self._check(count)
        for _ in range(count):
            self._budget.spend_values()
            yield from self._value(kind, path if kind != _LIST else (*path, 0))

    def _map(self, path: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], bytes]]:
        count = self._number()
        self._check(count)
        kinds = self._byte() if count else 0
        for _ in range(count):
            self._budget.spend_values()
            yield from self._value(kinds >> 4, (*path, 1))
            yield from self._value(kinds & 15, (*path, 2))

    def _check(self, count: int) -> None:
        if count > len(self._data) - self._at:
            raise Unreadable(f"a list of {count} items that is longer than the metadata")

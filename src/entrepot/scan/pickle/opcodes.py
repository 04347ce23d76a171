"""The 68 opcodes of protocols 0 to 5: their names, and what follows each in the stream."""

from collections.abc import Mapping
from enum import Enum
from functools import cache


class Argument(Enum):
    """What stands behind an opcode's byte."""

    NONE = 0
    FIXED_1 = 1
    FIXED_2 = 2
    FIXED_4 = 4
    FIXED_8 = 8
    COUNTED_1 = -1
    """A length of one byte, then as many bytes."""
    COUNTED_4 = -4
    COUNTED_8 = -8
    LINE = 100
    TWO_LINES = 101

    @property
    def is_counted(self) -> bool:
        """Whether a length comes first."""
        return self.value < 0


_NONE = (
    "( MARK|. STOP|0 POP|1 POP_MARK|2 DUP|N NONE|Q BINPERSID|R REDUCE|a APPEND|b BUILD|d DICT|e APPENDS|l LIST|o OBJ|"
    "s SETITEM|t TUPLE|u SETITEMS|] EMPTY_LIST|} EMPTY_DICT|) EMPTY_TUPLE|"
    "\x81 NEWOBJ|\x85 TUPLE1|\x86 TUPLE2|\x87 TUPLE3|\x88 NEWTRUE|\x89 NEWFALSE|\x8f EMPTY_SET|\x90 ADDITEMS|"
    "\x91 FROZENSET|\x92 NEWOBJ_EX|\x93 STACK_GLOBAL|\x94 MEMOIZE|\x97 NEXT_BUFFER|\x98 READONLY_BUFFER"
)
_ARGUMENTS = {
    Argument.NONE: _NONE,
    Argument.FIXED_1: "K BININT1|h BINGET|q BINPUT|\x80 PROTO|\x82 EXT1",
    Argument.FIXED_2: "M BININT2|\x83 EXT2",
    Argument.FIXED_4: "J BININT|j LONG_BINGET|r LONG_BINPUT|\x84 EXT4",
    Argument.FIXED_8: "G BINFLOAT|\x95 FRAME",
    Argument.COUNTED_1: "C SHORT_BINBYTES|U SHORT_BINSTRING|\x8c SHORT_BINUNICODE|\x8a LONG1",
    Argument.COUNTED_4: "B BINBYTES|T BINSTRING|X BINUNICODE|\x8b LONG4",
    Argument.COUNTED_8: "\x8d BINUNICODE8|\x8e BINBYTES8|\x96 BYTEARRAY8",
    Argument.LINE: "F FLOAT|I INT|L LONG|P PERSID|S STRING|V UNICODE|g GET|p PUT",
    Argument.TWO_LINES: "c GLOBAL|i INST",
}


@cache
def arguments() -> Mapping[int, Argument]:
    """What follows each opcode's byte."""
    return {ord(entry[0]): kind for kind, entries in _ARGUMENTS.items() for entry in entries.split("|")}


@cache
def codes() -> Mapping[str, int]:
    """The opcodes' bytes by their names."""
    return {entry[2:]: ord(entry[0]) for entries in _ARGUMENTS.values() for entry in entries.split("|")}


@cache
def names() -> Mapping[int, str]:
    """The opcodes' names by their bytes."""
    return {code: name for name, code in codes().items()}

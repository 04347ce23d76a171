"""Messages of Protocol Buffers, written by hand: what a test wants, and nothing that a library would refuse."""


def varint(value: int) -> bytes:
    """A number of variable length."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number: int, value: int | str | bytes) -> bytes:
    """A field with a number, a text or a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def message(**fields: int | str | bytes | list[bytes]) -> bytes:
    """A message whose fields are named by their numbers, as `_1=…`."""
    out = b""
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            out += field(int(name[1:]), one)
    return out

"""GGUF headers that lie."""

import struct

from golden.pairs import Golden


def string(text: str | bytes, order: str = "<") -> bytes:
    """A length of 64 bits, and the bytes."""
    data = text.encode() if isinstance(text, str) else text
    return struct.pack(order + "Q", len(data)) + data


def pair(key: str, kind: int, value: bytes, order: str = "<") -> bytes:
    """One entry of the metadata."""
    return string(key, order) + struct.pack(order + "I", kind) + value


def tensor(name: str, shape: tuple[int, ...], offset: int, kind: int = 0, order: str = "<") -> bytes:
    """One tensor's entry."""
    dims = b"".join(struct.pack(order + "Q", dim) for dim in shape)
    return string(name, order) + struct.pack(order + "I", len(shape)) + dims + struct.pack(order + "IQ", kind, offset)


def gguf(pairs: list[bytes], tensors: list[bytes], values: bytes = b"", order: str = "<") -> bytes:
    """A GGUF file of version 3, its values aligned to 32 bytes."""
    head = b"GGUF" + struct.pack(order + "IQQ", 3, len(tensors), len(pairs)) + b"".join(pairs) + b"".join(tensors)
    return head + bytes(-len(head) % 32) + values


LLAMA = pair("general.architecture", 8, string("llama"))


def _honest(order: str = "<") -> bytes:
    pairs = [
        pair("general.architecture", 8, string("llama", order), order),
        pair("general.alignment", 4, struct.pack(order + "I", 32), order),
        pair(
            "tokenizer.ggml.tokens", 9, struct.pack(order + "IQ", 8, 2) + string("a", order) + string("b", order), order
        ),
        pair("tokenizer.ggml.scores", 9, struct.pack(order + "IQff", 6, 2, 0.5, 1.5), order),
        pair("llama.rope", 6, struct.pack(order + "f", 1e6), order),
    ]
    tensors = [tensor("a", (4, 2), 0, order=order), tensor("b", (32,), 32, 8, order)]
    return gguf(pairs, tensors, bytes(66), order)


def _tensors(*entries: bytes, size: int = 64) -> bytes:
    return gguf([LLAMA], list(entries), bytes(size))


GOLDENS = [
    Golden(
        "gguf.overflow",
        "m.gguf",
        lambda: b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 60) + bytes(64),
        _honest,
        case="length",
        techniques=("F07",),
    ),
    Golden(
        "gguf.overflow",
        "m.gguf",
        lambda: b"GGUF" + struct.pack("<IQQ", 3, (1 << 64) - 1, 0),
        _honest,
        case="count",
        techniques=("F07",),
    ),
    Golden(
        "gguf.overflow",
        "m.gguf",
        lambda: _tensors(tensor("w", (1,) * 9, 0)),
        lambda: _tensors(tensor("w", (1, 1, 1, 16), 0)),
        case="dimensions",
        techniques=("F07",),
    ),
    Golden(
        "gguf.overflow",
        "m.gguf",
        lambda: _tensors(tensor("w", (1 << 32, 1 << 32), 0)),
        lambda: _tensors(tensor("w", (4, 4), 0)),
        case="product",
        techniques=("F07",),
    ),
    Golden(
        "gguf.overflow",
        "m.gguf",
        lambda: _tensors(tensor("w", (4,), (1 << 64) - 32)),
        lambda: _honest(">"),
        case="offset",
        techniques=("F07",),
    ),
    Golden(
        "gguf.overflow",
        "m.gguf",
        lambda: gguf([pair("a", 9, struct.pack("<IQIQ", 9, 1, 9, 1))], []),
        lambda: gguf([pair("a", 9, struct.pack("<IQIII", 4, 3, 1, 2, 3))], []),
        case="nesting",
        techniques=("F07",),
    ),
    Golden(
        "gguf.overflow",
        "m.gguf",
        lambda: gguf([pair("general.alignment", 4, struct.pack("<I", 0))], []),
        lambda: gguf([pair("general.alignment", 4, struct.pack("<I", 64))], []),
        case="alignment",
        techniques=("F07",),
    ),
    Golden("gguf.overflow", "m.gguf", lambda: gguf([pair("a", 99, bytes(8))], []), _honest, case="type"),
    Golden("gguf.bounds", "m.gguf", lambda: _tensors(tensor("w", (4096,), 0)), _honest, techniques=("F07",)),
    Golden(
        "gguf.overlap",
        "m.gguf",
        lambda: _tensors(tensor("a", (16,), 0), tensor("b", (8,), 32)),
        lambda: _tensors(tensor("a", (8,), 0), tensor("b", (8,), 32)),
        techniques=("F07",),
    ),
    Golden(
        "gguf.trailing",
        "m.gguf",
        lambda: _tensors(tensor("a", (16,), 0)) + b"#!/bin/sh\necho\n",
        lambda: _tensors(tensor("a", (16,), 0)) + bytes(32),
        techniques=("F07",),
    ),
    Golden(
        "gguf.repeated-name",
        "m.gguf",
        lambda: gguf([LLAMA, LLAMA], []),
        lambda: gguf([LLAMA], []),
        techniques=("F07",),
    ),
]

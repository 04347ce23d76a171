"""The headers of GGUF files."""

import struct
from collections.abc import Sequence

import pytest

from entrepot.domain.errors import Invalid, TooLarge
from entrepot.metadata import gguf
from entrepot.metadata.gguf import GgufHeader, read_header
from entrepot.metadata.prefix import NeedMore

U32, STRING, ARRAY, U64 = 4, 8, 9, 10


class Writer:
    """Writes GGUF as its specification has it, of either byte order."""

    def __init__(self, order: str = "<", version: int = 3) -> None:
        self.order = order
        self.version = version

    def number(self, code: str, value: float) -> bytes:
        return struct.pack(self.order + code, value)

    def text(self, text: str | bytes) -> bytes:
        raw = text.encode() if isinstance(text, str) else text
        return self.number("Q", len(raw)) + raw

    def string(self, key: str, text: str | bytes) -> bytes:
        return self.text(key) + self.number("I", STRING) + self.text(text)

    def integer(self, key: str, value: int) -> bytes:
        return self.text(key) + self.number("I", U32) + self.number("I", value)

    def strings(self, key: str, texts: Sequence[str | bytes]) -> bytes:
        front = self.text(key) + self.number("I", ARRAY) + self.number("I", STRING) + self.number("Q", len(texts))
        return front + b"".join(self.text(text) for text in texts)

    def tensor(self, name: str, shape: Sequence[int]) -> bytes:
        dimensions = b"".join(self.number("Q", size) for size in shape)
        return self.text(name) + self.number("I", len(shape)) + dimensions + self.number("I", 0) + self.number("Q", 0)

    def file(self, keys: Sequence[bytes], tensors: Sequence[bytes] = ()) -> bytes:
        counts = self.number("Q", len(tensors)) + self.number("Q", len(keys))
        return b"GGUF" + self.number("I", self.version) + counts + b"".join(keys) + b"".join(tensors)


def example(writer: Writer) -> bytes:
    keys = [
        writer.string("general.architecture", "llama"),
        writer.integer("llama.context_length", 8192),
        writer.integer("other.context_length", 1),
        writer.strings("tokenizer.ggml.tokens", ["<unk>", "<s>", "</s>", b"\xff"]),
        writer.text("tokenizer.ggml.scores")
        + writer.number("I", ARRAY)
        + writer.number("I", 6)
        + writer.number("Q", 2),
        writer.integer("tokenizer.ggml.bos_token_id", 1),
        writer.integer("tokenizer.ggml.eos_token_id", 2),
        writer.string("tokenizer.chat_template", "{{ messages }}"),
        writer.text("general.flag") + writer.number("I", 7) + b"\1",
        writer.text("general.size") + writer.number("I", 12) + writer.number("d", 0.5),
    ]
    keys[4] += writer.number("f", 1.5) * 2
    return writer.file(keys, [writer.tensor("a", [2, 3]), writer.tensor("b", [4]), writer.tensor("c", [])])


def read(data: bytes) -> GgufHeader:
    header = read_header(data, len(data))
    assert isinstance(header, GgufHeader)
    return header


@pytest.mark.parametrize("writer", [Writer(), Writer(version=2), Writer(">")])
def test_a_header_gives_what_the_hub_shows(writer: Writer) -> None:
    header = read(example(writer))
    assert header.tensors == 3
    assert header.shown == {
        "total": 11,
        "architecture": "llama",
        "context_length": 8192,
        "chat_template": "{{ messages }}",
        "bos_token": "<s>",
        "eos_token": "</s>",
    }


def test_a_file_that_says_nothing_shows_its_total_only() -> None:
    assert read(Writer().file([])).shown == {"total": 0}


def test_too_few_bytes_name_how_many_to_come_with() -> None:
    whole = example(Writer())
    for size in range(len(whole)):
        answer = read_header(whole[:size], 1 << 30)
        assert answer == NeedMore(gguf.FIRST_READ)
    assert read_header(b"GGUF", 300) == NeedMore(300)


def test_asking_again_with_what_was_named_comes_to_an_end() -> None:
    writer = Writer()
    whole = writer.file([writer.strings("tokenizer.ggml.tokens", ["x" * 90] * 50_000)])
    size, calls = 0, 0
    while isinstance(answer := read_header(whole[:size], len(whole)), NeedMore):
        assert size < answer.size <= len(whole)
        size, calls = answer.size, calls + 1
    assert calls <= 4


def test_a_file_that_ends_within_its_header_is_refused() -> None:
    whole = example(Writer())
    for size in range(len(whole)):
        with pytest.raises(Invalid, match="ends within"):
            read_header(whole[:size], size)


def test_tokens_that_are_not_there_or_no_text_are_not_shown() -> None:
    writer = Writer()
    tokens = writer.strings("tokenizer.ggml.tokens", [b"\xff", "\0"])
    ids = [writer.integer("tokenizer.ggml.bos_token_id", 0), writer.integer("tokenizer.ggml.eos_token_id", 1)]
    assert read(writer.file([tokens, *ids])).shown == {"total": 0}
    assert read(writer.file([tokens, writer.integer("tokenizer.ggml.bos_token_id", 9)])).bos_token is None
    assert read(writer.file(ids)).bos_token is None


def test_an_overlong_template_is_left_out() -> None:
    writer = Writer()
    data = writer.file([writer.string("tokenizer.chat_template", "x" * (gguf.MAX_SHOWN_TEXT + 1))])
    assert read(data).chat_template is None


def _nested(writer: Writer, depth: int) -> bytes:
    inner = (writer.number("I", ARRAY) + writer.number("Q", 1)) * depth
    return writer.text("a") + writer.number("I", ARRAY) + inner + writer.number("I", 0) + writer.number("Q", 0)


W = Writer()
BROKEN = [
    (b"GGML" + bytes(20), "not a GGUF file"),
    (b"GGUF" + W.number("I", 1) + bytes(16), "not a GGUF version"),
    (b"GGUF" + W.number("I", 3) + W.number("Q", 1 << 60) + W.number("Q", 0), "tensors"),
    (b"GGUF" + W.number("I", 3) + W.number("Q", 0) + W.number("Q", 1 << 60), "keys"),
    (W.file([W.integer("a", 1), W.integer("a", 1)]), "stands twice"),
    (W.file([W.text("x" * 70_000)]), "a key of 70000 bytes"),
    (W.file([W.text("a") + W.number("I", 13)]), "unknown kind 13"),
    (W.file([W.text("a") + W.number("I", ARRAY) + W.number("I", 13) + W.number("Q", 1)]), "unknown kind 13"),
    (W.file([_nested(W, 5)]), "too deep"),
    (W.file([W.text("a") + W.number("I", ARRAY) + W.number("I", STRING) + W.number("Q", 1 << 63)]), "too long"),
    (W.file([W.text("a") + W.number("I", ARRAY) + W.number("I", U64) + W.number("Q", 1 << 63)]), "ends within"),
    (W.file([W.text("a") + W.number("I", STRING) + W.number("Q", (1 << 64) - 1)]), "ends within"),
    (W.file([], [W.tensor("a", [1] * 9)]), "9 dimensions"),
    (W.file([], [W.tensor("a", [1 << 40, 1 << 40])]), "more elements"),
    (W.file([], [W.tensor("x" * 5000, [1])]), "a tensor's name of 5000 bytes"),
]


@pytest.mark.parametrize(("data", "message"), BROKEN)
def test_what_no_header_may_have_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        read(data)


def test_a_header_that_would_go_over_the_limit_is_refused_rather_than_asked_for() -> None:
    data = W.file([W.text("a") + W.number("I", STRING) + W.number("Q", gguf.MAX_PREFIX)])
    with pytest.raises(TooLarge):
        read_header(data, 1 << 40)


def test_nesting_within_the_limit_is_walked_over() -> None:
    assert read(W.file([_nested(W, 3), W.string("general.architecture", "x")])).architecture == "x"

"""Any bytes may call themselves safetensors or GGUF."""

import contextlib
import json
import struct

from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.errors import Invalid
from entrepot.metadata import gguf, safetensors
from entrepot.metadata.prefix import NeedMore

SIZES = st.integers(0, 1 << 40)


def _text(raw: bytes) -> bytes:
    return struct.pack("<Q", len(raw)) + raw


KEYS = st.sampled_from([b"general.architecture", b"llama.context_length", b"tokenizer.ggml.tokens", b"a"]) | st.binary()
KEYS |= st.sampled_from([b"tokenizer.ggml.bos_token_id", b"tokenizer.chat_template"])
SCALARS = st.one_of(
    st.binary(max_size=8).map(lambda raw: struct.pack("<I", 8) + _text(raw)),
    st.integers(0, 9).map(lambda number: struct.pack("<II", 4, number)),
    st.floats(width=32).map(lambda number: struct.pack("<If", 6, number)),
    st.lists(st.binary(max_size=5), max_size=4).map(
        lambda texts: struct.pack("<IIQ", 9, 8, len(texts)) + b"".join(map(_text, texts))
    ),
)
TENSORS = st.lists(st.integers(0, 99), max_size=3).map(
    lambda shape: _text(b"t") + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, 0)
)


@st.composite
def gguf_files(draw: st.DrawFn) -> bytes:
    pairs = draw(st.dictionaries(KEYS, SCALARS, max_size=6))
    tensors = draw(st.lists(TENSORS, max_size=3))
    body = b"".join(_text(key) + value for key, value in pairs.items()) + b"".join(tensors)
    return b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + body


@st.composite
def safetensors_files(draw: st.DrawFn) -> bytes:
    fields: dict[str, object] = {}
    at = 0
    for name in draw(st.lists(st.text(max_size=4), unique=True, max_size=4)):
        shape = draw(st.lists(st.integers(0, 4), max_size=3))
        size = 2
        for dimension in shape:
            size *= dimension
        fields[name] = {"dtype": "F16", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(fields).encode()
    return len(text).to_bytes(8, "little") + text + bytes(at)


def _damage(good: bytes, data: st.DataObject) -> bytes:
    at = data.draw(st.integers(0, len(good)))
    return good[:at] + data.draw(st.binary(max_size=8)) + good[at + data.draw(st.integers(0, 8)) :]


def _read_both(prefix: bytes, size: int) -> None:
    for read in (safetensors.read_header, gguf.read_header):
        with contextlib.suppress(Invalid):
            answer = read(prefix, size)
            if isinstance(answer, NeedMore):
                assert len(prefix) < answer.size <= max(gguf.MAX_PREFIX, safetensors.MAX_READ + 8)
                assert answer.size <= size


@given(st.binary(), SIZES)
def test_any_bytes_have_a_header_or_a_reason_not_to(prefix: bytes, more: int) -> None:
    _read_both(prefix, len(prefix) + more)
    _read_both(b"GGUF\3\0\0\0" + prefix, 8 + len(prefix) + more)
    _read_both(len(prefix).to_bytes(8, "little") + prefix, 8 + len(prefix) + more)


@given(gguf_files(), st.data())
def test_a_damaged_gguf_file_has_a_header_or_a_reason_not_to(good: bytes, data: st.DataObject) -> None:
    damaged = _damage(good, data)
    _read_both(damaged, len(damaged) + data.draw(SIZES))


@given(safetensors_files(), st.data())
def test_a_damaged_safetensors_file_has_a_header_or_a_reason_not_to(good: bytes, data: st.DataObject) -> None:
    damaged = _damage(good, data)
    _read_both(damaged, len(damaged) + data.draw(SIZES))


@given(gguf_files(), st.data())
def test_more_bytes_never_change_what_a_gguf_header_says(good: bytes, data: st.DataObject) -> None:
    whole = gguf.read_header(good, len(good))
    assert isinstance(whole, gguf.GgufHeader)
    json.dumps(whole.shown, ensure_ascii=False).encode()
    cut = gguf.read_header(good[: data.draw(st.integers(0, len(good)))], len(good))
    assert isinstance(cut, NeedMore) or cut == whole


@given(safetensors_files())
def test_a_good_safetensors_file_is_read(good: bytes) -> None:
    header = safetensors.read_header(good, len(good))
    assert isinstance(header, safetensors.SafetensorsHeader)
    assert header.size + 2 * header.total == len(good)

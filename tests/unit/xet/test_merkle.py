"""Xet hashes against reference vectors and the hashes that hf_xet itself computes."""

from pathlib import Path

import pytest

from entrepot.domain.digest import Digest
from entrepot.domain.errors import Invalid
from entrepot.xet.merkle import (
    NO_CHUNKS,
    HashTree,
    XetHash,
    chunk_hash,
    file_hash,
    range_hash,
    tree_hash,
    xorb_hash,
)

TWENTY = [bytes([i]) * (1000 + i) for i in range(20)]
PAIRS = [(chunk_hash(chunk), len(chunk)) for chunk in TWENTY]


def test_a_chunk_hashes_as_the_reference_says() -> None:
    assert chunk_hash(b"hello").text == "9076ba12d998050b9c95c8bf770f943e6cad55c7490a82b76cf1582a2a05c2c2"
    assert PAIRS[0][0].text == "145f5e1efbbf517ab84c6e7f90b3185011cfac8aa88587f0208ba2e45cc22de1"
    assert PAIRS[19][0].text == "bee88f5120fdf3f459cb1b07e9999950e315e8644325317809443fa22716c3b7"


def test_a_file_of_one_chunk_hashes_as_the_reference_says() -> None:
    found = file_hash([(chunk_hash(b"hello"), 5)])
    assert found.text == "48a3213a086cad271381aafe47232eb5df291a963cebbfec071972eff45eb422"


def test_trees_and_ranges_hash_as_the_reference_says() -> None:
    assert xorb_hash(PAIRS).text == "4426d1d1b8d6e90fe539f9b85aaf9108c11c4ccd78d834aaf71fbf23233e3317"
    assert file_hash(PAIRS).text == "9b92a9a46a54f6e4e100d29db9141f15d22aada18d247bc738f62116f96a2777"
    raw = b"".join(found.raw for found, _ in PAIRS)
    assert range_hash(raw).text == "da4fb6bdb622b4807e7b84d1f20080329a0c779a46d1923f458c62d83810a2f3"


def test_nothing_hashes_to_zeros_and_one_child_to_itself() -> None:
    assert tree_hash([]) == file_hash([]) == NO_CHUNKS
    assert tree_hash(PAIRS[:1]) == PAIRS[0][0]


def test_a_sha256_is_stored_in_a_shard_word_by_word_reversed() -> None:
    digest = Digest.of(b"hello")
    stored = XetHash.of_sha256(digest)
    assert stored.raw.hex() == "0ea3b05fba4df22c9ee2b9c52a3be8265e42a71f5c1e161b24988b9362330473"
    assert stored.to_digest() == digest


def test_text_reads_back() -> None:
    assert XetHash.parse(PAIRS[3][0].text) == PAIRS[3][0]
    assert str(PAIRS[3][0]) == PAIRS[3][0].text


@pytest.mark.parametrize("text", ["", "00", "g" * 64, "A" * 64, "0" * 63, "0" * 65, "٠" * 64, " " * 64])
def test_what_is_no_hash_is_invalid(text: str) -> None:
    with pytest.raises(Invalid):
        XetHash.parse(text)


def test_a_hash_of_the_wrong_length_is_invalid() -> None:
    with pytest.raises(Invalid):
        XetHash(b"short")


@pytest.mark.parametrize("step", [1, 7, 4096, 5000])
def test_a_tree_grown_in_pieces_is_the_tree_grown_at_once(step: int) -> None:
    pairs = [(chunk_hash(str(i).encode()), 1 + i) for i in range(20_000)]
    tree = HashTree()
    for i in range(0, len(pairs), step):
        piece = pairs[i : i + step]
        tree.add(b"".join(found.raw for found, _ in piece), [size for _, size in piece])
    assert tree.root() == _reference_tree(pairs)


@pytest.mark.parametrize("count", [*range(40), 4095, 4096, 4097, 8192])
def test_a_tree_of_any_width_is_what_the_definition_says(count: int) -> None:
    pairs = [(chunk_hash(str(i).encode()), 1 + i) for i in range(count)]
    assert tree_hash(pairs) == _reference_tree(pairs)


def _reference_tree(pairs: list[tuple[XetHash, int]]) -> XetHash:
    """The definition, word for word, with no thought for speed."""
    from blake3 import blake3

    key = bytes.fromhex("017ec5c7a5472996fd946666b48a02e65ddd536f37c76dd2f86352e64a53713f")
    if not pairs:
        return NO_CHUNKS
    while len(pairs) > 1:
        level = []
        while pairs:
            group = pairs[: _reference_cut(pairs)]
            pairs = pairs[len(group) :]
            text = "".join(f"{found.text} : {size}\n" for found, size in group)
            level.append((XetHash(blake3(text.encode(), key=key).digest()), sum(size for _, size in group)))
        pairs = level
    return pairs[0][0]


def _reference_cut(pairs: list[tuple[XetHash, int]]) -> int:
    if len(pairs) <= 2:
        return len(pairs)
    most = min(9, len(pairs))
    for i in range(2, most):
        if int.from_bytes(pairs[i][0].raw[24:32], "little") % 4 == 0:
            return i + 1
    return most


@pytest.mark.parametrize("sizes", [[5], [131072] * 3, [131072] * 40 + [77]])
def test_hf_xet_gives_the_same_file_the_same_hash(tmp_path: Path, sizes: list[int]) -> None:
    hf_xet = pytest.importorskip("hf_xet")
    # a run of one byte never meets the client's cut condition, so it is cut at the longest chunk
    chunks = [bytes([i]) * size for i, size in enumerate(sizes)]
    path = tmp_path / "file"
    path.write_bytes(b"".join(chunks))
    (theirs,) = hf_xet.hash_files([str(path)])
    assert file_hash([(chunk_hash(chunk), len(chunk)) for chunk in chunks]).text == theirs.hash

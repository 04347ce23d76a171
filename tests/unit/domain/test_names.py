"""Names: what may be called what, with random input and with what people have tried."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.digest import Digest, GitOid
from entrepot.domain.errors import Invalid
from entrepot.domain.names import FilePath, PackageName, PackageType, RefName, RepositoryKey

SEGMENT = re.compile(r"[A-Za-z0-9_.-]{1,96}")


@pytest.mark.parametrize("text", ["a", "hub", "a-b", "0", "a" * 64])
def test_keys_are_short_words(text: str) -> None:
    assert str(RepositoryKey(text)) == text


@pytest.mark.parametrize("text", ["", "-a", "a-", "A", "a_b", "a/b", "a" * 65, "a\n", "é", "*"])
def test_keys_that_a_url_could_not_carry_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        RepositoryKey(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "a/",
        "/a",
        "a/b/c",
        "a--b/c",
        "a/b..c",
        ".a/b",
        "a/b.",
        "a/-b",
        "a/b.git",
        "a/B.GIT",
        "a/b.ipynb",
        "api/x",
        "Models/x",
        "datasets",
        "none",
        "\u0430da/x",
        "ada/\uff4dodel",
        "a/b\n",
        "a/" + "b" * 97,
        "a b/c",
        "a%2Fb",
    ],
)
def test_package_names_that_mean_something_else_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        PackageName.parse(PackageType.MODEL, text)


@given(st.text(max_size=40))
def test_a_package_name_is_plain_or_refused(text: str) -> None:
    try:
        name = PackageName.parse(PackageType.MODEL, text)
    except Invalid:
        return
    assert name.id == text and name.folded == text.lower()
    assert all(SEGMENT.fullmatch(part) for part in text.split("/"))


def test_types_are_known_by_their_plural() -> None:
    for kind in PackageType:
        assert PackageType.from_plural(kind.plural) is kind
    with pytest.raises(Invalid, match="songs"):
        PackageType.from_plural("songs")


@given(st.text(max_size=60) | st.lists(st.sampled_from(["a", ".", "..", "", ".git", "\u200c", "b c"])).map("/".join))
def test_a_path_stays_where_it_is_put_or_is_refused(text: str) -> None:
    try:
        path = FilePath(text)
    except Invalid:
        return
    assert "/".join(path.segments) == text
    assert path.name == path.segments[-1] and path.folder == "/".join(path.segments[:-1])
    assert not {"", ".", ".."} & set(path.segments)
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in text)
    assert len(text.encode()) <= 1024


@pytest.mark.parametrize(
    "text",
    [
        ".git/config",
        ".GIT",
        "a/.git",
        "git~1",
        ".git.",
        ".git ",
        ".git::$INDEX_ALLOCATION",
        ".g\u200cit",
        "\uff0egit",
        "a\\b",
        "a\0b",
        "a\x7fb",
        "\ud800",
        "a/" * 600,
        "é" * 128,
    ],
)
def test_paths_that_some_system_reads_differently_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        FilePath(text)


@pytest.mark.parametrize("text", ["a", ".gitattributes", ".github/x", "dir with spaces/ü.txt", "a:b", "x" * 255, "..."])
def test_paths_that_people_use_are_fine(text: str) -> None:
    assert FilePath(text).text == text


@given(st.text(max_size=40))
def test_a_branch_is_one_that_git_would_take_or_refused(text: str) -> None:
    try:
        name = RefName.branch(text)
    except Invalid:
        return
    assert name.kind in ("heads", "pr", "convert")
    assert not re.search(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|\.lock(/|$)|/$", name.text)


@pytest.mark.parametrize(
    ("text", "full", "short", "kind"),
    [
        ("main", "refs/heads/main", "main", "heads"),
        ("a/b", "refs/heads/a/b", "a/b", "heads"),
        ("refs/heads/x", "refs/heads/x", "x", "heads"),
        ("refs/pr/12", "refs/pr/12", "refs/pr/12", "pr"),
        ("refs/convert/parquet", "refs/convert/parquet", "refs/convert/parquet", "convert"),
    ],
)
def test_branches_have_a_full_and_a_short_name(text: str, full: str, short: str, kind: str) -> None:
    name = RefName.branch(text)
    assert (name.text, name.short, name.kind) == (full, short, kind)


@pytest.mark.parametrize(
    "text",
    [
        *("", "HEAD", "@", "a..b", "a b", "a.lock", "-a", ".a", "a/", "a//b", "a~1", "a^", "a:b", "a" * 40, "A" * 40),
        *("refs/pr/x", "refs/pr/", "refs/notes/x", "refs/tags/v1", "a@{1}", "x" * 256, "a\u202eb"),
    ],
)
def test_branches_that_git_would_not_take_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        RefName.branch(text)


def test_a_tag_is_named_with_and_without_its_kind() -> None:
    assert RefName.tag("v1") == RefName.tag("refs/tags/v1")
    assert (RefName.tag("v1").short, RefName.tag("v1").kind) == ("v1", "tags")


@given(st.binary())
def test_digests_are_64_lowercase_digits(data: bytes) -> None:
    digest = Digest.of(data)
    assert Digest(str(digest)).raw == digest.raw and len(digest.raw) == 32


@pytest.mark.parametrize("text", ["", "a" * 63, "A" * 64, "g" * 64, "a" * 64 + "\n", "sha256:" + "a" * 64])
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        Digest(text)
    with pytest.raises(Invalid):
        GitOid(text)
    assert not GitOid.looks_like(text)

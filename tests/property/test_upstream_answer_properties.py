"""Whatever an upstream says becomes a value of the domain or `UpstreamRefused`, and nothing else."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.domain.content import Package
from entrepot.domain.digest import GitOid
from entrepot.domain.errors import EntrepotError, UpstreamRefused
from entrepot.domain.names import FilePath, PackageName, PackageType, RepositoryKey
from entrepot.protocols.huggingface.upstream import parse
from entrepot.protocols.huggingface.upstream.facts import KEPT, facts_of
from entrepot.protocols.huggingface.upstream.parse import suspicion
from entrepot.protocols.huggingface.upstream.refusals import Refusal, Unexplained, explain
from entrepot.protocols.huggingface.upstream.wire import Hop

KEY = RepositoryKey("remote")
PACKAGE = Package(KEY, PackageName(PackageType.MODEL, "o", "m"), datetime.now(UTC), datetime.now(UTC))
HEX40 = st.text("0123456789abcdef", min_size=40, max_size=40)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | HEX40
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
WORDS = (
    "id", "modelId", "sha", "createdAt", "lastModified", "gated", "private", "downloads", "type", "path", "oid", "size",
    "lfs", "branches", "tags", "converts", "ref", "targetCommit", "authors", "user", "date", "title", "message",
    "cardData",
)  # fmt: skip
OBJECTS = st.dictionaries(st.sampled_from(WORDS), VALUES) | VALUES
HEADERS = st.dictionaries(
    st.sampled_from(
        ("X-Repo-Commit", "X-Linked-Etag", "ETag", "X-Linked-Size", "Content-Length", "Link", "Retry-After")
    ),
    st.text() | HEX40 | st.integers().map(str),
)


@given(OBJECTS)
def test_descriptions_and_lines_are_parsed_or_refused(said: Any) -> None:
    readers = (
        lambda: parse.revision(KEY, PackageType.MODEL, said),
        lambda: parse.entry(said),
        lambda: parse.refs(said),
        lambda: parse.commit(PACKAGE, said),
        lambda: parse.tags(said),
    )
    for reader in readers:
        try:
            with suspicion("it"):
                reader()
        except UpstreamRefused:
            pass


@given(st.lists(HEADERS, min_size=1, max_size=3), st.booleans())
def test_the_headers_of_a_file_are_parsed_or_refused(headers: list[dict[str, str]], at_home: bool) -> None:
    hops = [Hop(one, at_home, number == len(headers) - 1) for number, one in enumerate(headers)]
    try:
        with suspicion("it"):
            file = parse.file(FilePath("a"), GitOid("a" * 40), hops)
    except UpstreamRefused:
        return
    assert at_home
    assert file.size >= 0


@given(HEADERS, st.text())
def test_links_and_ranges_are_parsed_or_refused(headers: dict[str, str], text: str) -> None:
    for reader in (lambda: parse.next_cursor(headers), lambda: parse.range_start(text, 10)):
        try:
            with suspicion("it"):
                reader()
        except UpstreamRefused:
            pass


@given(
    st.integers(400, 599), st.sampled_from(["", "RepoNotFound", "EntryNotFound", "GatedRepo", "x"]), st.text(), HEADERS
)
def test_every_refusal_has_a_meaning_in_one_line(status: int, code: str, text: str, headers: dict[str, str]) -> None:
    told = explain(
        Refusal(status, {"X-Error-Code": code, "X-Error-Message": text, **headers}, text.encode("utf-8", "replace")),
        "it",
        "hub",
    )
    assert isinstance(told, EntrepotError | Unexplained)
    assert "\n" not in str(told)
    if status >= 500:
        assert not isinstance(told, Unexplained)


@given(st.dictionaries(st.sampled_from([*sorted(KEPT), "xetEnabled", "siblings", "_id", "host"]), VALUES))
def test_only_known_facts_come_through(said: dict[str, Any]) -> None:
    assert facts_of(said).keys() <= KEPT


def test_facts_that_are_too_deep_or_too_large_stay_behind() -> None:
    deep: Any = []
    for _ in range(100):
        deep = [deep]
    assert facts_of({"tags": ["a"], "config": deep, "description": "x" * (1 << 20)}) == {"tags": ["a"]}


@pytest.mark.parametrize("tag", ["a\x00b", "a\ud800b"])
def test_facts_that_no_database_takes_stay_behind(tag: str) -> None:
    assert facts_of({"tags": [tag], "sdk": "gradio"}) == {"sdk": "gradio"}


@pytest.mark.parametrize("link", ['<https://h/x?cursor=abc>; rel="next"', "<https://h/x?a=1&cursor=abc>; rel=next"])
def test_only_the_cursor_of_a_link_is_used(link: str) -> None:
    assert parse.next_cursor({"Link": link}) == "abc"


def test_an_etag_of_a_cdn_names_no_file() -> None:
    home = Hop({"X-Repo-Commit": "a" * 40, "X-Linked-Size": "5"}, True, False)
    away = Hop({"ETag": '"' + "b" * 40 + '"', "Content-Length": "5"}, False, True)
    with pytest.raises(UpstreamRefused), suspicion("it"):
        parse.file(FilePath("a"), GitOid("a" * 40), [home, away])

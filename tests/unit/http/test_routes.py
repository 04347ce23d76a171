"""Routes over raw paths: every escape is undone once, and no path fits a route that it should not."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from entrepot.domain.errors import Invalid
from entrepot.http.routes import Call, Route, RouteTable, decode, raw_path
from entrepot.protocols.huggingface.routes import ROUTES

HUB = RouteTable(ROUTES, "/hub/{key}")


async def _nothing(call: Call) -> Response:
    return Response()


def found(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The route's pattern and what stood in its holes; empty where nothing answers."""
    base, rest, holes = HUB.split(path)
    match = HUB.match(method, rest) if base else None
    return (match[0].pattern, {**holes, **match[1]}) if match else ("", {})


@pytest.mark.parametrize(
    ("method", "path", "pattern", "holes"),
    [
        (
            "GET",
            "/hub/k/ada/m/resolve/refs%2Fpr%2F1/a/b%20c",
            "/{prefix:prefix}{id:id}/resolve/{rev}/{path:path}",
            {"key": "k", "prefix": "", "id": "ada/m", "rev": "refs/pr/1", "path": "a/b c"},
        ),
        (
            "HEAD",
            "/hub/k/datasets/ada/m/resolve/main/resolve/main/x",
            "/{prefix:prefix}{id:id}/resolve/{rev}/{path:path}",
            {"key": "k", "prefix": "datasets/", "id": "ada/m", "rev": "main", "path": "resolve/main/x"},
        ),
        (
            "GET",
            "/hub/k/gpt2/resolve/main/x",
            "/{prefix:prefix}{id:id}/resolve/{rev}/{path:path}",
            {"key": "k", "prefix": "", "id": "gpt2", "rev": "main", "path": "x"},
        ),
        (
            "GET",
            "/hub/k/api/models/ada/m/tree/main/a%2Fb",
            "/api/{type:type}/{id:id}/tree/{rev}/{path:path}",
            {"key": "k", "type": "models", "id": "ada/m", "rev": "main", "path": "a/b"},
        ),
        ("GET", "/hub/k/api/models/", "/api/{type:type}", {"key": "k", "type": "models"}),
        ("GET", "/hub/k/api/songs/a/b", "/api/{rest:path}", {"key": "k", "rest": "songs/a/b"}),
        ("PATCH", "/hub/k/api/models", "", {}),
        ("GET", "/hub", "", {}),
        ("GET", "/hubs/k/api/models", "", {}),
    ],
)
def test_paths_lead_where_they_should(method: str, path: str, pattern: str, holes: dict[str, str]) -> None:
    assert found(method, path) == (pattern, holes)


@given(
    name=st.from_regex(r"[a-z0-9]{1,8}/[a-z0-9]{1,8}", fullmatch=True),
    rev=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    path=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(lambda p: p.strip("/") == p),
)
def test_what_a_client_quotes_comes_back_as_it_was(name: str, rev: str, path: str) -> None:
    pattern, holes = found("GET", f"/hub/k/{name}/resolve/{quote(rev, safe='')}/{quote(path, safe='')}")
    assert pattern.endswith("/resolve/{rev}/{path:path}")
    assert (holes["id"], holes["rev"], holes["path"]) == (name, rev, path)


@given(st.text(max_size=60).map(lambda text: "/hub/" + quote(text, safe="/%")))
def test_any_path_leads_somewhere_nowhere_or_is_refused(path: str) -> None:
    try:
        found("GET", path)
    except Invalid:
        return


def test_escapes_are_undone_once() -> None:
    assert decode("%252e%2e") == "%2e."
    with pytest.raises(Invalid):
        decode("%ff")


def test_doubled_slashes_are_one_and_the_query_is_no_path() -> None:
    scope = {"type": "http", "path": "/x", "raw_path": b"/hub//k///api?a=//", "headers": []}
    assert raw_path(Request(scope)) == "/hub/k/api"


def test_patterns_are_no_expressions() -> None:
    table = RouteTable([Route("GET", "/a.b+c/{x}", _nothing)], "/m")
    assert table.match("GET", "/a.b+c/1") is not None
    assert table.match("GET", "/aXbbc/1") is None
    assert table.match("GET", "/a.b+c/1/2") is None

"""Bytes leave through one gate: the ways out are listed, and none goes past it."""

import ast
from pathlib import Path

import pytest

from entrepot.app import collect_protocols
from entrepot.http.routes import Route
from entrepot.web.dispatch import collect_pages
from entrepot.web.pages import View

SRC = Path(__file__).parents[2] / "src" / "entrepot"

WAYS_OUT = {
    "GET /{prefix:prefix}{id:id}/resolve/{rev}/{path:path}",
    "GET /{prefix:prefix}{id:id}/raw/{rev}/{path:path}",
    "POST /{prefix:prefix}{id:id}/info/lfs/objects/batch",
    "GET /lfs/{link}",
    "POST /{prefix:prefix}{id:id}/git-upload-pack",
    "GET /api/{type:type}/{id:id}/xet-read-token/{rev}",
    "GET /api/{type:type}/{id:id}/xet-write-token/{rev}",
    "GET /cas/{epoch}/v1/reconstructions/{hash}",
    "GET /cas/{epoch}/v2/reconstructions/{hash}",
    "GET /cas/{epoch}/fetch/{link}",
}
"""Every route that hands out bytes of files, or a token that leads to them. A new one is added here on purpose."""


PAGES_OUT = {
    "GET /packages/{key}/{type:type}/{id:id}",
    "GET /raw/{key}/{type:type}/{id:id}",
}
"""Every page that does so. A page leads to the hub's resolve route, or goes through `operations.download` itself."""


def _views() -> list[View]:
    return [view for page in collect_pages() for view in page.views]


def _routes() -> list[Route]:
    return [route for protocol in collect_protocols().values() for route in protocol.routes]


def test_only_the_gate_makes_a_clearance() -> None:
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Clearance"):
                is_answer = node.func.id == "SendClearance"
                assert is_answer or path == SRC / "operations" / "gate.py", f"{path}:{node.lineno}"


@pytest.mark.parametrize("floor", ["protocols", "web"])
def test_who_speaks_to_clients_hands_the_registry_on_and_never_looks_inside(floor: str) -> None:
    for path in (SRC / floor).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                owner = ast.unparse(node.value)
                assert not (owner == "registry" or owner.endswith(".registry")), f"{path}:{node.lineno}"


def test_every_way_out_is_known() -> None:
    ways = {f"{route.method} {route.pattern}" for route in _routes() if route.gives_bytes}
    assert ways == WAYS_OUT
    assert {f"{view.method} {view.pattern}" for view in _views() if view.gives_bytes} == PAGES_OUT


def test_no_two_routes_answer_the_same() -> None:
    for protocol in collect_protocols().values():
        said = [(route.method, route.pattern) for route in protocol.routes]
        assert len(said) == len(set(said))
    pages = [(view.method, view.pattern) for view in _views()]
    assert len(pages) == len(set(pages))


@pytest.mark.parametrize("suffix", ["SendClearance", "SendPieces"])
def test_only_routes_that_are_listed_send_pieces(suffix: str) -> None:
    endpoints = {route.endpoint.__module__ for route in (*_routes(), *_views()) if route.gives_bytes}
    for path in (*(SRC / "protocols").rglob("*.py"), *(SRC / "web").rglob("*.py")):
        if suffix in path.read_text():
            module = "entrepot." + path.relative_to(SRC).with_suffix("").as_posix().replace("/", ".")
            assert module in endpoints, f"{module} sends bytes and has no route that says so"

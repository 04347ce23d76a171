"""The pages about packages in a real browser: light, dark and narrow; nothing complains, and everybody can use them."""

import asyncio
from collections.abc import Iterator

import pytest

from browser import chromium
from live_server import LiveServer
from package_making import CARD, torch_zip
from pages_in_a_browser import AXE, LOOKS, Filled, barriers, look_at
from weights_making import weights

WARNING = 'name = "house"\nrepositories = ["*"]\n[[rule]]\nname = "careful"\neffect = "warn"\nverdict = "malicious"\n'
ELSEWHERE = 'name = "default"\nrepositories = ["nowhere"]\n[[rule]]\nname = "x"\neffect = "warn"\npath = ["x"]\n'
HOSTILE_CARD = (
    CARD + "\n\n<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1))\n\n```\ncode\n```\n"
)
BASE = "/packages/models/models/ada/model"
PAGES = (
    *(f"{BASE}?tab={tab}" for tab in ("card", "files", "tensors", "revisions", "security", "license", "usage")),
    *(f"{BASE}?tab=properties", f"{BASE}?path=config.json", f"{BASE}?path=weights"),
    *(f"{BASE}?tab=security&path=weights/model.pt", f"{BASE}?tab=revisions&since={{first}}"),
    *(
        "/findings",
        "/findings/pickle.call.process",
        "/search",
        "/search?q=ada",
        "/search?q=apache-2.0",
        "/search?q=zzz",
    ),
)
pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no Chromium on this machine")


class Shelf(Filled):
    """A server with a package in which there is a little of everything."""

    first = ""

    def fill(self) -> None:
        """Put it there, in two commits."""
        self.server.api("POST", "/policies", {"text": WARNING, "note": "first"})
        self.server.api("POST", "/policies", {"text": ELSEWHERE, "note": "only ours"})
        self.ask("POST", "/hub/models/api/repos/create", {"name": "ada/model"})
        files = {
            "README.md": HOSTILE_CARD.encode(),
            "config.json": b'{"hidden_size": 2}',
            "docs/notes.md": b"# Notes\n",
        }
        self.first = self.commit(files, "The first files")[1]["commitOid"]
        names = {f"weights/{'long-' * 20}name.safetensors": weights(600), "weights/model.pt": torch_zip()}
        more = {**names, "model.safetensors": weights(4000), "config.json": b"{}"}
        assert self.commit(more, "Weights <b>and</b> more")[0] == 200

    def url(self, page: str) -> str:
        """Where a page is."""
        return super().url(page.format(first=self.first))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """The server, once for all tests here."""
    with LiveServer(tmp_path_factory.mktemp("web") / "data") as server:
        yield Shelf(server)


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_about_packages_is_shown_without_complaints_and_fits(filled: Shelf, look: str) -> None:
    asyncio.run(look_at(filled, PAGES, look))


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: make axe")
@pytest.mark.parametrize("look", LOOKS)
def test_everybody_can_use_every_page_about_packages(filled: Shelf, look: str) -> None:
    assert asyncio.run(barriers(filled, PAGES, look)) == []

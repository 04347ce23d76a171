"""The pages about packages in a real browser: light, dark and narrow; nothing complains, and everybody can use them."""

import asyncio
import base64
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import browsing, chromium
from live_server import PATIENCE, LiveServer
from package_making import CARD, torch_zip
from weights_making import weights

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
LOOKS: dict[str, dict[str, Any]] = {"light": {}, "dark": {"dark": True}, "narrow": {"width": 360, "height": 740}}
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


class Filled:
    """A server with a package in which there is a little of everything."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        server.api("POST", "/policies", {"text": WARNING, "note": "first"})
        server.api("POST", "/policies", {"text": ELSEWHERE, "note": "only ours"})
        self._ask("/hub/models/api/repos/create", json.dumps({"name": "ada/model"}).encode())
        files = {
            "README.md": HOSTILE_CARD.encode(),
            "config.json": b'{"hidden_size": 2}',
            "docs/notes.md": b"# Notes\n",
        }
        self.first = self._commit(files, "The first files")
        names = {f"weights/{'long-' * 20}name.safetensors": weights(600), "weights/model.pt": torch_zip()}
        self._commit({**names, "model.safetensors": weights(4000), "config.json": b"{}"}, "Weights <b>and</b> more")

    def _ask(self, path: str, data: bytes) -> Any:
        request = urllib.request.Request(f"{self.server.origin}{path}", data, method="POST")
        request.add_header("Authorization", f"Bearer {self.server.token}")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def _commit(self, files: dict[str, bytes], summary: str) -> str:
        lines: list[dict[str, Any]] = [{"key": "header", "value": {"summary": summary, "description": ""}}]
        for path, data in files.items():
            content = base64.b64encode(data).decode()
            lines.append({"key": "file", "value": {"path": path, "content": content, "encoding": "base64"}})
        body = "\n".join(map(json.dumps, lines)).encode()
        return str(self._ask("/hub/models/api/models/ada/model/commit/main", body)["commitOid"])

    def url(self, page: str) -> str:
        """Where a page is."""
        return self.server.origin + page.format(first=self.first)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """The server, once for all tests here."""
    with LiveServer(tmp_path_factory.mktemp("web") / "data") as server:
        yield Filled(server)


async def _sign_in(tab: Any, filled: Filled) -> None:
    await tab.open(f"{filled.server.origin}/sign-in?next=/settings")
    await tab.run(f"document.getElementById('token').value = {json.dumps(filled.server.token)}")
    await tab.run("document.querySelector('main form button').click()")
    await tab.until("location.pathname === '/settings'")


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_about_packages_is_shown_without_complaints_and_fits(filled: Filled, look: str) -> None:
    async def scenario() -> None:
        async with browsing(chromium() or "") as tab:
            await _sign_in(tab, filled)
            await tab.look(**LOOKS[look])
            for page in PAGES:
                await tab.open(filled.url(page))
                assert await tab.run("document.querySelectorAll('h1').length") == 1, page
                wide = await tab.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert wide <= 0, f"{page} is {wide} pixels too wide"
                assert await tab.run("document.querySelector('main img, main script, main iframe') === null"), page
                assert tab.complaints == [], page

    asyncio.run(scenario())


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: make axe")
@pytest.mark.parametrize("look", LOOKS)
def test_everybody_can_use_every_page_about_packages(filled: Filled, look: str) -> None:
    async def scenario() -> None:
        script = AXE.read_text()
        async with browsing(chromium() or "") as tab:
            await _sign_in(tab, filled)
            await tab.look(**LOOKS[look])
            wrong: list[str] = []
            for page in PAGES:
                await tab.open(filled.url(page))
                await tab.run(f"{script}; true")
                found = await tab.run("axe.run().then(found => found.violations)")
                wrong += [
                    f"{page}: {one['id']} ({one['impact']}): {one['help']}: {one['nodes'][0]['html'][:200]}"
                    for one in found
                    if one["impact"] in ("serious", "critical")
                ]
            assert wrong == []

    asyncio.run(scenario())

"""Pages in a real browser for tests: a server on which something happened, looks, and what may be wrong with a page."""

import asyncio
import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from typing import Any

from browser import Tab, browsing, chromium
from live_server import PATIENCE, ROOT, LiveServer

AXE = ROOT / "tests" / "conformance" / "web" / "node_modules" / "axe-core" / "axe.min.js"
LOOKS: dict[str, dict[str, Any]] = {"light": {}, "dark": {"dark": True}, "narrow": {"width": 360, "height": 740}}


class Filled:
    """A server on which something happened; a subclass says what."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.fill()

    def fill(self) -> None:
        """Let it happen."""

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The status of one request of the administrator's, and what it is answered where that is JSON."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.server.origin}{path}", data, method=method)
        request.add_header("Authorization", f"Bearer {self.server.token}")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                is_json = answer.headers.get_content_type() == "application/json"
                return int(answer.status), json.load(answer) if is_json else None
        except urllib.error.HTTPError as error:
            return error.code, None

    def commit(self, files: dict[str, bytes], summary: str = "s") -> tuple[int, Any]:
        """The same for a commit of these files to ada/model."""
        lines: list[dict[str, Any]] = [{"key": "header", "value": {"summary": summary, "description": ""}}]
        for path, data in files.items():
            content = base64.b64encode(data).decode()
            lines.append({"key": "file", "value": {"path": path, "content": content, "encoding": "base64"}})
        body = "\n".join(map(json.dumps, lines)).encode()
        return self.ask("POST", "/hub/models/api/models/ada/model/commit/main", body)

    def url(self, page: str) -> str:
        """Where a page is."""
        return self.server.origin + page


async def sign_in(tab: Tab, filled: Filled) -> None:
    """Sign in as the administrator."""
    await tab.open(f"{filled.server.origin}/sign-in?next=/settings")
    await tab.run(f"document.getElementById('token').value = {json.dumps(filled.server.token)}")
    await press(tab, "document.querySelector('main form button')")
    assert await tab.run("location.pathname") == "/settings"


async def press(tab: Tab, what: str) -> None:
    """Click on something that leads to another page, and wait until that is there."""
    await tab.run("window.old = true")
    await tab.run(f"{what}.click()")
    for _ in range(200):
        try:
            if await tab.run("window.old === undefined && document.readyState === 'complete'"):
                return
        except AssertionError:  # between two pages there is nothing to ask
            pass
        await asyncio.sleep(0.05)
    raise AssertionError("no other page came")


async def look_at(filled: Filled, pages: Iterable[str], look: str) -> None:
    """Each page has one heading, fits, shows nothing of a stranger's as markup, and nothing complains."""
    async with browsing(chromium() or "") as tab:
        await sign_in(tab, filled)
        await tab.look(**LOOKS[look])
        for page in pages:
            await tab.open(filled.url(page))
            assert await tab.run("document.querySelectorAll('h1').length") == 1, page
            wide = await tab.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{page} is {wide} pixels too wide"
            assert await tab.run("document.querySelector('main img, main script, main iframe') === null"), page
            assert tab.complaints == [], page


async def barriers(filled: Filled, pages: Iterable[str], look: str) -> list[str]:
    """What axe finds on the pages that keeps people from using them."""
    script, found = AXE.read_text(), []
    async with browsing(chromium() or "") as tab:
        await sign_in(tab, filled)
        await tab.look(**LOOKS[look])
        for page in pages:
            await tab.open(filled.url(page))
            await tab.run(f"{script}; true")
            found += [
                f"{page}: {one['id']} ({one['impact']}): {one['help']}: {one['nodes'][0]['html'][:200]}"
                for one in await tab.run("axe.run().then(found => found.violations)")
                if one["impact"] in ("serious", "critical")
            ]
    return found

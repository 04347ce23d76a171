"""Pages in a real browser: each in light, dark and narrow; nothing complains, and everybody can use them."""

import asyncio
import json
import urllib.parse
import urllib.request
from collections.abc import Iterator

import pytest

from browser import Tab, browsing, chromium
from live_server import PATIENCE, LiveServer
from pages_in_a_browser import AXE, LOOKS, Filled, barriers, look_at, press, sign_in

POLICY = """name = "house <b>rules</b>"
repositories = ["*"]
[[rule]]
name = "not these <img src=x onerror=alert(1)>"
effect = "block"
path = ["*.bin"]
unless.approved = true
[[rule]]
name = "wait for those"
effect = "hold"
path = ["*.txt"]
"""
PAGES = (
    *("/", "/repositories", "/repositories/models", "/decisions", "/decisions/{uid}", "/waivers", "/waivers?show=all"),
    *("/waivers/ask?decision={uid}", "/policies", "/policies/{policy}", "/policy-editor?name={policy}", "/storage"),
    *("/tokens", "/set-me-up", "/set-me-up?client=git", "/settings", "/doctor", "/sign-in"),
    *("/inventory", "/inventory?since=30d&sort=licenses", "/savings", "/savings?hours=2.5"),
)
pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no Chromium on this machine")


class House(Filled):
    """A server on which a little of everything has happened."""

    uid = ""

    def fill(self) -> None:
        """Let it happen: a policy, downloads, refusals, waivers."""
        server = self.server
        server.api("POST", "/policies", {"text": POLICY, "note": "first"})
        server.api("POST", "/policies", {"text": POLICY + "# more\n", "note": "second <script>"})
        self.ask("POST", "/hub/models/api/repos/create", {"name": "ada/model"})
        files = {"README.md": b"---\nlicense: mit\n---\n# Hello\n", "notes.md": b"hello"}
        assert self.commit(files)[0] == 200
        assert self.commit({"weights.bin": b"\x00" * 40})[0] == 403
        for path in ("README.md", "notes.md"):
            self.ask("GET", f"/hub/models/ada/model/resolve/main/{path}")
        found = server.api("GET", "/decisions?blocked=true")["decisions"]
        self.uid = found[0]["id"]
        for reason in ("<script>alert(1)</script>", "I need it for a benchmark"):
            server.api("POST", "/waivers", {"decision": self.uid, "reason": reason, "days": 3})
        server.api("POST", "/waivers/1", {"standing": "granted", "answer": "<b>fine</b>"})
        server.new_token("models:read", user="<i>grace</i>")

    def url(self, page: str) -> str:
        """Where a page is."""
        policy = urllib.parse.quote("house <b>rules</b>", safe="")
        return super().url(page.format(uid=self.uid, policy=policy))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The server, once for all tests here."""
    with LiveServer(tmp_path_factory.mktemp("web") / "data") as server:
        yield House(server)


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_shown_without_complaints_and_fits(filled: House, look: str) -> None:
    asyncio.run(look_at(filled, PAGES, look))


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: make axe")
@pytest.mark.parametrize("look", LOOKS)
def test_everybody_can_use_every_page(filled: House, look: str) -> None:
    assert asyncio.run(barriers(filled, PAGES, look)) == []


def test_keys_lead_where_they_say(filled: House) -> None:
    async def scenario() -> None:
        async with browsing(chromium() or "") as tab:
            await sign_in(tab, filled)
            await tab.key("/")
            assert await tab.run("document.activeElement.id") == "q"
            await tab.run("document.activeElement.blur()")
            await tab.key("?")
            assert await tab.run("document.getElementById('keys').open")
            await tab.run("document.getElementById('keys').close()")
            await tab.key("g")
            await tab.key("w")
            await tab.until("location.pathname === '/waivers'")
            assert tab.complaints == []

    asyncio.run(scenario())


def test_the_effect_of_a_policy_follows_what_is_typed(filled: House) -> None:
    async def scenario() -> None:
        async with browsing(chromium() or "") as tab:
            await sign_in(tab, filled)
            await tab.open(filled.url("/policy-editor?name={policy}"))
            fire = "t.dispatchEvent(new Event('input', {{bubbles: true}}))"
            typed = "t = document.getElementById('text'); t.value = {}; " + fire
            await tab.run(typed.format(json.dumps("nonsense")))
            await tab.until("document.getElementById('effect').innerText.includes('not TOML')")
            await tab.run(typed.format(json.dumps(POLICY.replace("*.bin", "README.md"))))
            await tab.until("document.getElementById('effect').innerText.includes('would have refused 1')")
            assert await tab.run("document.getElementById('effect').querySelector('img, script') === null")
            assert tab.complaints == []

    asyncio.run(scenario())


def test_a_waiver_is_decided_and_the_check_lights_up(filled: House) -> None:
    async def scenario() -> None:
        async with browsing(chromium() or "") as tab:
            await sign_in(tab, filled)
            await tab.open(filled.url("/waivers"))
            await tab.run("document.querySelector('input[name=answer]').value = 'seen'")
            await press(tab, "document.querySelector('button[value=refused]')")
            assert await tab.run("document.body.innerText.includes('No waiver waits')")

            await tab.open(filled.url("/set-me-up?repository=models"))
            await press(tab, "document.querySelector('main form[method=post] button')")
            secret = await tab.run("document.querySelector('pre').innerText.match(/hf_\\w{37}/)[0]")
            assert await tab.run("document.querySelector('#used .lamp.on') === null")
            request = urllib.request.Request(f"{filled.server.origin}/api/v1/whoami")
            request.add_header("Authorization", f"Bearer {secret}")
            await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=PATIENCE).close())
            await tab.until("document.querySelector('#used .lamp.on') !== null")
            assert tab.complaints == []

    asyncio.run(scenario())


def test_without_scripts_everything_can_be_read_and_sent(filled: House) -> None:
    async def scenario() -> None:
        async with browsing(chromium() or "") as tab:
            await tab.do("Emulation.setScriptExecutionDisabled", value=True)
            await sign_in(tab, filled)
            await tab.open(filled.url("/policy-editor?name={policy}"))
            await _press_without_scripts(tab, "button[formaction]", "/policy-editor/effect")
            assert await tab.run("document.getElementById('effect').innerText.includes('Its effect')")
            await tab.open(filled.url("/set-me-up"))
            # The page before may have said only now that it is loaded.
            await tab.until("!!document.querySelector('button.copy')")
            assert await tab.run("document.querySelector('button.copy').hidden")

    asyncio.run(scenario())


async def _press_without_scripts(tab: Tab, selector: str, path: str) -> None:
    await tab.run(f"document.querySelector('{selector}').click()")
    for _ in range(200):
        if await tab.run("location.pathname") == path:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{path} did not come")

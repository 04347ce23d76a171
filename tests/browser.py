"""A real browser for tests: headless Chromium, driven over the DevTools protocol, ended by its process id."""

import asyncio
import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

PATIENCE = 30.0
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """The program, where there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Tab:
    """One page. What its console says and what breaks its policy is gathered in `complaints`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.complaints: list[str] = []
        self._socket = socket
        self._number = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._loaded = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                future = self._waiting.pop(said["id"], None)
                if future is not None and not future.done():
                    future.set_result(said)
            else:
                self._note(said["method"], said["params"])

    def _note(self, method: str, params: Any) -> None:
        if method == "Page.loadEventFired":
            self._loaded.set()
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"].get("exception", params))[:500])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.complaints.append(str([arg.get("value") for arg in params["args"]]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif method == "Audits.issueAdded" and "ContentSecurityPolicy" in params["issue"]["code"]:
            self.complaints.append(json.dumps(params["issue"])[:500])

    async def do(self, method: str, **params: Any) -> Any:
        """What the browser answers to one command of the protocol."""
        self._number += 1
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[self._number] = future
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        said = await asyncio.wait_for(future, PATIENCE)
        assert "error" not in said, f"{method}: {said['error']}"
        return said["result"]

    async def begin(self) -> None:
        """Listen to what the page says."""
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            await self.do(f"{domain}.enable")

    async def open(self, url: str) -> None:
        """Go there, and wait until it is loaded."""
        self._loaded.clear()
        said = await self.do("Page.navigate", url=url)
        assert not said.get("errorText"), f"{url}: {said['errorText']}"
        await asyncio.wait_for(self._loaded.wait(), PATIENCE)

    async def run(self, script: str) -> Any:
        """What an expression comes to; promises are waited for."""
        said = await self.do("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in said, str(said["exceptionDetails"])[:1000]
        return said["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until an expression is true."""
        for _ in range(200):
            if await self.run(script):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"it never became true: {script}")

    async def look(self, *, dark: bool = False, width: int = 1280, height: int = 900) -> None:
        """Be a window of that size, for somebody who prefers light or dark."""
        narrow = width < 500
        await self.do(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=narrow
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.do("Emulation.setEmulatedMedia", features=[scheme])

    async def picture(self, path: Path) -> None:
        """All of the page as a picture."""
        shown = await self.do("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        path.write_bytes(base64.b64decode(shown["data"]))

    async def cookie(self, url: str, name: str, value: str) -> None:
        """The browser has this cookie from now on."""
        await self.do("Network.setCookie", url=url, name=name, value=value, httpOnly=True, sameSite="Lax")

    async def key(self, text: str) -> None:
        """Press and release a key that writes one character."""
        await self.do("Input.dispatchKeyEvent", type="keyDown", text=text, key=text)
        await self.do("Input.dispatchKeyEvent", type="keyUp", key=text)

    def close(self) -> None:
        """Stop listening."""
        self._reader.cancel()


@asynccontextmanager
async def browsing(program: str) -> AsyncIterator[Tab]:
    """A new browser with one tab and an empty profile; both are gone afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
                "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            port = await _port(Path(profile) / "DevToolsActivePort")
            async with aiohttp.ClientSession() as http:
                async with http.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    page = next(one for one in await answer.json() if one["type"] == "page")
                async with http.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    tab = Tab(socket)
                    await tab.begin()
                    try:
                        yield tab
                    finally:
                        tab.close()
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)


async def _port(file: Path) -> int:
    for _ in range(int(PATIENCE / 0.05)):
        if file.exists() and (text := file.read_text()):
            return int(text.split()[0])
        await asyncio.sleep(0.05)
    raise AssertionError("the browser did not say on which port it listens")

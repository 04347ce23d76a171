"""Mounts: which application answers below which path. Protocols match raw paths and need no more than this."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send


class Mounts:
    """Hands a request to the application that its path begins with, and everything else to the last one."""

    def __init__(self, mounts: Mapping[str, ASGIApp], otherwise: ASGIApp) -> None:
        self._mounts = [(f"{mount}/", app) for mount, app in mounts.items()]
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; start and end of the server are the last one's business."""
        if scope["type"] == "http":
            for prefix, app in self._mounts:
                if scope["path"].startswith(prefix):
                    await app(scope, receive, send)
                    return
        await self._otherwise(scope, receive, send)

"""Pool: the connections of this process to its upstreams."""

import asyncio
import socket

import aiohttp
from yarl import URL

from entrepot import __version__
from entrepot.protocols.huggingface.upstream.guard import OutsideResolver, check_literal, same_origin, stands_inside

CONNECTIONS = 512
PER_HOST = 128
"""One for each transfer that is under way, and some for questions."""
READ_BUFFER = 2 << 20
"""How much of a body waits in memory; twice this at the most, for each transfer."""
CONNECT_SECONDS = 10.0
MAX_HEADER = 32 << 10
"""Signed links in redirects are long."""


class Pool:
    """Two clients: one that goes anywhere, for upstreams as they were set up, and one that stays outside."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._inside: dict[str, bool] = {}

    async def session(self, upstream: URL, target: URL) -> aiohttp.ClientSession:
        """What to ask `target` with, to which `upstream` led. Raises `UpstreamRefused` for an address inside."""
        if same_origin(target, upstream):
            return self._session(guarded=False)
        host = upstream.host or ""
        if host not in self._inside:
            self._inside[host] = await stands_inside(host)
        if self._inside[host]:
            return self._session(guarded=False)
        check_literal(target.host or "")
        return self._session(guarded=True)

    def _session(self, *, guarded: bool) -> aiohttp.ClientSession:
        if guarded not in self._sessions:
            self._sessions[guarded] = self._open(guarded)
        return self._sessions[guarded]

    def _open(self, guarded: bool) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=CONNECTIONS,
            limit_per_host=PER_HOST,
            resolver=OutsideResolver() if guarded else aiohttp.ThreadedResolver(),
            ttl_dns_cache=30,
            family=socket.AF_UNSPEC,
        )
        # No cookies and no proxies of the environment: what is sent is what stands in this folder.
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            read_bufsize=READ_BUFFER,
            max_line_size=MAX_HEADER,
            max_field_size=MAX_HEADER,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=min(CONNECT_SECONDS, self.seconds), sock_read=self.seconds
            ),
            headers={"User-Agent": f"entrepot/{__version__}", "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Let go of every connection."""
        sessions, self._sessions = list(self._sessions.values()), {}
        await asyncio.gather(*(session.close() for session in sessions))

"""Wire: requests to one upstream. Redirects are followed by hand, answers are bounded, the token stays at home."""

import asyncio
import json
import math
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
from yarl import URL

from entrepot.domain.errors import UpstreamRefused, UpstreamUnavailable
from entrepot.protocols.huggingface.upstream.guard import same_origin
from entrepot.protocols.huggingface.upstream.pool import Pool
from entrepot.protocols.huggingface.upstream.refusals import Refusal, explain

T = TypeVar("T")

MAX_JSON = 64 << 20
"""A page of a listing or the description of a package; the largest known have a few megabytes."""
MAX_REFUSAL = 64 << 10
"""How much of an error's body is looked at."""
MAX_REDIRECTS = 8
ATTEMPTS = 3
"""How often a question is asked before upstream counts as away."""
FIRST_PAUSE = 0.3
LONGEST_PAUSE = 5
"""Whoever wants to be left alone for longer is not asked again by us but by the client, later."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Hop:
    """One response on the way: its headers, and whether upstream itself gave it."""

    headers: Mapping[str, str]
    at_home: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """The last response of a chain of redirects, and every hop to it, itself included."""

    response: aiohttp.ClientResponse
    hops: tuple[Hop, ...]


class Wire:
    """One upstream, by the URL below which it speaks the Hub's protocol."""

    def __init__(self, pool: Pool, base: str, token: str) -> None:
        self._pool = pool
        self._base = URL(base.rstrip("/"), encoded=True)
        self._token = token
        self.host = self._base.host or base

    async def json(self, path: str, query: Sequence[tuple[str, str]], what: str) -> tuple[Any, Mapping[str, str]]:
        """What a page says, with its headers. Raises `UpstreamError`, what a refusal means, and `Unexplained`."""
        url = self._url(path).with_query(list(query)) if query else self._url(path)

        async def ask() -> tuple[Any, Mapping[str, str]]:
            async with self.exchange("GET", url, what) as reply:
                body = await _read(reply.response, MAX_JSON, what)
                return await asyncio.to_thread(_parse, body, what), reply.response.headers

        return await self._patiently(ask, what)

    async def head(self, path: str, what: str) -> tuple[Hop, ...]:
        """The hops to a file, as far as they are needed to know it."""

        async def ask() -> tuple[Hop, ...]:
            async with self.exchange("HEAD", self._url(path), what, until=_names_a_file) as reply:
                return reply.hops

        return await self._patiently(ask, what)

    def _url(self, path: str) -> URL:
        return URL(f"{self._base}{path}", encoded=True)

    async def _patiently(self, ask: Callable[[], Awaitable[T]], what: str) -> T:
        try:
            async with asyncio.timeout(self._pool.seconds):
                for attempt in range(1, ATTEMPTS):
                    try:
                        return await ask()
                    except UpstreamUnavailable as error:
                        if error.after > LONGEST_PAUSE:
                            raise
                    await asyncio.sleep(FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1))
                return await ask()
        except TimeoutError:
            raise UpstreamUnavailable(f"{self.host} did not answer for {what} in time") from None

    @asynccontextmanager
    async def exchange(
        self,
        method: str,
        target: str | URL,
        what: str,
        *,
        headers: Mapping[str, str] | None = None,
        until: Callable[[Mapping[str, str]], bool] | None = None,
    ) -> AsyncIterator[Reply]:
        """The answer at the end of all redirects, or of the first that says all that `until` wants.

        Raises what an answer that is no success means, and `UpstreamUnavailable` for all that goes wrong on the way,
        while the body is read as well.
        """
        url = self._url(target) if isinstance(target, str) else target
        hops: list[Hop] = []
        with self._in_our_words(what):
            while True:
                session = await self._pool.session(self._base, url)
                async with session.request(
                    method, url, headers={**(headers or {}), **self._authorization(url)}, allow_redirects=False
                ) as response:
                    moves_on = response.status in _REDIRECTS
                    hops.append(Hop(response.headers, self._is_home(url), not moves_on))
                    if not moves_on or (until is not None and until(response.headers)):
                        await self._check(response, what)
                        yield Reply(response, tuple(hops))
                        return
                    url = self._next(url, response.headers.get("Location", ""), hops, what)

    def _authorization(self, url: URL) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token and self._is_home(url) else {}

    def _is_home(self, url: URL) -> bool:
        return same_origin(url, self._base)

    def _next(self, url: URL, location: str, hops: Sequence[Hop], what: str) -> URL:
        try:
            target = url.join(URL(location, encoded=True))
            proper = bool(location) and target.scheme in ("http", "https") and bool(target.host)
        except ValueError:
            proper = False
        if not proper:
            raise UpstreamRefused(f"{self.host} redirects {what} to something that is no URL", 502)
        if url.scheme == "https" and target.scheme == "http":
            raise UpstreamRefused(f"{self.host} redirects {what} from https to http", 502)
        if len(hops) > MAX_REDIRECTS:
            raise UpstreamRefused(f"{self.host} redirects {what} more than {MAX_REDIRECTS} times", 502)
        return target

    async def _check(self, response: aiohttp.ClientResponse, what: str) -> None:
        if response.status < 400:
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise UpstreamRefused(f"{self.host} sends {what} compressed although it was asked not to", 502)
            return
        body = await response.content.read(MAX_REFUSAL)
        raise explain(Refusal(response.status, response.headers, body), what, self.host)

    @contextmanager
    def _in_our_words(self, what: str) -> Iterator[None]:
        # The errors' own texts stay out of the message: they can hold signed links.
        try:
            yield
        except TimeoutError as error:
            raise UpstreamUnavailable(f"{self.host} has been silent for too long over {what}") from error
        except (aiohttp.ClientError, OSError) as error:
            reason = type(error).__name__
            raise UpstreamUnavailable(f"{self.host} can't be reached or broke off over {what} ({reason})") from error


def _names_a_file(headers: Mapping[str, str]) -> bool:
    return all(name in headers for name in ("X-Repo-Commit", "X-Linked-Etag", "X-Linked-Size"))


async def _read(response: aiohttp.ClientResponse, limit: int, what: str) -> bytes:
    gathered = bytearray()
    async for piece in response.content.iter_any():
        gathered += piece
        if len(gathered) > limit:
            raise UpstreamRefused(f"upstream says more than {limit} bytes about {what}", 502)
    return bytes(gathered)


def _parse(body: bytes, what: str) -> Any:
    try:
        return json.loads(body, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise UpstreamRefused(f"what upstream says about {what} is not JSON", 502) from None


def _no_constant(word: str) -> float:
    raise ValueError(word)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number

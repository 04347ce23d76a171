"""Guard: an upstream out in the world must not send this server to addresses inside."""

import asyncio
import ipaddress
import socket
from typing import Any

from aiohttp import ThreadedResolver
from aiohttp.abc import ResolveResult
from yarl import URL

from entrepot.domain.errors import UpstreamRefused


class OutsideResolver(ThreadedResolver):
    """Finds addresses out in the world, and no others."""

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
        """The host's addresses; raises `OSError` where one of them is inside."""
        found = await super().resolve(host, port, family)
        if any(_is_inside(result["host"]) for result in found):
            raise OSError(None, f"{host} is an address inside, where upstream must not send us")
        return found


def same_origin(one: URL, other: URL) -> bool:
    """Whether scheme, host and port are the same, however they are written; another port is somebody else."""
    return (one.scheme, (one.host or "").lower(), one.port) == (other.scheme, (other.host or "").lower(), other.port)


def check_literal(host: str) -> None:
    """Go on, or raise `UpstreamRefused` for an address inside that is written as numbers: those are not resolved."""
    if _is_inside(host, literal_only=True):
        raise UpstreamRefused(f"upstream redirects to {host}, an address inside", 502)


async def stands_inside(host: str) -> bool:
    """Whether the upstream itself is inside: then its files may be, too. Not so where it can't be told."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return any(_is_inside(str(address[0])) for *_, address in found)


def _is_inside(host: str, *, literal_only: bool = False) -> bool:
    try:
        return not ipaddress.ip_address(host.strip("[]").partition("%")[0]).is_global
    except ValueError:
        return not literal_only

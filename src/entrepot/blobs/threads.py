"""The one hop from waiting to working: blocking calls run in a pool of threads of our own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

T = TypeVar("T")
Args = TypeVarTuple("Args")

_POOL = ThreadPoolExecutor(max_workers=32, thread_name_prefix="bytes")
"""Enough threads to keep disks busy; each holds at most one piece, so memory stays bounded."""


async def in_thread(function: Callable[[*Args], T], *args: *Args) -> T:
    """What the function returns, run where it may block."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, function, *args)

"""Frames of a shard's answer: something is said while the work takes, and the last one says how it ended."""

import asyncio
import json

import pytest

from entrepot.domain.content import Blob
from entrepot.domain.errors import EntrepotError, Invalid, NotReady
from entrepot.operations.xet.commit_shard import Progress
from entrepot.protocols.huggingface.xet import shards
from entrepot_testing import run


async def frames(result: list[Blob] | EntrepotError, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    monkeypatch.setattr(shards, "HEARTBEAT", 0)
    work: asyncio.Future[list[Blob]] = asyncio.get_running_loop().create_future()
    progress, seen = Progress(3), []
    async for frame in shards._frames(work, progress):
        assert frame.endswith(b"\n")
        seen.append(json.loads(frame))
        if len(seen) == 2:
            progress.verified = 3
            progress.is_committing = True
        if len(seen) == 3:
            if isinstance(result, EntrepotError):
                work.set_exception(result)
            else:
                work.set_result(result)
    return seen


BEFORE = [
    {"type": "validating", "verified": 0, "total": 3},
    {"type": "validating", "verified": 0, "total": 3},
    {"type": "committing", "stage": "recording files"},
]


@pytest.mark.parametrize(
    ("result", "last"),
    [
        ([], {"type": "result"}),
        (Invalid("no"), {"type": "error", "message": "no", "retryable": False}),
        (NotReady("later"), {"type": "error", "message": "later", "retryable": True}),
    ],
)
def test_the_last_frame_says_how_it_ended(
    result: list[Blob] | EntrepotError, last: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(frames, result, monkeypatch) == [*BEFORE, last]


def test_work_that_nobody_waits_for_is_stopped() -> None:
    async def test() -> None:
        work = asyncio.ensure_future(asyncio.Event().wait())
        pieces = shards._frames(work, Progress(1))  # type: ignore[arg-type]
        await anext(pieces)
        await pieces.aclose()  # type: ignore[attr-defined]
        assert work.cancelled()

    run(test)

"""Asking an upstream no more often than needed, and giving old answers while it is away."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from entrepot.catalog import upstream
from entrepot.catalog.moments import now
from entrepot.catalog.repositories import RepositoryRow
from entrepot.catalog.upstream import Answer
from entrepot.domain.content import Json
from entrepot.domain.errors import NotFound, UpstreamUnavailable
from entrepot.repositories import Parts
from entrepot.repositories.remote import answers

STALE_SECONDS = 4
"""How long a client waits for upstream where an old answer is at hand; clients give up after ten seconds."""
AWAY_SECONDS = 5
"""How long an upstream that could not be reached is left alone where an old answer is at hand."""
MAX_KEPT = 200_000
"""Longer lists are asked for again rather than kept: a row of the catalog should not have hundreds of megabytes."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as words; `forever` where a commit is asked about, and its answer can't change."""

    words: tuple[Json, ...]
    forever: bool = False
    missing_forever: bool = False
    """Whether that it is not there is as lasting as the commit, too."""

    @property
    def key(self) -> str:
        """The name under which the answer is remembered."""
        return hashlib.sha256(json.dumps(self.words, separators=(",", ":")).encode()).hexdigest()


class Asking:
    """What one remote repository asks, and remembers."""

    def __init__(self, row: RepositoryRow, parts: Parts) -> None:
        self._row = row
        self._parts = parts

    async def remembered(self, question: Question) -> Json:
        """The answer, if it is known and current; None otherwise. Raises `NotFound` where that is the answer."""
        kept = await self._parts.database.read(upstream.find_answer, self._row.id, question.key)
        return self._say(kept) if kept is not None and self._is_current(question, kept) else None

    async def answer(self, question: Question, ask: Callable[[], Awaitable[Json]]) -> Json:
        """The answer, from memory or by asking. Raises `NotFound` and `UpstreamError`."""
        kept = await self._parts.database.read(upstream.find_answer, self._row.id, question.key)
        if kept is not None and self._is_current(question, kept):
            return self._say(kept)
        if kept is not None and kept.status == upstream.FOUND:
            return await self._answer_or_old(question, ask, kept)
        return await asyncio.shield(self._task(question, ask))

    async def ask(self, question: Question, ask: Callable[[], Awaitable[Json]]) -> Json:
        """What upstream says now, whatever is remembered."""
        return await asyncio.shield(
            self._parts.memory.ask((self._row.id, question.key, "now"), lambda: self._ask(question, ask))
        )

    def _task(self, question: Question, ask: Callable[[], Awaitable[Json]]) -> "asyncio.Task[Json]":
        async def look_and_ask() -> Json:
            # Between our last look and now the answer may have come, and its question may be over.
            known = await self.remembered(question)
            return await self._ask(question, ask) if known is None else known

        return self._parts.memory.ask((self._row.id, question.key), look_and_ask)

    async def _ask(self, question: Question, ask: Callable[[], Awaitable[Json]]) -> Json:
        try:
            content = await ask()
        except NotFound as error:
            said = answers.of_missing(error)
            await self._parts.database.write(upstream.keep_answer, self._row.id, question.key, upstream.MISSING, said)
            raise
        except UpstreamUnavailable:
            self._parts.memory.note(("away", self._row.id), True, AWAY_SECONDS)
            raise
        if content is not None and not (isinstance(content, list) and len(content) > MAX_KEPT):
            await self._parts.database.write(upstream.keep_answer, self._row.id, question.key, upstream.FOUND, content)
        return content

    async def _answer_or_old(self, question: Question, ask: Callable[[], Awaitable[Json]], kept: Answer) -> Json:
        if self._parts.memory.noted(("away", self._row.id)):
            return kept.content
        task = self._task(question, ask)
        done, _ = await asyncio.wait([task], timeout=STALE_SECONDS)
        try:
            if done:
                return task.result()
            reason = "upstream is slow"
        except UpstreamUnavailable as error:
            reason = str(error)
        log.warning(
            "an old answer is given, because upstream can't be asked",
            extra={"repository": self._row.key.text, "question": str(question.words), "reason": reason},
        )
        return kept.content

    def _is_current(self, question: Question, kept: Answer) -> bool:
        if kept.status == upstream.FOUND:
            return question.forever or now() - kept.at < self._parts.branch_age
        return question.missing_forever or now() - kept.at < self._parts.missing_age

    @staticmethod
    def _say(kept: Answer) -> Json:
        if kept.status == upstream.FOUND:
            return kept.content
        raise answers.missing(kept.content)

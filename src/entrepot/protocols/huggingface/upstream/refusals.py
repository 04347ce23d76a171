"""Refusals: what an upstream's error answer means here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from entrepot.domain.digest import GitOid
from entrepot.domain.errors import (
    EntrepotError,
    FileNotFound,
    PackageNotFound,
    RevisionNotFound,
    UpstreamRefused,
    UpstreamUnavailable,
)

MAX_MESSAGE = 500
MAX_AFTER = 3600
"""Nobody should be told to wait for longer, whatever upstream says."""
BAD_TOKEN = "Invalid credentials in Authorization header"
_AWAY = frozenset({408, 425, 429, 500, 502, 503, 504})


class Unexplained(Exception):
    """A 404 that does not say what is missing; whoever asked has to find out."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no success: its status, headers, and the beginning of its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """`RepoNotFound`, `GatedRepo`, …; empty where there is none."""
        return self.headers.get("X-Error-Code", "")[:64]

    @property
    def message(self) -> str:
        """Upstream's sentence, on one line; empty where there is none."""
        return _one_line(self.headers.get("X-Error-Message", "") or _error_of(self.body))


def explain(refusal: Refusal, what: str, host: str) -> EntrepotError | Unexplained:
    """The error that it means; `what` is how people call what was asked for."""
    message = refusal.message
    if refusal.status in _AWAY or refusal.status > 500:
        told = f"{host} answers {refusal.status} for {what}: {message}"
        return UpstreamUnavailable(told, _after(refusal.headers))
    if refusal.code == "GatedRepo":
        told = f"{what} is gated at {host}, and this registry's token for it has no access: {message}"
        return UpstreamRefused(told, refusal.status, refusal.code)
    missing = _missing(refusal, message or f"there is no {what} upstream")
    if missing is not None:
        return missing
    told = f"{host} refuses {what} with status {refusal.status}: {message}"
    return UpstreamRefused(told, refusal.status, refusal.code or None)


def _missing(refusal: Refusal, message: str) -> EntrepotError | Unexplained | None:
    match refusal.code:
        case "RepoNotFound":
            return PackageNotFound(message)
        case "RevisionNotFound":
            return RevisionNotFound(message)
        case "EntryNotFound":
            return FileNotFound(message, _commit(refusal.headers))
    if refusal.status == 401 and refusal.message != BAD_TOKEN:
        # Without a token the Hub says so of everything that is not there or not public.
        return PackageNotFound(message)
    return Unexplained(message) if refusal.status == 404 else None


def _after(headers: Mapping[str, str]) -> int:
    given = headers.get("Retry-After", "")
    if given.isascii() and given.isdigit() and len(given) < 10:
        return max(1, min(int(given), MAX_AFTER))
    return 5


def _commit(headers: Mapping[str, str]) -> str | None:
    commit = headers.get("X-Repo-Commit", "")
    return commit if GitOid.looks_like(commit) else None


def _error_of(body: bytes) -> str:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    error = said.get("error") if isinstance(said, dict) else None
    return error if isinstance(error, str) else ""


def _one_line(text: str) -> str:
    plain = text.encode("utf-8", "replace").decode()[:MAX_MESSAGE]
    return "".join(char if char.isprintable() else " " for char in plain)

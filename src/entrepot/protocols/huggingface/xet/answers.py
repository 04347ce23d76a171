"""Answers to reconstruction queries, versions 1 and 2, as JSON."""

import json
from collections.abc import Callable

from entrepot.xet.merkle import XetHash
from entrepot.xet.reconstruction import Fetch, Plan

UrlOf = Callable[[XetHash], str]
"""Makes the signed URL of a xorb."""


def reconstruction_v1(plan: Plan, url_of: UrlOf) -> bytes:
    """The answer of `GET /v1/reconstructions/{file}`."""
    return _answer(
        plan,
        "fetch_info",
        url_of,
        lambda fetch, url: {"url": url, "range": _chunks(fetch), "url_range": _bytes(fetch)},
    )


def reconstruction_v2(plan: Plan, url_of: UrlOf) -> bytes:
    """The answer of `GET /v2/reconstructions/{file}`.

    One range an entry, the URL repeated: for two in one, the JavaScript client sends a request for
    several ranges and insists on `multipart/byteranges`.
    """
    return _answer(
        plan,
        "xorbs",
        url_of,
        lambda fetch, url: {"url": url, "ranges": [{"chunks": _chunks(fetch), "bytes": _bytes(fetch)}]},
    )


def _answer(plan: Plan, key: str, url_of: UrlOf, entry: Callable[[Fetch, str], object]) -> bytes:
    urls: dict[XetHash, str] = {}
    fetches: dict[str, list[object]] = {}
    for fetch in plan.fetches:
        if fetch.xorb not in urls:
            urls[fetch.xorb] = url_of(fetch.xorb)
        fetches.setdefault(fetch.xorb.text, []).append(entry(fetch, urls[fetch.xorb]))
    terms = [
        {
            "hash": term.xorb.text,
            "unpacked_length": term.length,
            "range": {"start": term.start, "end": term.end},
        }
        for term in plan.terms
    ]
    answer = {"offset_into_first_range": plan.offset, "terms": terms, key: fetches}
    return json.dumps(answer, separators=(",", ":")).encode()


def _chunks(fetch: Fetch) -> dict[str, int]:
    return {"start": fetch.start, "end": fetch.end}


def _bytes(fetch: Fetch) -> dict[str, int]:
    return {"start": fetch.first_byte, "end": fetch.last_byte}

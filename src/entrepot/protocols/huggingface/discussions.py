"""The least of the Hub's discussions: what uploading to a pull request needs.

Lists are refused: an empty one makes transformers send the caller's token to a conversion service on the internet.
"""

from typing import Any

from starlette.responses import JSONResponse, Response

from entrepot.catalog.discussions import Discussion
from entrepot.domain.errors import Forbidden, Invalid
from entrepot.http.receive import read_json
from entrepot.http.routes import Call
from entrepot.operations import discuss, manage
from entrepot.operations.manage import Workplace
from entrepot.protocols.huggingface import names, shapes


async def _workplace(call: Call) -> Workplace:
    return await manage.workplace(call.registry, names.repository(call), names.package(call), call.actor)


async def listed(call: Call) -> Response:
    """A refusal, for the reason that stands above."""
    raise Forbidden("discussions are disabled on this registry")


async def create(call: Call) -> Response:
    """A new pull request, with a branch of its own."""
    here, body = await _workplace(call), await read_json(call.request)
    if body.get("pullRequest") is not True:
        raise Forbidden("this registry has pull requests, and no other discussions")
    title, description = str(body.get("title") or ""), str(body.get("description") or "")
    opened = await discuss.open_pull_request(call.registry, here, title, description, call.actor)
    url = f"{names.page_url(call.base, here.package.name)}/discussions/{opened.number}"
    return JSONResponse({"num": opened.number, "url": url, "pullRequest": True})


async def show(call: Call) -> Response:
    """One pull request."""
    here = await _workplace(call)
    return JSONResponse(_shape(here, await discuss.find(call.registry, here, _number(call))))


def _number(call: Call) -> int:
    text = call.params["num"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid(f"a discussion has a number, unlike {text[:40]!r}")
    return int(text)


def _shape(here: Workplace, item: Discussion) -> dict[str, Any]:
    name = here.package.name
    event = {
        "id": f"{item.number}-0",
        "type": "comment",
        "createdAt": shapes.moment(item.created_at),
        "author": {"name": item.author},
        "data": {"edited": False, "hidden": False, "latest": {"raw": item.description, "html": ""}},
    }
    return {
        "num": item.number,
        "title": item.title,
        "status": item.status,
        "createdAt": shapes.moment(item.created_at),
        "author": {"name": item.author},
        "isPullRequest": True,
        "repo": {"name": name.id, "type": name.type.value},
        "events": [event],
        "changes": {"base": "refs/heads/main", "mergeCommitId": item.merge_commit},
        "filesWithConflicts": [],
        "diff": "",
    }


async def merge(call: Call) -> Response:
    """The pull request is merged."""
    await discuss.merge(call.registry, await _workplace(call), _number(call), call.actor)
    return JSONResponse({})


async def status(call: Call) -> Response:
    """The pull request is closed, or open again."""
    here, body = await _workplace(call), await read_json(call.request)
    await discuss.close(call.registry, here, _number(call), str(body.get("status") or ""))
    found = await discuss.find(call.registry, here, _number(call))
    event = {"id": f"{found.number}-1", "type": "status-change", "createdAt": shapes.moment(found.created_at)}
    return JSONResponse({"newStatus": event | {"author": {"name": call.actor.name}, "data": {"status": found.status}}})


async def title(call: Call) -> Response:
    """The pull request has another title."""
    here, body = await _workplace(call), await read_json(call.request)
    await discuss.rename(call.registry, here, _number(call), str(body.get("title") or ""))
    return JSONResponse({})

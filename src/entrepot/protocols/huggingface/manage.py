"""Making, changing and deleting packages, branches and tags."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from entrepot.catalog.packages import Settings
from entrepot.domain.actor import Action
from entrepot.domain.content import Package
from entrepot.domain.digest import Digest
from entrepot.domain.errors import AlreadyExists, Invalid
from entrepot.domain.names import PackageName, RefName
from entrepot.http.receive import read_json
from entrepot.http.routes import Call
from entrepot.operations import browse, manage
from entrepot.operations.manage import Workplace
from entrepot.protocols.huggingface import names, shapes

VISIBILITIES = {"public": False, "private": True, "protected": True, None: None}
GATES = {"auto": "auto", "manual": "manual", False: "", None: None}


async def create(call: Call) -> Response:
    """A new package. One that exists is a conflict whose body still says where it is: clients read it there."""
    body = await read_json(call.request)
    name = _named(call, body)
    url = names.page_url(call.base, name)
    private = _privacy(body) is True
    try:
        package = await manage.create(call.registry, names.repository(call), name, call.actor, private=private)
    except AlreadyExists as error:
        headers = {"X-Error-Message": f"You already created this {name.type} repo"}
        return JSONResponse({"error": error.message, "url": url, "name": name.id}, 409, headers)
    return JSONResponse({"url": url, "name": package.name.id, "id": package.name.id})


def _privacy(body: Mapping[str, Any]) -> bool | None:
    """Whether the body wants the package private; None where it does not say.

    Raises `Invalid` for words that nobody knows: what somebody wanted to hide must not become public by them.
    """
    private, visibility = body.get("private"), body.get("visibility")
    if not isinstance(private, bool | None):
        raise Invalid("'private' has to be true or false")
    if not isinstance(visibility, str | None) or visibility not in VISIBILITIES:
        raise Invalid("'visibility' has to be public, private or protected")
    hidden = VISIBILITIES[visibility]
    return private if hidden is None else hidden or private is True


def _named(call: Call, body: Mapping[str, Any]) -> PackageName:
    kind, name = names.body_type(body.get("type")), body.get("name")
    if not isinstance(name, str) or not name:
        raise Invalid("'name' is missing")
    if "/" in name:
        return PackageName.parse(kind, name)
    return PackageName(kind, str(body.get("organization") or call.actor.name), name)


async def delete(call: Call) -> Response:
    """A package is gone."""
    name = _named(call, await read_json(call.request))
    await manage.delete(call.registry, names.repository(call), name, call.actor)
    return JSONResponse({})


async def move(call: Call) -> Response:
    """A package has another name."""
    body = await read_json(call.request)
    kind = names.body_type(body.get("type"))
    old, new = (PackageName.parse(kind, str(body.get(key, ""))) for key in ("fromRepo", "toRepo"))
    await manage.move(call.registry, names.repository(call), old, new, call.actor)
    return JSONResponse({"url": names.page_url(call.base, new)})


async def settings(call: Call) -> Response:
    """Who may see a package is changed."""
    body = await read_json(call.request)
    private = _privacy(body)
    gated = body.get("gated")
    if not isinstance(gated, str | bool | None) or gated not in GATES:
        raise Invalid("'gated' has to be 'auto', 'manual' or false")
    wanted = Settings(private, GATES[gated] if "gated" in body else None)
    await manage.configure(call.registry, names.repository(call), names.package(call), wanted, call.actor)
    return JSONResponse({"private": private, "gated": gated})


async def _workplace(call: Call, action: Action = Action.WRITE) -> Workplace:
    return await manage.workplace(call.registry, names.repository(call), names.package(call), call.actor, action)


async def create_branch(call: Call) -> Response:
    """A new branch."""
    here, body = await _workplace(call), await read_json(call.request)
    start = str(body.get("startingPoint") or "")
    await manage.create_branch(call.registry, here, RefName.branch(call.params["rev"]), start)
    return JSONResponse({})


async def delete_branch(call: Call) -> Response:
    """A branch is gone."""
    await manage.delete_ref(call.registry, await _workplace(call), RefName.branch(call.params["rev"]))
    return JSONResponse({})


async def create_tag(call: Call) -> Response:
    """A new tag at a revision."""
    here, body = await _workplace(call), await read_json(call.request)
    tag = RefName.tag(str(body.get("tag", "")))
    await manage.create_tag(call.registry, here, tag, call.params["rev"], str(body.get("message") or ""))
    return JSONResponse({})


async def delete_tag(call: Call) -> Response:
    """A tag is gone."""
    await manage.delete_ref(call.registry, await _workplace(call), RefName.tag(call.params["rev"]))
    return JSONResponse({})


async def squash(call: Call) -> Response:
    """A branch's history is folded into one commit."""
    here, body = await _workplace(call), await read_json(call.request)
    message = str(body.get("message") or f"Super-squash branch {call.params['rev']!r}")
    commit = await manage.squash(call.registry, here, RefName.branch(call.params["rev"]), message, call.actor)
    return JSONResponse({"commitOid": commit.hex})


async def lfs_files(call: Call) -> Response:
    """The large files of the main branch."""
    asked = browse.Question(names.repository(call), names.package(call), call.actor)
    view = await browse.view(call.registry, asked, "HEAD")
    large = [file for file in await browse.files(view) if file.lfs]
    return JSONResponse(
        [
            {
                "fileOid": file.lfs.hex,
                "filename": file.path.text,
                "oid": file.lfs.hex,
                "pushedAt": shapes.moment(view.revision.date),
                "ref": "main",
                "size": file.size,
            }
            for file in large
            if file.lfs
        ]
    )


async def delete_lfs_files(call: Call) -> Response:
    """Large files leave the main branch; their bytes are collected once no revision has them."""
    here, body = await _workplace(call, Action.DELETE), await read_json(call.request)
    deletions = body.get("deletions")
    wanted = deletions.get("sha") if isinstance(deletions, dict) else None
    if not isinstance(wanted, list):
        raise Invalid("'deletions' needs a list 'sha' of digests")
    digests = frozenset(Digest(str(text)) for text in wanted)
    rewrite = isinstance(deletions, dict) and deletions.get("rewriteHistory") is True
    await manage.delete_large_files(call.registry, here, call.actor, digests, rewrite=rewrite)
    return JSONResponse({})


async def page(call: Call) -> Response:
    """What a person sees who opens a package's URL; until there is a page, where to look instead."""
    place = await browse.place(call.registry, names.repository(call), names.package(call), call.actor)
    package: Package = place.package
    return JSONResponse(shapes.package(package))

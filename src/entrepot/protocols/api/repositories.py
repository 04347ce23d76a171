"""Repositories: listed, made, shown, deleted."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from entrepot.catalog.repositories import Kind, RepositoryRow
from entrepot.domain.errors import Invalid
from entrepot.domain.names import RepositoryKey
from entrepot.http.receive import read_json
from entrepot.http.routes import Call
from entrepot.operations import administer
from entrepot.operations.administer import NewRepository

FIELDS = frozenset({"key", "kind", "upstream", "upstream_token", "anonymous_read", "members", "deploy_to"})


def shape(row: RepositoryRow) -> dict[str, Any]:
    """A repository as it is shown. An upstream's token never is; only that there is one."""
    return {
        "key": row.key.text,
        "kind": row.kind.value,
        "upstream": row.upstream or None,
        "has_upstream_token": bool(row.upstream_token),
        "anonymous_read": row.anonymous_read,
        "members": [member.text for member in row.members],
        "deploy_to": row.deploy_to.text if row.deploy_to else None,
    }


async def listed(call: Call) -> Response:
    """The repositories that the caller may read."""
    rows = await administer.list_repositories(call.registry, call.actor)
    return JSONResponse({"repositories": [shape(row) for row in rows]})


async def create(call: Call) -> Response:
    """A new repository."""
    new = _new(await read_json(call.request))
    row = await administer.create_repository(call.registry, new, call.actor)
    return JSONResponse(shape(row), 201)


def _new(body: Mapping[str, Any]) -> NewRepository:
    if unknown := sorted(set(body) - FIELDS):
        raise Invalid(f"a repository has no {unknown[0]!r}; it has: {', '.join(sorted(FIELDS))}")
    for name in ("key", "kind", "upstream", "upstream_token", "deploy_to"):
        if not isinstance(body.get(name), str | None):
            raise Invalid(f"{name!r} has to be a text")
    members = body.get("members") or []
    if not isinstance(members, list) or not all(isinstance(member, str) for member in members):
        raise Invalid("'members' has to be a list of keys")
    if not isinstance(body.get("anonymous_read", False), bool):
        raise Invalid("'anonymous_read' has to be true or false")
    try:
        kind = Kind(body.get("kind") or "")
    except ValueError:
        raise Invalid(f"'kind' has to be one of: {', '.join(Kind)}") from None
    return NewRepository(
        key=RepositoryKey(body.get("key") or ""),
        kind=kind,
        upstream=body.get("upstream") or "",
        upstream_token=body.get("upstream_token") or "",
        anonymous_read=body.get("anonymous_read", False),
        members=tuple(RepositoryKey(member) for member in members),
        deploy_to=RepositoryKey(body["deploy_to"]) if body.get("deploy_to") else None,
    )


async def show(call: Call) -> Response:
    """One repository."""
    row = await administer.find_repository(call.registry, RepositoryKey(call.params["name"]), call.actor)
    return JSONResponse(shape(row))


async def delete(call: Call) -> Response:
    """An empty repository is gone."""
    await administer.delete_repository(call.registry, RepositoryKey(call.params["name"]), call.actor)
    return Response(None, 204)

"""Every path of the Hub's protocol that is answered here, below `/hub/{key}`."""

from entrepot.http.routes import Route
from entrepot.protocols.huggingface import (
    commit,
    discussions,
    git,
    identity,
    info,
    lfs,
    llama,
    manage,
    resolve,
)
from entrepot.protocols.huggingface.xet.routes import ROUTES as XET_ROUTES

_API = "/api/{type:type}/{id:id}"
_PAGE = "/{prefix:prefix}{id:id}"

_IDENTITY = (
    Route("GET", "/api/whoami-v2", identity.whoami),
    Route("GET", "/api/whoami", identity.whoami),
    Route("GET", "/api/agent-harnesses", identity.agent_harnesses),
    Route("HEAD", "/api/telemetry/{topic:path}", identity.telemetry),
    Route("POST", "/api/validate-yaml", identity.validate_yaml),
    Route("GET", f"{_API}/auth-check", identity.auth_check),
    Route("GET", f"{_API}/auth-check/{{what}}", identity.auth_check),
)

_FILES = (
    Route("HEAD", f"{_PAGE}/resolve/{{rev}}/{{path:path}}", resolve.head),
    Route("GET", f"{_PAGE}/resolve/{{rev}}/{{path:path}}", resolve.get, gives_bytes=True),
    Route("HEAD", f"{_PAGE}/raw/{{rev}}/{{path:path}}", resolve.raw),
    Route("GET", f"{_PAGE}/raw/{{rev}}/{{path:path}}", resolve.raw, gives_bytes=True),
)

_LISTS = (
    Route("GET", "/api/{type:type}-tags-by-type", info.tags_by_type),
    Route("GET", "/api/{type:type}", info.search),
    Route("GET", "/api/quicksearch", info.quick_search),
)

_INFO = (
    Route("GET", f"{_API}/revision/{{rev}}", info.info),
    Route("GET", f"{_API}/tree/{{rev}}", info.tree),
    Route("GET", f"{_API}/tree/{{rev}}/{{path:path}}", info.tree),
    Route("POST", f"{_API}/paths-info/{{rev}}", info.paths_info),
    Route("GET", f"{_API}/refs", info.refs),
    Route("GET", f"{_API}/commits/{{rev}}", info.commits),
    Route("GET", f"{_API}/lfs-files", manage.lfs_files),
)

_CHANGES = (
    Route("POST", "/api/repos/create", manage.create),
    Route("DELETE", "/api/repos/delete", manage.delete),
    Route("POST", "/api/repos/move", manage.move),
    Route("PUT", f"{_API}/settings", manage.settings),
    Route("POST", f"{_API}/branch/{{rev}}", manage.create_branch),
    Route("DELETE", f"{_API}/branch/{{rev}}", manage.delete_branch),
    Route("POST", f"{_API}/tag/{{rev}}", manage.create_tag),
    Route("DELETE", f"{_API}/tag/{{rev}}", manage.delete_tag),
    Route("POST", f"{_API}/super-squash/{{rev}}", manage.squash),
    Route("POST", f"{_API}/lfs-files/batch", manage.delete_lfs_files),
    Route("POST", f"{_API}/preupload/{{rev}}", commit.preupload),
    Route("POST", f"{_API}/commit/{{rev}}", commit.commit),
)

_DISCUSSIONS = (
    Route("GET", f"{_API}/discussions", discussions.listed),
    Route("POST", f"{_API}/discussions", discussions.create),
    Route("GET", f"{_API}/discussions/{{num}}", discussions.show),
    Route("POST", f"{_API}/discussions/{{num}}/merge", discussions.merge),
    Route("POST", f"{_API}/discussions/{{num}}/status", discussions.status),
    Route("POST", f"{_API}/discussions/{{num}}/title", discussions.title),
)

_LARGE_FILES = (
    Route("POST", f"{_PAGE}/info/lfs/objects/batch", lfs.batch, gives_bytes=True),
    Route("POST", f"{_PAGE}/info/lfs/verify", lfs.verify),
    Route("POST", f"{_PAGE}/info/lfs/locks/verify", lfs.locks),
    Route("GET", f"{_PAGE}/info/lfs/locks", lfs.locks),
    Route("PUT", "/lfs/{link}", lfs.put, own_auth=True),
    Route("GET", "/lfs/{link}", lfs.get, gives_bytes=True, own_auth=True),
    Route("PUT", "/lfs/{link}/part/{number}", lfs.put_part, own_auth=True),
    Route("POST", "/lfs/{link}/complete", lfs.complete, own_auth=True),
)

_LLAMA = (Route("GET", "/v2/{id:id}/manifests/{tag}", llama.manifest),)

ROUTES: tuple[Route, ...] = (
    *_IDENTITY,
    *_LISTS,
    *XET_ROUTES,
    *_INFO,
    *_CHANGES,
    *_DISCUSSIONS,
    *_LARGE_FILES,
    *_FILES,
    *_LLAMA,
    *git.ROUTES,
    Route("GET", _API, info.info),
    Route("GET", "/api/{rest:path}", identity.nothing),
    # Last: a bare package would match the beginning of every other path.
    Route("GET", _PAGE, manage.page),
)

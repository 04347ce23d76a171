"""What the Hub's API says of packages: info, trees, refs, histories, lists."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.responses import JSONResponse, Response

from entrepot.catalog.search import Query
from entrepot.domain.content import File, Folder
from entrepot.domain.digest import GitOid
from entrepot.domain.door import Door
from entrepot.domain.errors import Invalid, TooLarge
from entrepot.domain.names import FilePath, PackageType
from entrepot.http.receive import as_object, read_body
from entrepot.http.routes import Call
from entrepot.operations import browse
from entrepot.operations.browse import Question, View
from entrepot.operations.forecast import outlooks
from entrepot.operations.prepare import prepare
from entrepot.protocols.huggingface import names, security, shapes
from entrepot.protocols.huggingface.warnings import warning
from entrepot.protocols.huggingface.xet import offer

MAX_PATHS = 10_000
"""How many paths one question may name; clients send up to 1,000."""
MAX_PATHS_BODY = 8 << 20
MAX_HISTORY = 1000
"""How many commits one page has at most."""
QUICK = 5
DEFAULT_PAGE = 1000
"""How many packages one page of a list has."""
KNOWN_FILTERS = frozenset(
    {"search", "author", "filter", "sort", "direction", "limit", "cursor", "full", "config", "cardData", "expand"}
)


async def info(call: Call) -> Response:
    """A package at a revision; at its main branch where none is named."""
    wanted = _expanded(call)
    lists = not wanted or not {"siblings", "usedStorage"}.isdisjoint(wanted)
    here = await _view(call, Door.PACKAGE, lists=lists)
    files = await browse.files(here) if lists else []
    shape = shapes.revision(here.revision, files, blobs=call.flag("blobs"))
    if call.flag("securityStatus") or "securityRepoStatus" in wanted:
        everything = files or await browse.files(here)
        shape["securityRepoStatus"] = security.of_package(await outlooks(call.registry, here, everything))
    return JSONResponse(shapes.only(shape, wanted), headers=warning(here.decision))


async def _view(call: Call, door: Door, *, lists: bool = False) -> View:
    asked = Question(names.repository(call), names.package(call), call.actor, door, lists)
    return await browse.view(call.registry, asked, call.params.get("rev", "HEAD"))


def _expanded(call: Call) -> list[str]:
    query = call.request.query_params
    return [*query.getlist("expand"), *query.getlist("expand[]")]


async def tree(call: Call) -> Response:
    """A folder, or all below it: in one page, unless the client asks for pages."""
    path, recursive = call.params.get("path", "").strip("/"), call.flag("recursive")
    here = await _view(call, Door.TREE, lists=recursive and not path)
    everything = await browse.listing(here, FilePath(path) if path else None, recursive=recursive)
    start, end = _page(call, len(everything))
    if recursive:
        await prepare(call.registry, here, everything)
    shape = await _entries(call, here, everything[start:end], expand=call.flag("expand"))
    headers = {"X-Total-Count": str(len(everything)), **warning(here.decision)}
    if end < len(everything):
        headers["Link"] = _next(call, end)
    return JSONResponse(shape, headers=headers)


def _page(call: Call, total: int) -> tuple[int, int]:
    query = call.request.query_params
    start = _number(query.get("cursor", ""), "cursor", 0)
    limit = _number(query.get("limit", ""), "limit", total)
    return start, min(total, start + max(1, limit))


def _number(text: str, what: str, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid(f"{what} has to be a whole number, unlike {text[:40]!r}")
    return int(text)


def _next(call: Call, cursor: int | str) -> str:
    query = [(key, value) for key, value in call.request.query_params.multi_items() if key != "cursor"]
    path = call.request.scope["raw_path"].decode("latin-1").partition("?")[0]
    origin = call.base.rpartition("/hub/")[0]
    return f'<{origin}{path}?{urlencode([*query, ("cursor", str(cursor))])}>; rel="next"'


async def _entries(call: Call, here: View, items: Sequence[File | Folder], *, expand: bool) -> list[dict[str, Any]]:
    last = await browse.last_commits(here, items) if expand else {}
    ahead = await outlooks(call.registry, here, items)
    shown = []
    for item in items:
        known = ahead.get(item.path)
        # Clients remember for good that a file can be had over Xet, and then skip what would tell them otherwise.
        offered = offer.hash_of(item) if isinstance(item, File) and known is not None and known.passes else None
        shape = shapes.entry(item, offered, last.get(item.path))
        if expand and known is not None:
            shape["securityFileStatus"] = security.of_file(known)
        shown.append(shape)
    return shown


async def paths_info(call: Call) -> Response:
    """What stands at some paths; clients send a form or JSON."""
    here = await _view(call, Door.TREE)
    paths, expand = await _paths(call)
    found = await browse.at_paths(here, [FilePath(path.strip("/")) for path in paths])
    return JSONResponse(await _entries(call, here, found, expand=expand), headers=warning(here.decision))


async def _paths(call: Call) -> tuple[list[str], bool]:
    body = await read_body(call.request, MAX_PATHS_BODY)
    if "json" in call.request.headers.get("content-type", ""):
        asked = as_object(body)
        paths, expand = asked.get("paths", []), bool(asked.get("expand"))
    else:
        form = _form(body)
        paths, expand = form.get("paths", []), form.get("expand", [""])[-1].lower() == "true"
    if isinstance(paths, str):
        paths = [paths]
    if not isinstance(paths, list) or not all(isinstance(path, str) and path for path in paths):
        raise Invalid("'paths' has to be a list of paths")
    if len(paths) > MAX_PATHS:
        raise TooLarge(f"one question may name at most {MAX_PATHS} paths")
    return paths, expand


def _form(body: bytes) -> dict[str, list[str]]:
    try:
        # One field more than paths: the one that says whether to expand.
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_PATHS + 1)
    except ValueError:
        raise TooLarge(f"one question may name at most {MAX_PATHS} paths") from None


async def refs(call: Call) -> Response:
    """The branches, tags and pull requests of a package."""
    place = await browse.place(call.registry, names.repository(call), names.package(call), call.actor)
    return JSONResponse(shapes.refs(await browse.refs(place)))


async def commits(call: Call) -> Response:
    """The commits that lead to a revision, the newest first, a page at a time."""
    place = await browse.place(call.registry, names.repository(call), names.package(call), call.actor)
    query, ref = call.request.query_params, call.params["rev"]
    limit = max(1, min(_number(query.get("limit", ""), "limit", MAX_HISTORY), MAX_HISTORY))
    cursor = query.get("cursor", "")
    if cursor and not GitOid.looks_like(cursor):
        raise Invalid(f"{cursor[:80]!r} is not a cursor of this history")
    # A page begins where the last one ended, so that a long history is read once and not from its beginning each time.
    history = await browse.history(place, cursor or ref, limit + 1)
    headers: dict[str, str] = {}
    if not cursor:
        is_all = len(history) <= limit
        total = len(history) if is_all else await browse.history_length(place, ref)
        headers["X-Total-Count"] = str(total)
    if len(history) > limit:
        headers["Link"] = _next(call, history[limit].commit.hex)
    formatted = "formatted" in _expanded(call)
    return JSONResponse([shapes.commit(item, formatted=formatted) for item in history[:limit]], headers=headers)


async def search(call: Call) -> Response:
    """The packages of one type that match, a page at a time."""
    query = _query(call)
    cursor = call.request.query_params.get("cursor", "")
    page = await browse.search(call.registry, names.repository(call), query, cursor, call.actor)
    wanted = _expanded(call)
    headers = {"Link": _next(call, page.cursor)} if page.cursor else {}
    return JSONResponse([shapes.only(shapes.package(item), wanted) for item in page.packages], headers=headers)


def _query(call: Call) -> Query:
    query = call.request.query_params
    tags = [tag for group in query.getlist("filter") for tag in group.split(",") if tag]
    if task := query.get("pipeline_tag"):
        tags.append(task)
    limit = _number(query.get("limit", ""), "limit", DEFAULT_PAGE)
    more = [(key, value) for key, value in query.multi_items() if key not in KNOWN_FILTERS]
    return Query(
        type=PackageType.from_plural(call.params["type"]),
        text=query.get("search", ""),
        namespace=query.get("author", ""),
        tags=tuple(tags),
        order=query.get("sort", ""),
        limit=max(1, min(limit, DEFAULT_PAGE)),
        more=tuple(more),
    )


async def tags_by_type(call: Call) -> Response:
    """The tags that lists can be filtered by."""
    kind = PackageType.from_plural(call.params["type"])
    return JSONResponse(await browse.tags_by_type(call.registry, names.repository(call), kind, call.actor))


async def quick_search(call: Call) -> Response:
    """The first few models and datasets whose name has the words in it."""
    text, key = call.request.query_params.get("q", ""), names.repository(call)
    answer: dict[str, object] = {}
    for kind in (PackageType.MODEL, PackageType.DATASET):
        query = Query(kind, text, limit=QUICK)
        page = await browse.search(call.registry, key, query, "", call.actor)
        answer[kind.plural] = [{"id": item.name.id, "_id": item.name.id} for item in page.packages]
        answer[f"{kind.plural}Count"] = len(page.packages)
    return JSONResponse({"q": text, **answer})

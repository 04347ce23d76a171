"""One package: what it is, whether it is safe, what it obliges to, who uses it."""

from functools import cache
from urllib.parse import quote, urlencode

from starlette.responses import Response

from entrepot import plugins
from entrepot.domain.content import File
from entrepot.domain.door import Door
from entrepot.domain.errors import Invalid
from entrepot.domain.names import FilePath, Locator, PackageName, PackageType, RepositoryKey
from entrepot.http import ranges
from entrepot.http.send import SendClearance
from entrepot.operations.browse import Question
from entrepot.operations.download import download, look
from entrepot.operations.exhibit import Exhibit, exhibit
from entrepot.web.addresses import package_url
from entrepot.web.pages import Page, View
from entrepot.web.tabs import Tab
from entrepot.web.visit import Visit

MAIN = "main"
FILES = "files"


@cache
def tabs() -> tuple[Tab, ...]:
    """The tabs there are, in their order."""
    found = plugins.collect("entrepot.web.tabs", "TAB", Tab, lambda tab: tab.name)
    return tuple(sorted(found.values(), key=lambda tab: tab.order))


async def show(visit: Visit) -> Response:
    """The package at a ref, by one of its tabs."""
    tab = _tab(visit)
    asked = Question(RepositoryKey(visit.params["key"]), _name(visit), visit.actor, Door.PAGE)
    shown = await exhibit(visit.registry, asked, visit.asked("ref", MAIN) or MAIN)
    values = await tab.show(visit, shown)
    if isinstance(values, Response):
        return values
    return visit.render(f"package-{tab.name}.html", 200, **_frame(visit, shown, tab), **values)


def _frame(visit: Visit, shown: Exhibit, tab: Tab) -> dict[str, object]:
    full = f"{shown.package.name.type.value}/{shown.package.name.id}"
    base, ref = package_url(shown.asked.text, full), visit.asked("ref")

    def here(name: str, **query: object) -> str:
        wanted = {"tab": name, "ref": ref, **query}
        kept = {key: str(value) for key, value in wanted.items() if value not in (None, "")}
        return f"{base}?{urlencode(kept)}"

    def raw(path: str) -> str:
        return f"/raw{base.removeprefix('/packages')}?{urlencode({'ref': shown.revision.commit.hex, 'path': path})}"

    card = shown.package.facts.get("cardData")
    return {
        "shown": shown, "tab": tab.name, "tabs": tabs(), "here": here, "raw": raw, "full": full,
        "ref": ref or MAIN, "card": card if isinstance(card, dict) else {},
    }  # fmt: skip


def _tab(visit: Visit) -> Tab:
    wanted = visit.asked("tab") or (FILES if visit.asked("path") else tabs()[0].name)
    for tab in tabs():
        if tab.name == wanted:
            return tab
    raise Invalid(f"a package has no tab {wanted[:40]!r}; it has: {', '.join(tab.name for tab in tabs())}")


def _name(visit: Visit) -> PackageName:
    return PackageName.parse(PackageType.from_plural(visit.params["type"]), visit.params["id"])


async def raw(visit: Visit) -> Response:
    """A file's bytes, or the range that was asked for, as a download: never as something that a browser opens here."""
    path = FilePath(visit.asked("path"))
    locator = Locator(RepositoryKey(visit.params["key"]), _name(visit), visit.asked("ref", MAIN) or MAIN, path)
    if visit.request.method == "HEAD":
        file = (await look(visit.registry, locator, visit.actor, Door.PAGE)).file
        return Response(None, 200, _headers(file, ranges.parse(None, file.size)))
    asked = visit.request.headers.get("range")
    counts = asked is None or asked.startswith("bytes=0-")
    clearance = await download(visit.registry, locator, visit.actor, Door.PAGE, counts=counts)
    part = ranges.parse(ranges.asked(visit.request.headers, clearance.file.etag), clearance.file.size)
    return SendClearance(clearance, part, _headers(clearance.file, part))


def _headers(file: File, part: ranges.ByteRange) -> dict[str, str]:
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.path.name, safe='')}",
        "Content-Length": str(part.length),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "ETag": f'"{file.etag}"',
        "Accept-Ranges": "bytes",
    }
    return headers if part.is_whole else {**headers, "Content-Range": part.content_range}


PAGE = Page(
    "package",
    (
        View("GET", "/packages/{key}/{type:type}/{id:id}", show, gives_bytes=True),
        View("GET", "/raw/{key}/{type:type}/{id:id}", raw, gives_bytes=True),
    ),
)

"""What pages load: one stylesheet, two scripts, the icon. Their addresses have a digest, so they are kept for ever."""

from starlette.responses import Response

from entrepot.domain.errors import NotFound
from entrepot.web.pages import Page, View
from entrepot.web.rendering import STATIC, static_file, static_url
from entrepot.web.visit import Visit

FOR_EVER = "public, max-age=31536000, immutable"


async def send(visit: Visit) -> Response:
    """The file, under the digest that it has now."""
    name = visit.params["name"]
    if name not in STATIC or static_url(name) != f"/static/{visit.params['digest']}/{name}":
        raise NotFound(f"there is no {name[:80]!r} of this version; load the page again")
    headers = {"Cache-Control": FOR_EVER, "Content-Type": STATIC[name]}
    return Response(static_file(name), headers=headers)


PAGE = Page("static", (View("GET", "/static/{digest}/{name}", send),))

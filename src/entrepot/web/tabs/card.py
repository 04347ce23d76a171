"""Card: what the package says of itself, in its README."""

import asyncio

from starlette.responses import Response

from entrepot.domain.content import File
from entrepot.domain.errors import EntrepotError
from entrepot.metadata.frontmatter import front_matter
from entrepot.operations.exhibit import Exhibit
from entrepot.operations.preview import MAX_CARD, Preview, preview
from entrepot.web.addresses import file_url
from entrepot.web.markdown import markdown
from entrepot.web.tabs import Tab, Values
from entrepot.web.visit import Visit

NAMES = ("readme.md", "readme.txt", "readme")


async def _show(visit: Visit, shown: Exhibit) -> Values | Response:
    file = _card(shown)
    if file is None:
        return {"file": None, "html": "", "found": None, "error": None}
    try:
        found = await preview(visit.registry, shown, file, MAX_CARD)
    except EntrepotError as error:
        return {"file": file, "html": "", "found": None, "error": error}
    html = await _rendered(visit, shown, found) if found is not None and found.is_text else ""
    return {"file": file, "html": html, "found": found, "error": None}


def _card(shown: Exhibit) -> File | None:
    by_name = {file.path.text.lower(): file for file in shown.files if "/" not in file.path.text}
    return next((by_name[name] for name in NAMES if name in by_name), None)


async def _rendered(visit: Visit, shown: Exhibit, found: Preview) -> str:
    package, ref = f"{shown.package.name.type.value}/{shown.package.name.id}", visit.asked("ref", "main") or "main"

    def place(path: str) -> str:
        return file_url(shown.asked.text, package, ref, path)

    text = _without_front_matter(found.text)
    # A long card takes a while, and others wait for the same thread.
    return await asyncio.to_thread(markdown, text, "", place)


def _without_front_matter(text: str) -> str:
    block = front_matter(text)
    if block is None:
        return text
    # What follows the block begins with the line that closes it.
    return text[text.index(block.yaml) + len(block.yaml) :].partition("\n")[2]


TAB = Tab("card", "Card", 10, _show)

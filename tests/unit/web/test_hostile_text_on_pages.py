"""Whatever people and files are called, it shows as text: a page's outline is the same with a harmless text."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from asgi_asking import Answer
from entrepot.catalog import access, packages, waivers
from entrepot.catalog.access import NewToken
from entrepot.catalog.waivers import Plea
from entrepot.domain.decision import Decision, Effect, Outcome, Reading, Step
from entrepot.domain.names import PackageName, PackageType
from entrepot.domain.waiver import Scope, Standing
from entrepot.operations import administer
from entrepot.operations.registry import Registry
from entrepot.operations.signing import new_token
from entrepot_testing import apply_policy, run
from web_visiting import EVERYTHING, Visitor, a_site, outline, write_decision

CORPUS = [
    "<script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "</title></textarea></style></script><svg onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "<!--<script>",
    "--><b>",
    "]]><b>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}${7*7}#{7*7}",
    "{{ self.__init__.__globals__ }}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "%3Cscript%3E",
    "<a href=javascript:alert(1)>x</a>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<form action=//evil.example><button>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<math><mtext></p><style><img src=x onerror=alert(1)>",
    "a' hx-get='//evil.example' hx-trigger='load",
    '" hx-on::load="alert(1)',
    "`;alert(1)//",
    "=cmd|' /C calc'!A1",
    "../../etc/passwd?a=b&c=d#e",
    "ünï 模型 🚢",
]
HARMLESS = "harmless"
PAGES = (
    *("/", "/decisions", "/decisions/{uid}", "/waivers?show=all", "/waivers/ask?decision={uid}", "/policies"),
    *("/policies/test", "/policy-editor?name=test", "/storage", "/tokens", "/set-me-up", "/settings"),
    *("/repositories", "/repositories/models", "/decisions?actor={query}&rule={query}", "/tokens?q={query}"),
    *("/repositories/models?name={query}", "/sign-in?next={query}", "/search-nothing/{query}", "/decisions/{query}"),
    *(
        "/inventory",
        "/savings",
        "/inventory?since=3650d&package={query}&license={query}",
        "/inventory?since={query}",
        "/savings?hours={query}",
    ),
    *("/policies/{query}", "/decisions?since={query}", "/tokens?sort={query}", "/set-me-up?client={query}"),
)


def _fill(registry: Registry, text: str) -> str:
    """Put the text into every place that people can put one into; the id of a decision."""
    grants = (administer.scope("*:read"),)
    registry.database.now(access.create_token, NewToken(new_token(), text, text[:96], grants))
    step = Step(text, text, Effect.BLOCK, Outcome.MATCHED, (Reading(text, text, text, None, excepts=True),), text)
    uid = write_decision(
        registry,
        actor="root",
        token_name=text,
        address=text,
        client=text,
        path=text,
        package=f"model/{text}",
        decision=Decision(Effect.BLOCK, (text,), text, text, (step,)),
    )
    for package in (f"model/{text}", "model/ada/model"):
        write_decision(registry, actor=text, path=text, package=package, commit=text, gives=True)
    until = datetime.now(UTC) + timedelta(days=3)
    for scope in (Scope(text), Scope("", "models", f"model/{text}", text, text)):
        made = registry.database.now(waivers.ask, Plea(scope, text, until), text)
    registry.database.now(waivers.decide, made.id, Standing.REFUSED, text, text)
    granted = registry.database.now(waivers.ask, Plea(Scope(package="model/ada/model"), text, until), text)
    registry.database.now(waivers.decide, granted.id, Standing.GRANTED, text, text)
    word = json.dumps(text, ensure_ascii=False)
    rule = f'[[rule]]\nname = {word}\neffect = "warn"\npath = [{word}]\nreason = {word}\n'
    apply_policy(registry, f'name = "test"\ndescription = {word}\nrepositories = ["*"]\n{rule}')
    row = registry.database.now(packages.create, 1, PackageName(PackageType.MODEL, "ada", "model"), private=False)
    facts = {"cardData": {"license": text}, "pipeline_tag": text}
    registry.database.now(packages.describe, row.id, "1" * 40, facts)
    return uid


async def _pages(folder: Path, text: str) -> Mapping[str, Answer]:
    async with a_site(folder) as registry:
        uid = _fill(registry, text)
        visitor = await Visitor(registry).sign_in(EVERYTHING, user="root")
        query = "".join(f"%{byte:02X}" for byte in text.encode())
        found = {path: await visitor.get(path.format(uid=uid, query=query)) for path in PAGES}
        form = {"text": text, "note": text, "name": text, "user": text, "key": text, "kind": text, "reason": text}
        form |= {"days": text, "client": text, "repository": text, "answer": text, "standing": text, "token": text}
        for path in ("/policies", "/policy-editor/effect", "/tokens", "/repositories", "/waivers", "/waivers/1"):
            found[f"POST {path}"] = await visitor.post(path, form)
        for path in ("/set-me-up", "/sign-in", "/settings/password"):
            found[f"POST {path}"] = await visitor.post(path, form | {"next": text, "password": text[:8]})
        return found


@pytest.fixture(scope="module")
def tame(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Answer]:
    """Every page with a text that nobody could mind."""
    return run(_pages, tmp_path_factory.mktemp("tame"), HARMLESS)


@pytest.mark.parametrize("text", CORPUS, ids=range(len(CORPUS)))
def test_no_element_and_no_attribute_comes_from_what_people_wrote(
    tmp_path: Path, tame: Mapping[str, Answer], text: str
) -> None:
    async def scenario() -> None:
        hostile = await _pages(tmp_path, text)
        for path, answer in hostile.items():
            found = outline(answer)
            assert answer.status == tame[path].status, path
            assert found.tags == outline(tame[path]).tags, path
            for tag, name, value in found.values:
                if name in ("href", "action", "formaction", "src", "hx-get", "hx-post"):
                    assert value[:1] in ("/", "#") and not value.startswith("//"), (path, tag, name, value)

    run(scenario)


def test_the_texts_are_there_to_be_read(tmp_path: Path) -> None:
    async def scenario() -> None:
        found = await _pages(tmp_path, CORPUS[0])
        for path in ("/", "/decisions", "/decisions/{uid}", "/waivers?show=all", "/policies", "/tokens"):
            assert CORPUS[0] in outline(found[path]).text, path

    run(scenario)

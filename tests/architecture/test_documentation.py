"""What is documented is what there is."""

import importlib.util
import json
import re
from pathlib import Path

from entrepot import settings
from entrepot.protocols.api.openapi import description
from entrepot.protocols.api.routes import ROUTES
from golden.pairs import goldens
from golden.techniques import TECHNIQUES

ROOT = Path(__file__).parents[2]


def test_every_setting_is_in_the_table_and_nothing_else() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| `([^`]*)` \| (.+) \|$", page, re.M)
    assert rows == [(name, variable, default, meaning) for name, variable, default, meaning in settings.table()]


def test_every_route_of_our_own_interface_is_described() -> None:
    described = {
        (method.upper(), path)
        for path, item in description()["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert described == {(route.method, route.pattern) for route in ROUTES}


def test_the_description_of_our_own_interface_refers_to_what_it_has() -> None:
    text = json.dumps(description())
    for name in re.findall(r"#/components/schemas/(\w+)", text):
        assert name in description()["components"]["schemas"]


def test_the_makefile_has_what_the_readme_tells_people_to_call() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    called = set(re.findall(r"^\s*make ([a-z-]+)", (ROOT / "README.md").read_text(), re.M))
    assert called <= targets
    assert {"run", "test"} <= called
    ci = (ROOT / ".ci" / "run").read_text()
    assert all(f"make {word}" in ci for word in ("check", "test"))


def test_the_pages_that_are_made_from_the_code_are_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec and spec.loader
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    pages = dict(generate.pages())
    for path, text in pages.items():
        assert path.exists() and path.read_text() == text, f"{path.relative_to(ROOT)} is out of date: make docs"
    assert set((ROOT / "docs" / "rules").glob("*.md")) <= set(pages)


def test_every_technique_has_a_golden_pair_or_a_reason_why_not() -> None:
    tagged = {technique for golden in goldens() for technique in golden.techniques}
    assert tagged <= set(TECHNIQUES)
    assert [name for name, (_, unseen) in TECHNIQUES.items() if name not in tagged and not unseen] == []


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"

"""What goes with every page: headers, no inline scripts or styles, files that are kept for ever; and exports."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from entrepot.catalog.repositories import Kind
from entrepot.domain.door import Door
from entrepot.web.dispatch import collect_pages
from entrepot.web.rendering import STATIC, static_url
from entrepot_testing import add_repository, apply_policy, rule_about, run
from fake_upstream import FakeUpstream
from web_visiting import EVERYTHING, Visitor, a_site, outline, write_decision

GETS = sorted({view.pattern for page in collect_pages() for view in page.views if view.method == "GET"})
POSTS = sorted({view.pattern for page in collect_pages() for view in page.views if view.method == "POST"})
HOLES = {"uid": "0123456789abcdef", "name": "test", "key": "models", "number": "1", "digest": "0", "path": "a.txt"}


def _path(pattern: str) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda hole: HOLES.get(hole[1], "models"), pattern)


@pytest.mark.parametrize("pattern", [*GETS, *(f"POST {pattern}" for pattern in POSTS), "/nothing"])
def test_every_answer_says_what_browsers_may_do_with_it(tmp_path: Path, pattern: str) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            apply_policy(registry, rule_about('path = ["*.bin"]'))
            signed = await Visitor(registry).sign_in(EVERYTHING)
            for visitor in (Visitor(registry), signed):
                is_post = pattern.startswith("POST ")
                path = _path(pattern.removeprefix("POST "))
                answer = await (visitor.post(path) if is_post else visitor.get(path))
                policy = dict(
                    part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
                )
                assert policy["default-src"] == "'none'"
                assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
                assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert answer.headers["referrer-policy"] == "same-origin"
                assert answer.headers["cross-origin-opener-policy"] == "same-origin"
                assert "camera=()" in answer.headers["permissions-policy"]
                assert answer.headers["cache-control"] == "no-store"
                assert answer.status < 500

    run(scenario)


@pytest.mark.parametrize("pattern", GETS)
def test_no_page_has_a_script_or_a_style_in_it(tmp_path: Path, pattern: str) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            apply_policy(registry, rule_about('path = ["*.bin"]'))
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            found = outline(await visitor.get(_path(pattern)))
            for tag, names in found.tags:
                assert tag != "style"
                assert tag != "script" or set(names) == {"src", "defer"}
                assert not [name for name in names if name == "style" or name.startswith(("on", "hx-on"))]

    run(scenario)


def test_files_are_kept_for_ever_under_the_digest_that_they_have(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            visitor = await Visitor(registry).sign_in("models:read")
            for name, kind in STATIC.items():
                answer = await visitor.get(static_url(name))
                assert answer.status == 200
                assert answer.headers["content-type"] == kind
                assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
                assert (await visitor.get(f"/static/{'0' * 16}/{name}")).status == 404
            assert (await visitor.get("/static/0/..%2Flayout.html")).status == 404

    run(scenario)


def test_decisions_are_narrowed_down_by_the_url_and_exported_as_shown(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            for number in range(60):
                write_decision(registry, actor="grace" if number % 2 else "=ada", door=Door.HEAD, path=f"{number}.bin")
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            first = outline(await visitor.get("/decisions"))
            older = next(value for _, name, value in first.values if name == "href" and "before=" in value)
            assert "0.bin" in outline(await visitor.get(older)).text
            page = outline(await visitor.get("/decisions?actor=grace&refused=yes")).text
            assert "59.bin" in page and "58.bin" not in page
            exported = await visitor.get("/decisions?actor=grace&format=json")
            assert len(json.loads(exported.body)["decisions"]) == 30
            assert exported.headers["content-disposition"] == 'attachment; filename="entrepot-decisions.json"'
            lines = list(csv.DictReader(io.StringIO((await visitor.get("/decisions?format=csv")).body.decode())))
            assert len(lines) == 60
            assert {line["actor"] for line in lines} == {"grace", "'=ada"}
            assert (await visitor.get("/decisions?format=exe")).status == 400
            assert (await visitor.get("/decisions?before=x")).status == 400

    run(scenario)


def test_tables_are_sorted_and_paged_by_the_url(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            for number in range(55):
                add_repository(registry, f"r{number:02}")
            visitor = await Visitor(registry).sign_in(EVERYTHING)

            async def keys(query: str) -> list[str]:
                found = outline(await visitor.get(f"/repositories{query}"))
                links = [value for tag, name, value in found.values if tag == "a" and name == "href"]
                return [link.removeprefix("/repositories/") for link in links if link.startswith("/repositories/")]

            assert (await keys(""))[0] == "models"
            assert (await keys("?sort=-key"))[:2] == ["r54", "r53"]
            assert await keys("?sort=-key&page=2") == ["r04", "r03", "r02", "r01", "r00", "models"]
            assert await keys("?sort=-key&page=99") == await keys("?sort=-key&page=2")
            assert (await visitor.get("/repositories?sort=nothing")).status == 400
            exported = json.loads((await visitor.get("/repositories?format=json")).body)
            assert len(exported["repositories"]) == 56

    run(scenario)


def test_a_repository_shows_its_packages_without_asking_upstream(tmp_path: Path) -> None:
    async def scenario() -> None:
        fake = FakeUpstream()
        async with a_site(tmp_path, upstream=lambda row: fake) as registry:
            add_repository(registry, "far", Kind.REMOTE, upstream="http://127.0.0.1:1")
            add_repository(registry, "both", Kind.VIRTUAL, members=("models", "far"))
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            for key in ("models", "far", "both"):
                assert (await visitor.get(f"/repositories/{key}?type=datasets&sort=downloads")).status == 200
            assert not fake.asked
            assert (await visitor.get("/repositories/far?upstream=yes")).status == 200
            assert fake.asked
            assert (await visitor.get("/repositories/both?type=boats")).status == 400
            assert (await visitor.get("/repositories/both?sort=beauty")).status == 400

    run(scenario)


def test_a_page_that_is_not_found_says_what_to_do(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            answer = await visitor.get("/no/such/page")
            text = outline(answer).text
            assert answer.status == 404
            assert "What it means" in text and "What to do" in text and "/no/such/page" in text

    run(scenario)


def test_links_of_a_page_stay_on_the_path_that_was_asked_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            apply_policy(registry, rule_about('path = ["*.bin"]'), name="a?b #c/..")
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            page = "/policies/a%3Fb%20%23c%2F.."
            found = outline(await visitor.get(page))
            assert ("a", "href", f"{page}?to=1") in found.values
            assert not [
                value for _, name, value in outline(await visitor.get("//decisions")).values if value[:2] == "//"
            ]
            led = (await Visitor(registry).get(page)).headers["location"]
            assert led == "/sign-in?next=%2Fpolicies%2Fa%253Fb%2520%2523c%252F.."

    run(scenario)


def test_a_client_whose_endpoint_lacks_its_path_is_told_so_and_not_led_to_a_page(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            answer = await Visitor(registry).get("/api/models/org/n%0Aame%C3%BC", accept="*/*")
            assert answer.status == 404
            assert answer.headers["content-type"].startswith("text/plain")
            assert "HF_ENDPOINT=http://registry.example/hub/REPOSITORY" in answer.headers["x-error-message"]
            assert answer.headers["x-error-message"].isprintable()

    run(scenario)

"""The page of a package: each tab in each kind of repository, who sees it, and whose bytes it gives out."""

import asyncio
import html
import json
import math
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from asgi_asking import Answer
from entrepot.catalog import decisions
from entrepot.catalog.decisions import Filter
from entrepot.domain.digest import Digest
from entrepot.operations import exhibit as exhibits
from entrepot.operations.registry import Registry
from entrepot_testing import apply_policy, run
from fake_upstream import SECOND
from firewalled import HOSTILE, NO_MALWARE, Mischief
from package_making import CARD, FILES, LOCAL, PACKAGE, PAGE, REMOTE, TABS, VIRTUAL, commit, make, packages
from sparse_making import Sparse
from web_visiting import EVERYTHING, Visitor, outline
from weights_making import weights

LICENSED = """name = "test"
repositories = ["*"]
[[rule]]
name = "not these"
effect = "block"
license.allow = ["mit"]
"""
RAW = f"/raw/{LOCAL}/models/{PACKAGE}?path="
PLACES = ((LOCAL, PACKAGE), (REMOTE, "org/model"), (VIRTUAL, PACKAGE), (VIRTUAL, "org/model"))


async def _text(visitor: Visitor, path: str, status: int = 200) -> str:
    answer = await visitor.get(path)
    assert answer.status == status, (path, answer.status, answer.body[-300:])
    return " ".join(outline(answer).text.split())


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place[0]}-{place[1]}")
def test_every_tab_is_there_in_every_kind_of_repository(tmp_path: Path, place: tuple[str, str]) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            base = f"/packages/{place[0]}/models/{place[1]}"
            said = {tab: await _text(visitor, f"{base}?tab={tab}") for tab in TABS}
            assert "It is good, see the notes" in said["card"]
            assert "config.json" in said["files"] and "weights/" in said["files"]
            assert "1 tensor" in said["tensors"] and "200" in said["tensors"]
            assert "Commits" in said["revisions"] and "main" in said["revisions"]
            assert "weights/plain.pkl" in said["security"]
            assert "Apache" in said["license"] and "ada/base" in said["license"]
            assert "downloads in all" in said["usage"]
            assert "text-generation" in said["properties"]
            assert all(place[1] in text for text in said.values())

    run(scenario)


def test_the_package_shows_what_its_worst_file_is(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            assert "ada/model malicious" in await _text(visitor, PAGE)
            await commit(registry, {"weights/model.pt": None, "weights/plain.pkl": None})
            assert "ada/model clean" in await _text(visitor, PAGE)

    run(scenario)


def test_what_nobody_has_read_is_not_called_clean(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path, {"a.txt": b"hello"}) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            text = await _text(visitor, f"/packages/{REMOTE}/models/org/model?tab=security")
            assert "a.txt not inspected" in text and "org/model clean" not in text

    run(scenario)


def test_findings_come_with_the_opcodes_around_them(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            for path in ("weights/model.pt", "weights/plain.pkl"):
                answer = await visitor.get(f"{PAGE}?tab=security&path={path}")
                text = " ".join(outline(answer).text.split())
                assert "os.system('echo hi') # REDUCE at 26" in text
                assert "▶ REDUCE (the finding)" in text and "GLOBAL'os system'" in text
                assert "os.systemdangerous" in text
                assert b'class="marked"' in answer.body

    run(scenario)


def test_a_folder_leads_to_its_files_and_a_file_to_its_beginning(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            folder = await _text(visitor, f"{PAGE}?path=weights")
            assert "model.pt" in folder and "config.json" not in folder
            assert '{"hidden_size": 2}' in await _text(visitor, f"{PAGE}?path=config.json")
            assert "as bytes" in await _text(visitor, f"{PAGE}?path=model.safetensors")
            assert "There is nothing here" in await _text(visitor, f"{PAGE}?path=nothing", 404)

    run(scenario)


@pytest.mark.parametrize("key", [REMOTE, VIRTUAL])
def test_last_commits_of_a_remote_package_are_what_upstream_tells(tmp_path: Path, key: str) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, fake):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            page = f"/packages/{key}/models/org/model?tab=files"
            for _ in range(2):
                assert (await _text(visitor, page)).count("the first files") >= 3
            assert "the first files" in await _text(visitor, f"{page}&path=weights")
            assert (fake.asked["changes None"], fake.asked["changes weights"]) == (1, 1)

    run(scenario)


def test_a_page_does_not_wait_for_an_upstream_that_is_slow_to_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exhibits, "TOLD_SECONDS", 0.05)

    async def scenario() -> None:
        async with packages(tmp_path) as (registry, fake):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            page, told, goes_on = f"/packages/{REMOTE}/models/org/model?tab=files", fake.last_changes, asyncio.Event()

            async def slowly(*args: Any) -> Any:
                await goes_on.wait()
                return await told(*args)

            fake.last_changes = slowly  # type: ignore[method-assign]
            assert "upstream does not say" in await _text(visitor, page)
            goes_on.set()
            await asyncio.sleep(0.05)
            assert "the first files" in await _text(visitor, page)

    run(scenario)


def test_two_revisions_are_compared(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            first = (await Visitor(registry).sign_in(EVERYTHING)) and await commit(registry, {"a.txt": b"1"})
            await commit(registry, {"a.txt": b"12345", "new.txt": b"x", "config.json": None}, "the second")
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            text = await _text(visitor, f"{PAGE}?tab=revisions&since={first}")
            assert "3 files differ" in text and "≠ changed" in text and "+ added" in text and "− removed" in text
            exported = await visitor.get(f"{PAGE}?tab=revisions&since={first}&format=json")
            found = {line["path"]: (line["change"], line["grown"]) for line in json.loads(exported.body)["differences"]}
            assert found == {"a.txt": ("changed", 4), "new.txt": ("added", 1), "config.json": ("removed", -18)}
            assert "the second" in await _text(visitor, f"{PAGE}?tab=revisions")
            assert "nowhere" in await _text(visitor, f"{PAGE}?tab=revisions&since=nowhere")

    run(scenario)


def _tensors(**shapes: tuple[int, ...]) -> bytes:
    """A safetensors file of bytes with these shapes."""
    entries: dict[str, object] = {}
    at = 0
    for name, shape in shapes.items():
        end = at + math.prod(shape)
        entries[name] = {"dtype": "U8", "shape": list(shape), "data_offsets": [at, end]}
        at = end
    header = json.dumps(entries).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + bytes(at)


def test_tensors_are_compared_by_name_shape_and_type(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            first = await commit(registry, {"t.safetensors": _tensors(kept=(2, 2), grown=(3,), gone=(1,))})
            broken = {"broken.gguf": b"GGUF but no more"}
            await commit(registry, {"t.safetensors": _tensors(kept=(2, 2), grown=(3, 5), born=(7,)), **broken})
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            text = await _text(visitor, f"{PAGE}?tab=revisions&since={first}")
            assert "3 tensors differ" in text and "1 has the same" in text and "Not read: broken.gguf" in text
            for words in ("born", "gone", "U8 3 × 5", "U8 7"):
                assert words in text
            assert "kept" not in text

    run(scenario)


def test_who_may_not_read_sees_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            await make(registry, "ada/hidden", private=True)
            stranger = await Visitor(registry).sign_in("elsewhere:read", user="eve")
            for path in (PAGE, f"{RAW}config.json", f"/packages/{REMOTE}/models/org/model"):
                for tab in ("", *TABS):
                    answer = await stranger.get(f"{path}{'&' if '?' in path else '?'}tab={tab}")
                    assert answer.status == 404 and b"hidden_size" not in answer.body
            nobody = Visitor(registry)
            assert (await nobody.get(PAGE)).headers["location"].startswith("/sign-in?next=")
            assert (await nobody.get(f"{RAW}config.json")).status == 303
            reader = await Visitor(registry).sign_in(f"{LOCAL}:read", user="bob")
            assert (await reader.get(PAGE)).status == 200
            assert (await reader.get(f"/packages/{LOCAL}/models/ada/hidden")).status == 200

    run(scenario)


def test_only_administrators_see_who_took_what(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            taker = await Visitor(registry).sign_in(f"{LOCAL}:read", user="grace")
            assert (await taker.get(f"{RAW}config.json")).body == FILES["config.json"]
            admin = await Visitor(registry).sign_in(EVERYTHING)
            assert "grace" in await _text(admin, f"{PAGE}?tab=usage")
            other = await Visitor(registry).sign_in(f"{LOCAL}:read,write", user="bob")
            text = await _text(other, f"{PAGE}?tab=usage")
            assert "grace" not in text and "Administrators see who" in text

    run(scenario)


def _bytes_of(answers: list[Answer]) -> bytes:
    return b"".join(answer.body for answer in answers)


async def _everything(visitor: Visitor, repository: str, package: str) -> list[Answer]:
    base = f"/packages/{repository}/models/{package}"
    asked = [f"{base}?tab={tab}" for tab in TABS]
    asked += [f"{base}?tab={tab}&path={path}" for tab in ("files", "security") for path in FILES]
    asked += [f"/raw/{repository}/models/{package}?path={path}" for path in FILES]
    return [await visitor.get(path) for path in asked]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place[0]}-{place[1]}")
def test_no_page_gives_out_bytes_that_are_blocked(tmp_path: Path, place: tuple[str, str]) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            assert b"hidden_size" in _bytes_of(await _everything(visitor, *place))
            apply_policy(
                registry,
                'name = "test"\nrepositories = ["*"]\n[[rule]]\nname = "none"\neffect = "block"\npath = ["*"]\n',
            )
            answers = await _everything(visitor, *place)
            given = _bytes_of(answers)
            for secret in (b"hidden_size", HOSTILE, b"is <strong>good", b"# Notes", weights(400)[208:240]):
                assert secret not in given
            raw = answers[-len(FILES) :]
            assert {answer.status for answer in raw} == {403}
            assert all(b"Open the decision" in answer.body for answer in raw)

    run(scenario)


def test_a_blocked_package_still_says_why(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            apply_policy(registry, LICENSED)
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            text = await _text(visitor, f"{PAGE}?tab=license")
            assert "block by the rule not these" in text and "Ask for a waiver" in text
            assert "The card is not shown." in await _text(visitor, PAGE)

    run(scenario)


def test_a_malicious_file_is_refused_and_its_neighbors_are_not(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            apply_policy(registry, NO_MALWARE)
            visitor = await Visitor(registry).sign_in(f"{LOCAL}:read")
            refused = await visitor.get(f"{RAW}weights/plain.pkl")
            assert refused.status == 403 and HOSTILE not in refused.body
            assert (await visitor.get(f"{RAW}config.json")).body == FILES["config.json"]
            page = await visitor.get(f"{PAGE}?path=weights/plain.pkl")
            assert "Its content is not shown." in outline(page).text
            assert b"download>Download" not in page.body

    run(scenario)


def test_downloads_are_never_opened_by_the_browser_and_can_be_resumed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path, {"page.html": b"<script>alert(1)</script>"}) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            whole = await visitor.get(f"{RAW}page.html")
            assert whole.headers["content-type"] == "application/octet-stream"
            assert whole.headers["content-disposition"].startswith("attachment;")
            assert whole.headers["content-security-policy"] == "default-src 'none'; sandbox"
            assert whole.headers["x-content-type-options"] == "nosniff"
            part = await visitor.get(f"{RAW}page.html", range="bytes=8-12")
            assert (part.status, part.body, part.headers["content-range"]) == (
                206,
                b"alert",
                "bytes 8-12/25",
            )

    run(scenario)


def test_what_the_page_gives_is_written_down_as_given_by_a_page(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            await visitor.get(f"{RAW}config.json")
            lines = await _lines(registry, Filter(gives=True, door="page"))
            assert [line.recorded.path for line in lines] == ["config.json"]

    run(scenario)


async def _lines(registry: Registry, wanted: Filter) -> list[decisions.Line]:
    await registry.firewall.record.write_down(registry.database)
    return await registry.database.read(decisions.page, wanted, 100)


def test_a_look_at_a_large_file_elsewhere_fetches_its_header_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path, {"README.md": b"hello"}) as (registry, fake):
            _promise_weights(fake)
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            base = f"/packages/{REMOTE}/models/org/model"
            assert "would fetch all of it" in await _text(visitor, f"{base}?path=big.safetensors")
            sent = fake.sent
            text = await _text(visitor, f"{base}?tab=tensors&path=big.safetensors")
            assert "nothing has verified them" in text and "weight" in text
            assert fake.sent - sent < 1 << 20

    run(scenario)


def _promise_weights(fake: Mischief) -> None:
    size = 1 << 30
    header = json.dumps({"weight": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode().ljust(192)
    fake.promise("big.safetensors", Sparse(200 + size, ((0, (192).to_bytes(8, "little") + header),)), Digest("e" * 64))


def test_use_this_leads_to_lines_with_the_packages_name_and_a_token(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            page = (await visitor.get(PAGE)).body.decode()
            found = re.search(r'href="(/set-me-up[^"]+)">Use this', page)
            assert found is not None
            lines = (await visitor.get(html.unescape(found[1]) + "&client=hf")).body.decode()
            assert "hf download ada/model" in lines and "org/name" not in lines
            assert "package=model/ada/model" in lines, "other clients' lines are for it, too"
            fields = {"client": "hf", "repository": LOCAL, "package": f"model/{PACKAGE}"}
            made = (await visitor.post("/set-me-up", fields)).body.decode()
            assert "hf download ada/model" in made and "The token in these lines" in made
            for wrong in ("ada/model", "model/", "model/a b/c", "model/$(id)", "<x>/ada/model"):
                assert (await visitor.get(f"/set-me-up?package={quote(wrong)}")).status == 400, wrong

    run(scenario)


def test_an_empty_package_teaches(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path, {}) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            said = {tab: await _text(visitor, f"{PAGE}?tab={tab}") for tab in TABS}
            assert "has no card" in said["card"] and "has no files" not in said["usage"]
            assert "No file of this package has a header" in said["tensors"]

    run(scenario)


def test_huge_inputs_are_cut_and_paged(tmp_path: Path) -> None:
    async def scenario() -> None:
        files = {f"part-{number:04}.txt": b"x" for number in range(300)}
        files["README.md"] = b"# long\n" + b"word " * 60_000
        files["tokens.txt"] = b"y" * 400_000
        async with packages(tmp_path, files) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            assert "Only the beginning of the card is shown" in await _text(visitor, PAGE)
            listing = await _text(visitor, f"{PAGE}?tab=files")
            assert "part-0049" not in listing.partition("Page 1 of 7")[2] and "Page 1 of 7" in listing
            assert "part-0299.txt" in await _text(visitor, f"{PAGE}?tab=files&page=7")
            assert len((await visitor.get(f"{PAGE}?path=tokens.txt")).body) < 200_000
            assert "Page 1 of 7" in await _text(visitor, f"{PAGE}?tab=security")

    run(scenario)


def test_odd_addresses_are_answered_in_words(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, fake):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            assert "a package has no tab" in await _text(visitor, f"{PAGE}?tab=nonsense", 400)
            assert (await visitor.get(f"{PAGE}?ref=nowhere")).status == 404
            assert (await visitor.get(f"{PAGE}?ref={SECOND}")).status == 404
            assert (await visitor.get(f"{PAGE}?tab=security&path=nothing")).status == 404
            assert (await visitor.get(f"{PAGE}?tab=tensors&path=config.json")).status == 404
            assert (await visitor.get(f"/raw/{LOCAL}/models/{PACKAGE}?path=../x")).status == 400
            assert (await visitor.get(f"/raw/{LOCAL}/models/{PACKAGE}")).status == 400
            assert fake.asked.total() == 0

    run(scenario)


def test_the_card_links_to_files_of_its_own_package(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            found = outline(await visitor.get(PAGE))
            links = [value for tag, name, value in found.values if name == "href"]
            assert f"{PAGE}?ref=main&path=docs%2Fnotes.md" in links
            assert "https://example.org/p.png" in links and "img" not in {tag for tag, _ in found.tags}
            assert "base_model:" in CARD and "base_model:" not in found.text

    run(scenario)

"""Findings across all packages, and the box that finds anything: what is counted, for whom, and what stays hidden."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from entrepot.catalog.repositories import Kind
from entrepot.domain.errors import Blocked
from entrepot.operations.registry import Registry
from entrepot_testing import add_repository, apply_policy, run
from firewalled import HOSTILE, NO_MALWARE, ask, take
from package_making import FILES, LOCAL, PACKAGE, REMOTE, VIRTUAL, commit, make, packages, torch_zip
from web_visiting import EVERYTHING, Visitor, outline

RULE = "pickle.call.process"
DIGEST = hashlib.sha256(HOSTILE).hexdigest()


async def _text(visitor: Visitor, path: str, status: int = 200) -> str:
    answer = await visitor.get(path)
    assert answer.status == status, (path, answer.status, answer.body[-300:])
    return " ".join(outline(answer).text.split())


async def _groups(visitor: Visitor, query: str = "") -> Mapping[str, Mapping[str, str]]:
    answer = await visitor.get(f"/findings?format=csv{query}")
    return {row["rule"]: row for row in csv.DictReader(io.StringIO(answer.body.decode()))}


def test_findings_are_counted_by_rule_with_what_they_reach(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            await make(registry, "ada/other")
            await commit(registry, {"copy.pkl": HOSTILE}, package="ada/other")
            taker = await Visitor(registry).sign_in(f"{LOCAL}:read", user="grace")
            for _ in range(2):
                await taker.get(f"/raw/{LOCAL}/models/{PACKAGE}?path=weights/plain.pkl")
            await registry.firewall.record.write_down(registry.database)
            await registry.usage.write_down(registry.database)
            admin = await Visitor(registry).sign_in(EVERYTHING)
            found = (await _groups(admin))[RULE]
            assert (found["severity"], found["packages"], found["people"]) == ("critical", "2", "1")
            # The same bytes under two names, and a checkpoint around them.
            assert (found["files"], found["downloads"]) == ("3", "2")
            text = await _text(admin, f"/findings/{RULE}")
            assert "ada/other" in text and "copy.pkl" in text and "Don't load it" in text

    run(scenario)


def test_findings_are_narrowed_down_and_exported(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            assert RULE in await _groups(visitor, "&severity=critical")
            assert RULE not in await _groups(visitor, "&severity=low")
            assert RULE not in await _groups(visitor, f"&repository={REMOTE}")
            assert RULE in await _groups(visitor, "&rule=starts%20or%20controls")
            assert (await visitor.get("/findings?severity=nonsense")).status == 400
            assert (await visitor.get("/findings?repository=nowhere")).status == 404
            assert (await visitor.get("/findings/no.such.rule")).status == 404
            exported = await visitor.get(f"/findings/{RULE}?format=json")
            assert {line["path"] for line in json.loads(exported.body)["places"]} == {"model.pt", "plain.pkl"}

    run(scenario)


def test_what_was_only_glimpsed_at_upstream_is_among_the_findings(tmp_path: Path) -> None:
    async def scenario() -> None:
        large = {"big.pt": torch_zip(HOSTILE + b"." * (2 << 20))}
        async with packages(tmp_path, {"README.md": b"x"}) as (registry, fake):
            apply_policy(registry, NO_MALWARE)
            fake.add("org/model", large, lfs=True)
            with pytest.raises(Blocked, match="is blocked by policy"):
                await take(await ask(registry, "big.pt"), bytearray())
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            text = await _text(visitor, f"/findings/{RULE}")
            assert "org/model" in text and "big.pt" in text and "only glimpsed" in text

    run(scenario)


def test_findings_of_a_scanner_that_was_replaced_are_counted_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        from dataclasses import replace

        from entrepot.catalog import reports
        from entrepot.domain.digest import Digest

        async with packages(tmp_path) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            before = await _groups(visitor)
            subject = reports.of_bytes(Digest(DIGEST), "plain.pkl")
            kept = registry.database.now(reports.latest, [subject])[subject].report
            registry.database.now(reports.keep, subject, replace(kept, scanner="newer"))
            fresh = await Visitor(_forgetful(registry)).sign_in(EVERYTHING)
            assert (await _groups(fresh))[RULE]["files"] == before[RULE]["files"]

    run(scenario)


def _forgetful(registry: Registry) -> Registry:
    from dataclasses import replace

    from entrepot.operations.recent import Recent

    return replace(registry, overviews=Recent(1, seconds=0))


def test_everybody_sees_findings_and_names_of_their_own_repositories_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            add_repository(registry, "open", anonymous_read=True)
            await make(registry, "ada/hidden", private=True)
            await commit(registry, {"secret.pkl": HOSTILE}, package="ada/hidden")
            stranger = await Visitor(registry).sign_in("elsewhere:read", user="eve")
            assert RULE not in await _groups(stranger)
            for query in ("model", "hidden", DIGEST, DIGEST[:10], "apache-2.0"):
                text = await _text(stranger, f"/search?q={query}")
                assert "ada/" not in text and "plain.pkl" not in text
            assert "ada/" not in await _text(stranger, f"/findings/{RULE}")
            reader = await Visitor(registry).sign_in(f"{LOCAL}:read", user="bob")
            assert (await _groups(reader))[RULE]["packages"] == "2"

    run(scenario)


def test_private_packages_stay_hidden_where_everybody_may_read(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            await make(registry, "ada/hidden", private=True)
            hidden = await commit(registry, {"secret.pkl": HOSTILE}, package="ada/hidden")
            with registry.database.engine.begin() as connection:
                connection.exec_driver_sql("UPDATE repositories SET anonymous_read = 1 WHERE key = 'models'")
            nobody = Visitor(registry)
            assert (await _groups(nobody))[RULE]["packages"] == "1"
            for path in (f"/search?q={hidden}", "/search?q=hidden", f"/search?q={DIGEST}", f"/findings/{RULE}"):
                assert "ada/hidden" not in await _text(nobody, path), path

    run(scenario)


def test_a_grant_on_a_virtual_repository_shows_its_members_through_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            visitor = await Visitor(registry).sign_in(f"{VIRTUAL}:read", user="bob")
            links = [value for _, name, value in outline(await visitor.get("/search?q=ada")).values if name == "href"]
            assert f"/packages/{VIRTUAL}/models/{PACKAGE}" in links
            assert (await visitor.get(f"/packages/{VIRTUAL}/models/{PACKAGE}")).status == 200

    run(scenario)


def test_one_box_finds_names_digests_commits_licenses_and_rules(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            done = await commit(registry, {"a.txt": b"x"})
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            await visitor.get(f"/raw/{LOCAL}/models/{PACKAGE}?path=weights/plain.pkl")
            assert PACKAGE in await _text(visitor, "/search?q=MODEL%20ada")
            for text in (DIGEST, DIGEST[:12], f"sha256:{DIGEST}", DIGEST.upper()):
                assert "Packages with these bytes" in await _text(visitor, f"/search?q={text}")
            whole = await _text(visitor, f"/search?q={DIGEST}")
            assert "Who asked for these bytes" in whole and "Reports on these bytes" in whole
            assert "Packages with this commit" in await _text(visitor, f"/search?q={done[:10]}")
            licensed = await _text(visitor, "/search?q=Apache-2.0")
            assert "Apache License 2.0" in licensed and PACKAGE in licensed
            assert "A pickle starts or controls processes" in await _text(visitor, f"/search?q={RULE}")

    run(scenario)


@pytest.mark.parametrize(
    "query", ["", "%20", "zzzzzz", "%25", "_", "*", "%27", "a" * 40, "0" * 64, "sha256:", "x" * 300]
)
def test_odd_questions_find_nothing_and_say_so(tmp_path: Path, query: str) -> None:
    async def scenario() -> None:
        async with packages(tmp_path, {}) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            text = await _text(visitor, f"/search?q={query}")
            assert "One box for names" in text or "Nothing that you may see fits" in text or "_" in query

    run(scenario)


def test_questions_that_are_too_long_or_no_text_are_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path, {}) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            assert (await visitor.get(f"/search?q={'x' * 301}")).status == 413
            assert (await visitor.get("/search?q=%00")).status == 400

    run(scenario)


def test_only_administrators_see_who_asked_for_bytes(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            grace = await Visitor(registry).sign_in(f"{LOCAL}:read", user="grace")
            await grace.get(f"/raw/{LOCAL}/models/{PACKAGE}?path=weights/plain.pkl")
            reader = await Visitor(registry).sign_in(f"{LOCAL}:read,write", user="bob")
            text = await _text(reader, f"/search?q={DIGEST}")
            assert "grace" not in text and "Who asked" not in text and "Reports on these bytes" in text
            stranger = await Visitor(registry).sign_in("elsewhere:read", user="eve")
            assert "Reports on" not in await _text(stranger, f"/search?q={DIGEST}")

    run(scenario)


def test_a_place_leads_to_a_waiver_for_those_bytes(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path) as (registry, _):
            visitor = await Visitor(registry).sign_in(EVERYTHING)
            found = outline(await visitor.get(f"/findings/{RULE}"))
            link = next(value for _, name, value in found.values if name == "href" and DIGEST in value)
            form = outline(await visitor.get(link))
            assert ("input", "value", DIGEST) in form.values and ("input", "value", f"model/{PACKAGE}") in form.values

    run(scenario)


def test_an_instance_without_repositories_that_anybody_may_read_asks_to_sign_in(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with packages(tmp_path, FILES) as (registry, _):
            add_repository(registry, "more", Kind.LOCAL)
            nobody = Visitor(registry)
            for path in ("/findings", f"/findings/{RULE}", "/search?q=model"):
                assert (await nobody.get(path)).headers["location"].startswith("/sign-in?next=")

    run(scenario)

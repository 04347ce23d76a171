"""What is done on the pages: policies tried out and applied, waivers asked for and decided."""

from pathlib import Path

import pytest

from asgi_asking import ask, bearer
from entrepot.domain.errors import NotFound, WrongPolicy
from entrepot.operations.amend import without_rule
from entrepot.policy import default, parse
from entrepot.web.pages.policies import BEGINNING
from entrepot_testing import apply_policy, rule_about, run
from web_visiting import EVERYTHING, OWN, Visitor, a_site, write_decision

TWO = """name = "test"
# The first one.
[[rule]]
name = "a rule"
effect = "block"
path = ["*.bin"]

# The second one.
[[rule]]
name = "another"
effect = "warn"
path = ["*.txt"]
"""


def test_a_policy_is_applied_with_its_note_and_shown_with_what_changed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            admin = await Visitor(registry).sign_in(EVERYTHING)
            assert (await admin.post("/policies", {"text": TWO, "note": "because"})).headers[
                "location"
            ] == "/policies/test"
            await admin.post("/policies", {"text": TWO.replace("*.txt", "*.md")})
            page = (await admin.get("/policies/test")).body.decode()
            assert '<span class="removed">-path = [&#34;*.txt&#34;]</span>' in page
            assert '<span class="added">+path = [&#34;*.md&#34;]</span>' in page
            assert "because" in page
            assert (await admin.get("/policies/test?from=1&to=9")).status == 404
            await admin.post("/policies/test/remove", {"note": "enough"})
            assert "/policies/test" not in (await admin.get("/policies")).body.decode()

    run(scenario)


def test_a_text_that_is_refused_stays_with_line_and_reason_and_changes_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            admin = await Visitor(registry).sign_in(EVERYTHING)
            wrong = TWO.replace('effect = "warn"', 'effect = "shout"')
            answer = await admin.post("/policies", {"text": wrong, "note": "my note"})
            page = answer.body.decode()
            assert answer.status == 400
            assert "line 11" in page and "shout" in page
            assert "my note" in page and "# The first one." in page
            assert (await admin.get("/policies/test")).status == 404

    run(scenario)


def test_the_effect_of_a_text_is_told_without_applying_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            header = bearer(registry, EVERYTHING)
            await ask(registry, "POST", "/hub/models/api/repos/create", {"name": "ada/model"}, header)
            write_decision(registry, actor="grace", gives=True)
            admin = await Visitor(registry).sign_in(EVERYTHING)
            part = await admin.post("/policy-editor/effect", {"text": TWO}, headers={**OWN, "hx-request": "true"})
            text = " ".join(part.body.decode().split())
            assert "refused <strong>1</strong> of 1 request" in text and "<strong>1 person</strong>" in text
            assert "<html" not in text
            again = await admin.post("/policy-editor/effect", {"text": rule_about('path = ["*.md"]')})
            assert "refused <strong>0</strong> of 1 request" in " ".join(again.body.decode().split())
            whole = await admin.post("/policy-editor/effect", {"text": TWO})
            assert "# The first one." in whole.body.decode()
            assert (await admin.get("/policies/test")).status == 404

    run(scenario)


def test_the_editor_begins_without_the_rule_that_decided(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            apply_policy(registry, TWO)
            uid = write_decision(registry)
            admin = await Visitor(registry).sign_in(EVERYTHING)
            assert (
                "/policy-editor?name=test&amp;without=a%20rule" in (await admin.get(f"/decisions/{uid}")).body.decode()
            )
            page = (await admin.get("/policy-editor?name=test&without=a%20rule")).body.decode()
            assert "# effect = &#34;block&#34;" in page and "\neffect = &#34;warn&#34;" in page
            assert (await admin.get("/policy-editor?name=test&without=gone")).status == 404

    run(scenario)


def test_a_text_without_a_rule_has_the_others_as_they_were() -> None:
    text = without_rule(TWO, "a rule")
    assert [rule.name for rule in parse(text).rules] == ["another"]
    assert "# The second one." in text and "# # The" not in text
    for rule in parse(default()).rules:
        kept = [one.name for one in parse(default()).rules if one.name != rule.name]
        assert [one.name for one in parse(without_rule(default(), rule.name)).rules] == kept
    with pytest.raises(NotFound):
        without_rule(TWO, "no such rule")
    with pytest.raises(WrongPolicy):
        without_rule("nonsense", "a rule")


def test_a_waiver_is_asked_for_as_narrow_as_its_decision_and_granted(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            apply_policy(registry, TWO)
            uid = write_decision(registry)
            reader = await Visitor(registry).sign_in("models:read")
            form = (await reader.get(f"/waivers/ask?decision={uid}")).body.decode()
            assert 'name="rule" value="a rule" checked' in form and f'value="{"2" * 64}" checked' in form
            assert 'name="policy" value="test" checked' in form
            fields = {"decision": uid, "policy": "test", "rule": "a rule", "package": "model/ada/model", "days": "5"}
            without_reason = await reader.post("/waivers", {**fields, "reason": " "})
            assert without_reason.status == 400
            assert (await reader.post("/waivers", {**fields, "reason": "for a test"})).status == 303
            assert "for a test" in (await reader.get("/waivers")).body.decode()
            assert 'value="granted"' not in (await reader.get("/waivers")).body.decode()
            assert (await reader.post("/waivers/1", {"standing": "granted", "answer": "me"})).status == 403

            admin = await Visitor(registry).sign_in(EVERYTHING, user="root")
            assert 'value="granted"' in (await admin.get("/waivers")).body.decode()
            empty = await admin.post("/waivers/1", {"standing": "granted", "answer": ""})
            assert empty.status == 400
            assert (await admin.post("/waivers/1", {"standing": "maybe", "answer": "x"})).status == 400
            assert (await admin.post("/waivers/1", {"standing": "granted", "answer": "seen it"})).status == 303
            page = (await reader.get("/waivers?show=granted")).body.decode()
            assert "seen it" in page and "granted" in page and "test/a rule" in page

    run(scenario)


def test_where_two_people_are_needed_nobody_grants_their_own_and_what_was_typed_stays(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path, two_person_waivers="on") as registry:
            admin = await Visitor(registry).sign_in(EVERYTHING)
            await admin.post("/waivers", {"rule": "a rule", "reason": "mine", "days": "5"})
            answer = await admin.post("/waivers/1", {"standing": "granted", "answer": "I say so"})
            assert answer.status == 403
            assert 'value="I say so"' in answer.body.decode()
            assert "somebody else" in answer.body.decode()
            assert (await admin.post("/waivers/1", {"standing": "withdrawn", "answer": "well"})).status == 303

    run(scenario)


def test_what_was_typed_for_a_waiver_stays_where_it_can_not_be(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with a_site(tmp_path) as registry:
            apply_policy(registry, rule_about('path = ["*.bin"]'))
            reader = await Visitor(registry).sign_in("models:read")
            answer = await reader.post("/waivers", {"reason": "all of it", "days": "many", "repository": "models"})
            assert answer.status == 400
            assert "all of it" in answer.body.decode() and 'value="many"' in answer.body.decode()

    run(scenario)


def test_the_text_that_a_new_policy_begins_with_can_be_applied_and_refuses_nothing() -> None:
    policy = parse(BEGINNING)
    assert policy.rules and all(rule.dry_run for rule in policy.rules)

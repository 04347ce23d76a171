"""Each effect, of a file and of a whole package, at each door, by hand: wherever the file is, before and after.

What no client of ours does in one go is asked here one request after the other, with tokens, plans and links that were
given out while everything passed. Each door has a file of its own, so that what is cold stays cold until its door is
asked. Doors that only describe (revision, HEAD, the page) show what is held; the page shows what is blocked, too, but
neither its bytes nor a button to get them.

Left out, because there is no such thing: what was uploaded here is never cold, and a link to fetch a part of a file by
is given for nothing that is cold, since the plan that it stands in fetches the file. Git has tests with git itself.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from conformance.clients.effects_stage import (
    EFFECTS,
    FEWER_SPOTS,
    REASON,
    SPOTS,
    Answer,
    Case,
    Stage,
    ask,
    policy,
    staging,
)
from entrepot.domain.digest import Digest
from entrepot.xet import virtual
from hand_client import until
from weights_making import weights

RECORDED = {
    "revision": "package", "tree": "tree", "paths-info": "tree", "head": "head", "resolve": "file", "raw": "file",
    "pointer": "file", "lfs-batch": "lfs", "lfs-object": "lfs", "xet-token": "xet-token", "xet-plan": "xet-plan",
    "xet-fetch": "xet-fetch", "page": "page", "button": "page",
}  # fmt: skip
"""Each door that is asked here, and what the record calls it."""
OF_PACKAGES = {"revision", "tree", "paths-info", "xet-token", "page"}
"""They are about the package: what a rule says of one of its files does not shut them."""
DESCRIBING = {"revision", "head", "page"}
GIVING = {"resolve", "raw", "lfs-object", "xet-plan", "xet-fetch", "button"}
"""Where bytes leave, or a plan to get them by."""
WARNING = {"revision", "tree", "paths-info", "head", "resolve", "raw", "pointer"}
"""Where clients look for a warning."""
PATHS = "by-hand/paths-info"
CODES = {"hold": 429, "block": 403}


@dataclass
class Visit:
    """Somebody at the doors of one case, with what was given out before there was a policy."""

    stage: Stage
    case: Case
    token: str
    pass_: dict[str, Any] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    def file(self, door: str) -> tuple[str, bytes]:
        """The path and the bytes of the door's own file."""
        seed = f"{self.case.package} {door}"
        if door == "raw":
            return f"{door}.txt", seed.encode()
        return f"{door}.safetensors", weights(20_000, seed)

    @property
    def base(self) -> str:
        return self.stage.stack.endpoint(self.case.kind)

    @property
    def api(self) -> str:
        return f"{self.base}/api/models/{self.case.package}"

    def prepare(self) -> None:
        """The package, and what somebody got while everything passed."""
        spot = SPOTS[self.case.spot]
        doors = [door for door in RECORDED if door == "page" or door not in OF_PACKAGES]
        self.stage.put(self.case, *map(self.file, doors))
        if spot.is_warm and not spot.is_local:
            self.stage.warm(self.case, *(self.file(door)[0] for door in doors))
        self.pass_ = self.ask(f"{self.api}/xet-read-token/main").json
        self.links["object"] = self.batch("lfs-object").json["objects"][0]["actions"]["download"]["href"]
        if spot.is_warm:
            ((entry,),) = self.plan("xet-fetch").json["xorbs"].values()
            self.links["fetch"] = entry["url"]

    def ask(self, url: str, body: bytes | None = None, method: str = "", **headers: str) -> Answer:
        return ask(url, self.token, body, method, **headers)

    def batch(self, door: str, **headers: str) -> Answer:
        data = self.file(door)[1]
        wanted = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data)}
        body = json.dumps({"operation": "download", "transfers": ["basic"], "objects": [wanted]}).encode()
        kind = "application/vnd.git-lfs+json"
        return self.ask(
            f"{self.base}/{self.case.package}.git/info/lfs/objects/batch", body, Content_Type=kind, **headers
        )

    def plan(self, door: str, **headers: str) -> Answer:
        name = virtual.file_hash(Digest.of(self.file(door)[1])).text
        return ask(f"{self.pass_['casUrl']}/v2/reconstructions/{name}", self.pass_["accessToken"], **headers)

    def knock(self, door: str) -> Answer:
        """What a door answers to somebody whose client is called by its name."""
        path = self.file(door)[0]
        own = {"User-Agent": f"by-hand/{door}"}
        if door in ("page", "button"):
            own |= {"Accept": "text/html", "Cookie": self.stage.session}
        page = f"{self.base}/{self.case.package}"
        site = f"{self.stage.stack.registry.origin}/{{}}/{self.base.rpartition('/')[2]}/models/{self.case.package}"
        match door:
            case "revision":
                return self.ask(f"{self.api}/revision/main", **own)
            case "tree":
                return self.ask(f"{self.api}/tree/main?recursive=true", **own)
            case "paths-info":
                return self.ask(f"{self.api}/paths-info/main", b"paths=head.safetensors", **own)
            case "head":
                return self.ask(f"{page}/resolve/main/{path}", method="HEAD", **own)
            case "resolve":
                return self.ask(f"{page}/resolve/main/{path}", **own)
            case "raw" | "pointer":
                return self.ask(f"{page}/raw/main/{path}", **own)
            case "lfs-batch":
                return self.batch(door, **own)
            case "lfs-object":
                return ask(self.links["object"], **own)
            case "xet-token":
                return self.ask(f"{self.api}/xet-read-token/main", **own)
            case "xet-plan":
                return self.plan(door, **own)
            case "xet-fetch":
                return ask(self.links["fetch"], **own)
            case "page":
                return ask(site.format("packages") + f"?tab=files&path={path}", **own)
            case _:
                return ask(site.format("raw") + f"?ref=main&path={path}", **own)


CASES = [
    Case("hand", level, effect, spot, "[a-z]*")
    for level, spots in (("file", tuple(SPOTS)), ("package", FEWER_SPOTS))
    for effect in EFFECTS
    for spot in spots
]
DOORS = [
    pytest.param(case, door, id=f"{door}-{case.key}")
    for case in CASES
    for door in RECORDED
    if door != "xet-fetch" or SPOTS[case.spot].is_warm
]


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Case, Visit]]:
    """Everything is prepared, and then the policies hold."""
    with staging(tmp_path_factory.mktemp("doors")) as stage:
        made = {case: Visit(stage, case, stage.stack.registry.token) for case in CASES}
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(Visit.prepare, made.values()))
        stage.apply(policy("effects", CASES))
        yield made


@pytest.fixture(scope="module")
def answers(visits: dict[Case, Visit]) -> Callable[[Case, str], tuple[Answer, list[dict[str, Any]]]]:
    """What each door of a case answers, and what was written down of that: all of a case are asked together."""
    known: dict[Case, dict[str, Answer]] = {}
    lines: dict[Case, list[dict[str, Any]]] = {}

    def find(case: Case, door: str) -> tuple[Answer, list[dict[str, Any]]]:
        if case not in known:
            visit = visits[case]
            doors = [one for one in RECORDED if one != "xet-fetch" or SPOTS[case.spot].is_warm]
            known[case] = {one: visit.knock(one) for one in doors}
            # Each process of the registry writes down what it decided a moment later.
            wanted = {f"by-hand/{one}" for one in doors if one in GIVING or expected(case, one) != 200} - {PATHS}
            with suppress(AssertionError):
                until(lambda: wanted <= {line["client"] for line in _written(visit)}, 3)
            lines[case] = _written(visit)
        # The same decision at the same door is written down once.
        clients = {PATHS, "by-hand/tree"} if door == "paths-info" else {f"by-hand/{door}"}
        return known[case][door], [line for line in lines[case] if line["client"] in clients]

    return find


def _written(visit: Visit) -> list[dict[str, Any]]:
    return visit.stage.decisions(package=visit.case.package)


def expected(case: Case, door: str) -> int:
    """The status that a door answers with; of LFS, that of the object in the batch."""
    if case.effect in ("allow", "warn") or (case.level == "file" and door in OF_PACKAGES):
        return 200
    if door == "page" or (case.effect == "hold" and door in DESCRIBING):
        return 200
    if door == "head" and case.spot.endswith("warm"):
        return 404  # somebody has it: it is taken back
    return CODES[case.effect]


@pytest.mark.parametrize(("case", "door"), DOORS)
def test_every_door_does_what_policy_says(visits: dict[Case, Visit], answers: Any, case: Case, door: str) -> None:
    answer, lines = answers(case, door)
    data = visits[case].file(door)[1]
    status = expected(case, door)
    assert status_of(door, answer) == status
    if status != 200:
        assert_refused(case, door, answer, lines)
    elif door in GIVING:
        assert data in answer.body or door == "xet-plan" or data[:1000] in answer.body
        assert [(line["effect"], line["downloaded"], line["door"]) for line in lines] == [
            (case.effect, True, RECORDED[door])
        ]
    warns = case.effect == "warn" and door in WARNING and (case.level == "package" or door not in OF_PACKAGES)
    assert (REASON in answer.headers.get("X-HF-Warning", "")) == warns
    if case.effect in ("hold", "block"):
        assert data[-40:] not in answer.body
        assert "X-Xet-Hash" not in answer.headers and b"xetHash" not in answer.body
    if door == "page":
        assert (b">Download</a>" in answer.body) == (case.effect in ("allow", "warn"))
        # Of a file that nobody has looked at the page does not say what will be decided, unless it is a refusal.
        is_told = case.effect != "warn" or case.level == "package" or SPOTS[case.spot].is_warm
        assert (REASON.encode() in answer.body) == (is_told and case.effect != "allow")


def status_of(door: str, answer: Answer) -> int:
    if door != "lfs-batch" or answer.status != 200:
        return answer.status
    (item,) = answer.json["objects"]
    return int(item["error"]["code"]) if "error" in item else 200


def assert_refused(case: Case, door: str, answer: Answer, lines: list[dict[str, Any]]) -> None:
    """The reason, the rule and the link are said where clients look for them, and it is written down."""
    ((effect, rule, gives, recorded),) = {(one["effect"], one["rule"], one["downloaded"], one["door"]) for one in lines}
    assert (effect, rule, gives, recorded) == (case.effect, case.rule, False, RECORDED[door])
    # A page says it to people, a batch for each object in its body.
    in_body = door in ("lfs-batch", "button")
    text = answer.body.decode().replace("&#39;", "'") if in_body else answer.headers["X-Error-Message"]
    assert REASON in text and f"(rule '{case.rule}')" in text
    assert any(f"/decisions/{line['id']}" in text for line in lines)
    if in_body:
        return
    if case.effect == "hold":
        assert answer.headers["RateLimit"].startswith('"inspection";r=0;t=')
    else:
        assert answer.headers["X-Error-Code"] == ("EntryNotFound" if answer.status == 404 else "GatedRepo")


@pytest.mark.parametrize("spot", SPOTS)
@pytest.mark.parametrize("effect", ["hold", "block"])
def test_a_guessed_digest_yields_nothing_through_another_package(
    visits: dict[Case, Visit], effect: str, spot: str
) -> None:
    wanted = visits[Case("hand", "file", effect, spot, "[a-z]*")]
    other = visits[Case("hand", "file", "allow", spot, "[a-z]*")]
    through = replace(wanted, case=other.case, pass_=other.pass_)
    through.file = wanted.file  # type: ignore[method-assign]
    answer = through.batch("resolve")
    assert answer.status == 200 and "actions" not in answer.json["objects"][0]
    assert answer.json["objects"][0]["error"]["code"] == 404
    assert through.plan("resolve").status == 404

"""`entrepot inventory` against a live server: a table, JSON, CSV and a bill of materials of what was taken."""

import base64
import csv
import io
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from live_server import PATIENCE, ROOT, LiveServer

CARD = b"---\nlicense: apache-2.0\nbase_model: org/base\n---\n# Hello\n"


class Used:
    """A server from which a model, a dataset and an odd one were taken."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.commit = self.upload("model", "ada/model", {"README.md": CARD, "notes.md": b"hello"})
        self.upload("dataset", "ada/set", {"README.md": b"---\nlicense: my-own\n---\n"})
        self.reader = server.new_token("models:read", user="=cmd()")
        self.take("/ada/model/resolve/main/notes.md", server.token)
        self.take("/ada/model/resolve/main/README.md", self.reader)
        self.take("/datasets/ada/set/resolve/main/README.md", self.reader)
        scope = {"package": "model/ada/model", "reason": "a\x1b[31m demo", "days": 3}
        number = server.api("POST", "/waivers", scope)["id"]
        server.api("POST", f"/waivers/{number}", {"standing": "granted", "answer": "seen"})

    def upload(self, kind: str, name: str, files: dict[str, bytes]) -> str:
        """Commit small files; the commit's id."""
        owner, _, short = name.partition("/")
        self._post("/api/repos/create", {"name": short, "organization": owner, "type": kind})
        lines: list[object] = [{"key": "header", "value": {"summary": "files"}}]
        for path, data in files.items():
            content = {"path": path, "encoding": "base64", "content": base64.b64encode(data).decode()}
            lines.append({"key": "file", "value": content})
        body = "\n".join(map(json.dumps, lines)).encode()
        return str(self._post(f"/api/{kind}s/{name}/commit/main", body)["commitOid"])

    def _post(self, path: str, body: object) -> dict[str, object]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.server.endpoint('models')}{path}", data, method="POST")
        request.add_header("Authorization", f"Bearer {self.server.token}")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            found: dict[str, object] = json.load(answer)
            return found

    def take(self, path: str, token: str) -> None:
        """Download a file."""
        request = urllib.request.Request(f"{self.server.endpoint('models')}{path}")
        request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            assert answer.read()

    def says(self, *words: str, token: str = "", code: int = 0) -> str:
        """What the command prints; it has to end with that code."""
        surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "HOME": str(self.server.data)}
        surroundings |= {"ENTREPOT_SERVER": self.server.origin, "ENTREPOT_TOKEN": token or self.server.token}
        done = subprocess.run(
            [sys.executable, "-m", "entrepot", "inventory", *words],
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            cwd=self.server.data,
        )
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout + (done.stderr if code else "")


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Used]:
    """The server, once for all tests here."""
    with LiveServer(tmp_path_factory.mktemp("inventory") / "data") as server:
        yield Used(server)


def test_the_table_names_license_people_and_who_approved(used: Used) -> None:
    lines = used.says().splitlines()
    row = next(line for line in lines if "model/ada/model" in line)
    for word in (used.commit[:12], "local", "Apache-2.0", "clean", "admin", "=cmd()", "1 by admin until"):
        assert word in row, (word, row)
    assert used.says("--since", "2100-01-01").strip() == "Nothing was taken in that time."


def test_json_is_what_the_server_says(used: Used) -> None:
    said = json.loads(used.says("--json"))
    items = {one["package"]: one for one in said["items"]}
    one = items["model/ada/model"]
    assert said["complete"] is True
    assert (one["licenses"], one["base_models"], one["verdict"]) == (["Apache-2.0"], ["org/base"], "clean")
    assert (one["files"], one["bytes"], one["people"]) == (2, len(CARD) + 5, ["=cmd()", "admin"])
    assert (one["source"], one["commit"]) == ("local", used.commit)
    assert items["dataset/ada/set"]["licenses"] == ["unknown"]


def test_csv_has_no_formulas(used: Used) -> None:
    rows = {row["package"]: row for row in csv.DictReader(io.StringIO(used.says("--csv")))}
    assert rows["model/ada/model"]["people"] == "'=cmd(); admin"
    assert rows["dataset/ada/set"]["people"] == "'=cmd()"
    assert rows["model/ada/model"]["waivers"].startswith("1 by admin until ")


def test_the_bill_of_materials_has_a_component_for_each(used: Used) -> None:
    bill = json.loads(used.says("--cyclonedx"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    components = {one["name"]: one for one in bill["components"]}
    model, dataset = components["model"], components["set"]
    assert (model["type"], dataset["type"]) == ("machine-learning-model", "data")
    assert (model["group"], model["version"]) == ("ada", used.commit)
    assert model["licenses"] == [{"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}]
    assert model["purl"].startswith(f"pkg:huggingface/ada/model@{used.commit}?repository_url=http%3A%2F%2F127.0.0.1")
    assert model["pedigree"]["ancestors"] == [{"type": "machine-learning-model", "name": "org/base"}]
    said = {(one["name"], one["value"]) for one in model["properties"]}
    assert {("entrepot:verdict", "clean"), ("entrepot:people", "=cmd()"), ("entrepot:files", "2")} <= said
    assert [value.partition(",")[0] for name, value in said if name == "entrepot:waiver"] == ["1"]
    assert "licenses" not in dataset and len({one["bom-ref"] for one in bill["components"]}) == 2


def test_what_cannot_be_asked_is_refused(used: Used) -> None:
    assert "not an administrator" in used.says(token=used.reader, code=1)
    assert "choose one of" in used.says("--json", "--csv", code=4)
    assert "is no time" in used.says("--since", "soon", code=1)


def test_nothing_of_it_obeys_or_steers_a_terminal(used: Used, tmp_path: Path) -> None:
    for words in ((), ("--json",), ("--csv",), ("--cyclonedx",)):
        assert "\x1b" not in used.says(*words) and "\\u001b" not in used.says(*words)

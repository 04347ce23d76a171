"""`entrepot scan`: what it takes, what it prints, and with which code it ends."""

import http.server
import io
import json
import os
import pickle
import sys
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from entrepot import cli
from entrepot.commands.scan import FORMATS
from entrepot.commands.scanning.crew import processes_for
from entrepot.commands.scanning.remote import BLOCK, RangeSource, Web
from entrepot.commands.scanning.run import FAILED, FOUND, NOTHING_FOUND, NOTHING_TO_SCAN
from entrepot.commands.scanning.targets import Target

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "scan-report.schema.json").read_text())
WRONG = cli.WRONG_USAGE


class Echo:
    """Says something when it is unpickled; nobody does that here."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("echo hi",)


HARMFUL = pickle.dumps(Echo())
HARMLESS = pickle.dumps({"a": [1, 2.5, "x"]})


class Said:
    """What a call of the command line left behind."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def scan(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["entrepot", "scan", *map(str, words)])
        code: object = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code
        printed = capsys.readouterr()
        return Said(int(str(code or 0)), printed.out, printed.err)

    return call


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    (folder / "deep").mkdir(parents=True)
    (folder / "good.pkl").write_bytes(HARMLESS)
    (folder / "deep" / "bad.pkl").write_bytes(HARMFUL)
    return folder


def test_a_harmless_file_ends_with_0_and_a_harmful_one_with_1(scan: Any, models: Path) -> None:
    assert scan(models / "good.pkl").code == NOTHING_FOUND
    said = scan(models / "deep" / "bad.pkl")
    assert said.code == FOUND
    assert "malicious" in said.out and "echo hi" in said.out


def test_a_folder_is_looked_through_and_paths_are_as_they_were_typed(
    scan: Any, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(models.parent)
    files = scan("models", "--format", "json").json["files"]
    assert [file["path"] for file in files] == ["models/good.pkl", "models/deep/bad.pkl"]
    assert [file["verdict"] for file in files] == ["clean", "malicious"]


def test_a_pattern_stands_for_files(scan: Any, models: Path) -> None:
    assert len(scan(models / "**" / "*.pkl", "--format", "json").json["files"]) == 2


def test_what_is_excluded_is_left_out(scan: Any, models: Path) -> None:
    assert scan(models, "--exclude", "deep").code == NOTHING_FOUND
    assert scan(models, "--exclude", "bad.*").code == NOTHING_FOUND


def test_severities_below_the_one_that_fails_do_not_fail(scan: Any, models: Path) -> None:
    (models / "config.json").write_text('{"auto_map": {"AutoModel": "modeling_x.XModel"}}')
    assert scan(models / "config.json").code == FOUND
    assert scan(models / "config.json", "--fail-on", "medium").code == NOTHING_FOUND
    assert scan(models / "deep" / "bad.pkl", "--fail-on", "critical").code in (FOUND, NOTHING_FOUND)


def test_what_was_not_fully_read_fails_only_where_that_was_asked(scan: Any, models: Path) -> None:
    (models / "cut.pkl").write_bytes(HARMLESS[:-4])
    assert scan(models / "cut.pkl").code == NOTHING_FOUND
    assert "unknown" in scan(models / "cut.pkl").out
    assert scan(models / "cut.pkl", "--strict").code == FOUND


def test_what_no_format_recognizes_ends_with_3(scan: Any, tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(bytes(range(128, 256)) * 4)
    assert scan(tmp_path / "noise").code == NOTHING_TO_SCAN
    (tmp_path / "empty").mkdir()
    assert scan(tmp_path / "empty").code == NOTHING_TO_SCAN


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_ends_with_2(scan: Any, models: Path) -> None:
    (models / "good.pkl").chmod(0)
    assert scan(models / "good.pkl").code == FAILED


def test_links_that_lead_nowhere_and_pipes_are_errors_that_end_nothing(scan: Any, models: Path) -> None:
    (models / "gone").symlink_to(models / "nowhere")
    os.mkfifo(models / "pipe")
    said = scan(models, "--exclude", "bad.pkl", "--format", "json")
    assert said.code == FAILED
    errors = {Path(file["path"]).name: file["error"] for file in said.json["files"] if "error" in file}
    assert set(errors) == {"gone", "pipe"}


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("nowhere.pkl",),
        ("--format", "excel", "."),
        ("--fail-on", "fatal", "."),
        ("--jobs", "0", "."),
        ("--explain", "pickle.nothing"),
        ("--explain", "nothing"),
        ("--with", "nothing", "."),
        ("--nothing",),
        ("https://",),
        ("hf://",),
    ],
)
def test_wrong_words_end_with_4_and_a_hint(scan: Any, words: tuple[str, ...]) -> None:
    said = scan(*words)
    assert said.code == WRONG
    assert said.err and "Traceback" not in said.err


def test_standard_input_is_a_file(scan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO(HARMFUL)

    monkeypatch.setattr(sys, "stdin", Input())
    said = scan("-", "--format", "json")
    assert said.code == FOUND
    assert said.json["files"][0]["path"] == "-"


def test_json_is_as_its_published_schema_says(scan: Any, models: Path) -> None:
    jsonschema.validate(scan(models, "--format", "json").json, SCHEMA)


def test_several_processes_say_what_one_says(scan: Any, tmp_path: Path) -> None:
    for number in range(70):
        (tmp_path / f"{number}.pkl").write_bytes(HARMFUL if number % 7 == 0 else HARMLESS)
    one, two = (scan(tmp_path, "--format", "json", "--jobs", jobs).json for jobs in (1, 2))
    assert one["files"] == two["files"]


def test_processes_are_used_where_they_pay() -> None:
    small = [Target("x", 100)] * 10
    assert processes_for(small, None) == 1
    assert processes_for(small * 500, None) == min(os.cpu_count() or 1, 16)
    assert processes_for(small, 4) == 4
    assert processes_for([Target("x", 100)], 4) == 1
    assert processes_for([Target("x", 100 << 20)] * 2, None) == min(os.cpu_count() or 1, 2)


def test_sarif_has_each_finding_with_its_rule_and_place(scan: Any, models: Path) -> None:
    run = scan(models, "--format", "sarif").json["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"].endswith("models/deep/bad.pkl")
        assert place["region"]["startLine"] == 1
        assert result["level"] in ("error", "warning", "note")
    assert all(float(rule["properties"]["security-severity"]) for rule in run["tool"]["driver"]["rules"])


def test_junit_has_a_case_for_each_file(scan: Any, models: Path) -> None:
    suite = ElementTree.fromstring(scan(models, "--format", "junit").out)[0]
    assert suite.get("tests") == "2" and suite.get("failures") == "1"
    assert [bool(len(case)) for case in suite] == [False, True]


def test_cyclonedx_says_which_file_each_finding_affects(scan: Any, models: Path) -> None:
    document = scan(models, "--format", "cyclonedx").json
    names = {component["bom-ref"]: component["name"] for component in document["components"]}
    assert document["specVersion"] == "1.6"
    for vulnerability in document["vulnerabilities"]:
        assert [Path(names[one["ref"]]).name for one in vulnerability["affects"]] == ["bad.pkl"]


@pytest.mark.parametrize("form", FORMATS)
def test_what_strangers_wrote_is_escaped_in_every_form(scan: Any, tmp_path: Path, form: str) -> None:
    name = "<script>\x1b[31m&\"'\n.pkl"
    (tmp_path / name).write_bytes(HARMFUL.replace(b"echo hi", b"<i>\x1b]0"))
    said = scan(tmp_path, "--format", form)
    assert said.code == FOUND
    assert "\x1b" not in said.out
    if form in ("html", "junit"):
        assert "<script>" not in said.out and "<i>" not in said.out


def test_a_name_that_is_no_unicode_is_reported_on(scan: Any, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.pkl")).write_bytes(HARMFUL)
    for form in FORMATS:
        assert scan(tmp_path, "--format", form, "-o", tmp_path.parent / "out").code == FOUND


def test_the_result_can_go_to_a_file(scan: Any, models: Path, tmp_path: Path) -> None:
    said = scan(models, "--format", "json", "-o", tmp_path / "out.json")
    assert not said.out and "2 files scanned" in said.err
    assert json.loads((tmp_path / "out.json").read_text())["summary"]["files"] == 2
    assert scan(models, "-o", tmp_path / "no" / "such").code == 1


def test_rules_and_formats_can_be_read_about(scan: Any) -> None:
    assert "What to do" in scan("--explain", "pickle.call.process").out
    assert "safetensors" in scan("--list-formats").out
    assert "keras.lambda" in scan("--list-rules").out


def test_rules_that_are_off_can_be_switched_on(scan: Any, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("ada.lovelace@mail.org,1\n")
    assert scan(tmp_path).code == NOTHING_FOUND
    assert scan(tmp_path, "--with", "privacy").code == FOUND
    assert scan(tmp_path, "--with", "privacy.mail").code == FOUND


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path, list[str]]]:
    """A web server with ranges over a folder: its address, the folder, and the ranges that it was asked for."""
    folder, asked = tmp_path / "site", []
    folder.mkdir()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path.startswith("/moved/"):
                self.send_response(302)
                self.send_header("Location", self.path.removeprefix("/moved"))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            data = (folder / self.path.lstrip("/")).read_bytes()
            first, last = self.headers["Range"].removeprefix("bytes=").split("-")
            asked.append(self.headers["Range"])
            if int(first) >= len(data):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            part = data[int(first) : int(last) + 1]
            self.send_response(206)
            self.send_header("Content-Length", str(len(part)))
            self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}")
            self.end_headers()
            self.wfile.write(part)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder, asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_large_file_elsewhere_is_read_by_ranges(scan: Any, site: tuple[str, Path, list[str]]) -> None:
    address, folder, asked = site
    header = json.dumps({"w": {"dtype": "F32", "shape": [5_000_000], "data_offsets": [0, 20_000_000]}}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(20_000_000))
    said = scan("--format", "json", f"{address}/moved/model.safetensors")
    assert said.code == NOTHING_FOUND
    assert said.json["files"][0]["verdict"] == "clean"
    assert said.json["summary"]["bytes_fetched"] < 500_000
    assert asked[0] == f"bytes=0-{BLOCK - 1}"


def test_a_harmful_file_elsewhere_is_found(scan: Any, site: tuple[str, Path, list[str]]) -> None:
    address, folder, _ = site
    (folder / "bad.pkl").write_bytes(HARMFUL)
    (folder / "empty").write_bytes(b"")
    said = scan("--format", "json", f"{address}/bad.pkl", f"{address}/empty")
    assert [file["verdict"] for file in said.json["files"]] == ["malicious", "clean"]
    assert said.json["files"][0]["path"] == f"{address}/bad.pkl"


def test_an_address_that_does_not_answer_is_an_error(scan: Any, site: tuple[str, Path, list[str]]) -> None:
    said = scan("--format", "json", "http://127.0.0.1:1/x", f"{site[0]}/nothing")
    assert said.code == FAILED
    assert all("can't be fetched" in file["error"] for file in said.json["files"])


def test_reads_of_a_remote_file_are_what_the_file_has(site: tuple[str, Path, list[str]]) -> None:
    address, folder, _ = site
    data = os.urandom(3 * BLOCK + 17)
    (folder / "x").write_bytes(data)
    web = Web()
    source = RangeSource(web, f"{address}/x")
    assert source.size == len(data)
    for offset, size in (
        (0, 10),
        (BLOCK - 5, 10),
        (BLOCK, BLOCK),
        (0, len(data)),
        (len(data) - 3, 100),
        (len(data), 5),
    ):
        assert source.read(offset, size) == data[offset : offset + size]
    web.close()

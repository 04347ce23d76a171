"""Questions about large packages cost what they ask about, and never keep others from being answered."""

import base64
import threading
from pathlib import Path
from typing import Any

import pytest

from asgi_asking import HERE, a_package, ask, commit_of, inline
from entrepot.domain.attributes import Attributes
from entrepot.domain.digest import Digest
from entrepot.repositories.local import LocalRepository
from entrepot_testing import run

BATCH = "/hub/models/ada/model.git/info/lfs/objects/batch"


async def _send(registry: Any, admin: Any, data: bytes) -> str:
    """Upload a large file; its digest."""
    digest = Digest.of(data).hex
    asked = {"operation": "upload", "objects": [{"oid": digest, "size": len(data)}]}
    answer = await ask(registry, "POST", BATCH, asked, admin)
    href = answer.json["objects"][0]["actions"]["upload"]["href"].removeprefix("http://registry.example")
    assert (await ask(registry, "PUT", href, data)).status == 200
    return digest


def test_a_batch_of_downloads_lists_a_revision_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = 0
    listing = LocalRepository.listing

    async def counted(*args: Any) -> Any:
        nonlocal listed
        listed += 1
        return await listing(*args)

    async def test() -> None:
        async with a_package(tmp_path) as (registry, admin):
            digests = [await _send(registry, admin, b"%d" % number) for number in range(10)]
            files = [("lfsFile", {"path": f"f{n}", "algo": "sha256", "oid": oid}) for n, oid in enumerate(digests)]
            assert (await ask(registry, "POST", f"{HERE}/commit/main", commit_of(*files), admin)).status == 200
            for number in range(5):
                await ask(registry, "POST", f"{HERE}/branch/b{number}", {}, admin)
            monkeypatch.setattr(LocalRepository, "listing", counted)
            unknown = [Digest.of(b"unknown %d" % number).hex for number in range(10)]
            objects = [{"oid": oid, "size": 1} for oid in digests + unknown]
            answer = await ask(registry, "POST", BATCH, {"operation": "download", "objects": objects}, admin)
            found = answer.json["objects"]
            assert ["actions" in item for item in found] == [True] * 10 + [False] * 10
            href = found[3]["actions"]["download"]["href"].removeprefix("http://registry.example")
            assert (await ask(registry, "GET", href)).body == b"3"
            assert listed == 1

    run(test)


def test_patterns_are_matched_where_nobody_waits_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    matched: list[threading.Thread] = []
    filter_of = Attributes.filter_of

    def noted(self: Attributes, path: str) -> str | None:
        matched.append(threading.current_thread())
        return filter_of(self, path)

    async def test() -> None:
        async with a_package(tmp_path) as (registry, admin):
            digest = await _send(registry, admin, b"large")
            monkeypatch.setattr(Attributes, "filter_of", noted)
            asked = {"files": [{"path": "a.txt", "size": 1, "sample": base64.b64encode(b"x").decode()}]}
            assert (await ask(registry, "POST", f"{HERE}/preupload/main", asked, admin)).status == 200
            body = commit_of(("lfsFile", {"path": "a", "algo": "sha256", "oid": digest}))
            assert (await ask(registry, "POST", f"{HERE}/commit/main", body, admin)).status == 200

    run(test)
    assert len(matched) >= 2
    assert threading.main_thread() not in matched


def test_a_line_longer_than_any_regular_file_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    async def test() -> None:
        async with a_package(tmp_path, max_regular_bytes=1000) as (registry, admin):
            large = commit_of(inline("large.txt", "x" * (4 << 20)))
            answer = await ask(registry, "POST", f"{HERE}/commit/main", large, admin)
            assert (answer.status, "line" in answer.json["error"]) == (413, True)
            small = {"files": [{"path": path, "size": size, "sample": ""} for path, size in (("a", 1000), ("b", 1001))]}
            modes = (await ask(registry, "POST", f"{HERE}/preupload/main", small, admin)).json["files"]
            assert [mode["uploadMode"] for mode in modes] == ["regular", "lfs"]

    run(test)

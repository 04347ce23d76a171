"""Packages for the pages about them: with a card, weights, a harmless exploit, and whatever a test puts in."""

import io
import json
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from asgi_asking import ask, bearer
from entrepot.catalog.repositories import Kind
from entrepot.operations.registry import Registry
from entrepot_testing import add_repository, apply_policy, close_registry, make_registry, rule_about
from firewalled import HOSTILE, Mischief
from web_visiting import EVERYTHING
from weights_making import weights

CARD = """---
license: apache-2.0
base_model: ada/base
pipeline_tag: text-generation
tags: [example]
---
# A model

It is **good**, see [the notes](docs/notes.md) and [the site](https://example.org/a).

![a picture](https://example.org/p.png)

| what | how much |
|---|---|
| layers | 2 |
"""
TABS = ("card", "files", "tensors", "revisions", "security", "license", "usage", "properties")
WARNING = rule_about('verdict = "malicious"', name="careful", effect="warn")
"""Everything is looked at, and nothing is refused."""
LOCAL, REMOTE, VIRTUAL = "models", "remote", "all"
PACKAGE = "ada/model"
PAGE = f"/packages/{LOCAL}/models/{PACKAGE}"


def torch_zip(pickled: bytes = HOSTILE) -> bytes:
    """A checkpoint as PyTorch writes them, with that pickle."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/version", "3")
    return out.getvalue()


FILES: Mapping[str, bytes] = {
    "README.md": CARD.encode(),
    "config.json": b'{"hidden_size": 2}',
    "docs/notes.md": b"# Notes\n",
    "model.safetensors": weights(400),
    "weights/model.pt": torch_zip(),
    "weights/plain.pkl": HOSTILE,
}


async def commit(
    registry: Registry, files: Mapping[str, bytes | None], message: str = "files", package: str = PACKAGE
) -> str:
    """The commit that puts the files there and takes those away that are None."""
    from base64 import b64encode

    lines: list[dict[str, object]] = [{"key": "header", "value": {"summary": message, "description": ""}}]
    for path, data in files.items():
        if data is None:
            lines.append({"key": "deletedFile", "value": {"path": path}})
        else:
            value = {"path": path, "content": b64encode(data).decode(), "encoding": "base64"}
            lines.append({"key": "file", "value": value})
    body = "\n".join(map(json.dumps, lines)).encode()
    header = bearer(registry, EVERYTHING, user="root")
    answer = await ask(registry, "POST", f"/hub/{LOCAL}/api/models/{package}/commit/main", body, header)
    assert answer.status == 200, answer.body
    return str(answer.json["commitOid"])


async def make(registry: Registry, package: str = PACKAGE, *, private: bool = False) -> None:
    """An empty package."""
    header = bearer(registry, EVERYTHING, user="root")
    body = {"name": package, "private": private}
    answer = await ask(registry, "POST", f"/hub/{LOCAL}/api/repos/create", body, header)
    assert answer.status == 200, answer.body


@asynccontextmanager
async def packages(
    folder: Path, files: Mapping[str, bytes] = FILES, **settings: object
) -> AsyncIterator[tuple[Registry, Mischief]]:
    """A registry with the same package in a local, a remote and a virtual repository, where nothing is refused."""
    fake = Mischief()
    registry = make_registry(folder, upstream=lambda row: fake, **{"scanning": "on", **settings})
    add_repository(registry, LOCAL)
    add_repository(registry, REMOTE, Kind.REMOTE, upstream="http://upstream.example")
    add_repository(registry, VIRTUAL, Kind.VIRTUAL, members=(LOCAL, REMOTE))
    apply_policy(registry, WARNING)
    try:
        await make(registry)
        if files:
            await commit(registry, files)
            fake.add("org/model", dict(files))
            fake.facts = {"cardData": {"license": "apache-2.0", "base_model": "ada/base"}, "tags": ["text-generation"]}
        yield registry, fake
    finally:
        with suppress(AssertionError):
            await close_registry(registry)

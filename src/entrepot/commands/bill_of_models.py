"""The inventory as a bill of materials in CycloneDX 1.6: a component for each package and commit."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from entrepot import __version__
from entrepot.exports.cyclonedx import document
from entrepot.licenses import look_up

_KINDS = {"model": "machine-learning-model", "dataset": "data"}


def bill(items: Sequence[Mapping[str, Any]], server: str) -> dict[str, object]:
    """The document; `items` as our own interface gives them, `server` where they can be had."""
    components = [_component(item, f"item-{number}", server) for number, item in enumerate(items, 1)]
    return document(datetime.now(UTC), __version__) | {"components": components}


def _component(item: Mapping[str, Any], reference: str, server: str) -> dict[str, object]:
    kind, _, name = str(item["package"]).partition("/")
    group, _, short = name.rpartition("/")
    shown: dict[str, object] = {
        "type": _KINDS.get(kind, "file"),
        "bom-ref": reference,
        "name": short,
        "version": item["commit"],
        "properties": list(_properties(item)),
    }
    if group:
        shown["group"] = group
    if kind == "model" and group and item["commit"]:
        shown["purl"] = _purl(item, name, server)
    if licenses := [_license(one) for one in item["licenses"] if look_up(one)]:
        shown["licenses"] = licenses
    if item["base_models"]:
        shown["pedigree"] = {"ancestors": [{"type": _KINDS["model"], "name": base} for base in item["base_models"]]}
    return shown


def _purl(item: Mapping[str, Any], name: str, server: str) -> str:
    where = item["source"] if item["source"] not in ("", "local") else f"{server}/hub/{item['repository']}"
    return f"pkg:huggingface/{quote(name)}@{quote(item['commit'])}?repository_url={quote(where, safe='')}"


def _license(license_id: str) -> dict[str, object]:
    known = look_up(license_id)
    # An id is one of SPDX's list; an exception behind one is none.
    is_id = known is not None and known.spdx and known.id == license_id
    return {"license": {"id" if is_id else "name": license_id, "acknowledgement": "declared"}}


def _properties(item: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    names = ("repository", "source", "verdict", "licensed_by", "files", "bytes", "first_at", "last_at")
    lists = ("licenses", "inherited_licenses", "license_conflicts", "people")
    yield from (_property(name, item[name]) for name in names)
    yield from (_property(name, value) for name in lists for value in item[name])
    for one in item["waivers"]:
        until = f"{one['id']}, granted by {one['granted_by']} until {one['expires_at']}: {one['reason']}"
        yield _property("waiver", until)


def _property(name: str, value: object) -> dict[str, str]:
    return {"name": f"entrepot:{name}", "value": str(value)}

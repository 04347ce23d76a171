"""Describe: read what a package's files say of it, so that it can be shown and found."""

from collections.abc import Mapping
from typing import Any

from entrepot.catalog import packages, revisions
from entrepot.domain.content import Json, Package
from entrepot.domain.errors import Invalid
from entrepot.domain.names import PackageType
from entrepot.metadata import gguf, safetensors
from entrepot.metadata.card import Card
from entrepot.metadata.config import read_config, shown_config, transformers_info
from entrepot.metadata.library import guess_library
from entrepot.metadata.prefix import NeedMore
from entrepot.operations.peruse import Standing, standing
from entrepot.operations.registry import Registry
from entrepot.repositories import Repository

MAX_TEXT = 4 << 20
"""Cards and configurations over this size are not read."""
MAX_SHARDS = 200
"""How many headers of one model are read; the largest published models have fewer shards."""
FIRST_READ = 64 << 10
CONFIGS = ("config.json", "tokenizer_config.json", "adapter_config.json", "model_index.json")


async def describe(registry: Registry, repository: Repository, package: Package) -> None:
    """The package's facts are those of its main branch's head.

    What can't be read says nothing: a package is never refused for its card.
    """
    head = await registry.database.read(revisions.read_ref, package.id, revisions.MAIN)
    if head is None:
        return
    here = await standing(registry, repository, package, head.hex)
    facts = await _facts(here, package.name.type)
    await registry.database.write(packages.describe, package.id, head.hex, facts)


async def _facts(here: Standing, kind: PackageType) -> dict[str, Json]:
    facts, tags = _card_facts(await here.text("README.md", MAX_TEXT), kind)
    if kind is PackageType.MODEL:
        more, more_tags = await _model_facts(here)
        facts = {**more, **facts}
        tags += more_tags
    if any(path.endswith(".safetensors") for path in here.files):
        tags.append("safetensors")
    return {**facts, "tags": list(dict.fromkeys(tags))}


def _card_facts(text: str, kind: PackageType) -> tuple[dict[str, Any], list[str]]:
    try:
        card = Card.parse(text)
    except Invalid:
        return {}, []
    facts: dict[str, Any] = {"cardData": dict(card.data)}
    for name, value in (("pipeline_tag", card.pipeline_tag), ("library_name", card.library_name)):
        if value and kind is PackageType.MODEL:
            facts[name] = value
    return facts, list(card.tags(kind.value))


async def _model_facts(here: Standing) -> tuple[dict[str, Any], list[str]]:
    documents = {name: parsed for name in CONFIGS if (parsed := await _config(here, name)) is not None}
    config = documents.get("config.json", {})
    guess = guess_library(here.files, config)
    facts: dict[str, Any] = {"library_name": guess.name} if guess.name else {}
    template = await here.text("chat_template.jinja", MAX_TEXT)
    if shown := shown_config(documents, template or None):
        facts["config"] = shown
    if info := transformers_info(config):
        facts["transformersInfo"] = info
    facts |= await _safetensors_facts(here)
    facts |= await _gguf_facts(here)
    return facts, list(guess.tags)


async def _config(here: Standing, name: str) -> Mapping[str, object] | None:
    if name not in here.files or here.files[name].size > MAX_TEXT:
        return None
    try:
        return read_config(await here.prefix(name, MAX_TEXT), name)
    except Invalid:
        return None


async def _safetensors_facts(here: Standing) -> dict[str, Any]:
    try:
        paths = await _weight_files(here)
        headers = [await _safetensors_header(here, path) for path in paths[:MAX_SHARDS]]
    except Invalid:
        return {}
    return {"safetensors": safetensors.shown_parameters(headers)} if headers else {}


async def _weight_files(here: Standing) -> list[str]:
    index = "model.safetensors.index.json"
    if index in here.files and here.files[index].size <= safetensors.MAX_INDEX:
        listed = safetensors.read_index(await here.prefix(index, safetensors.MAX_INDEX))
        return sorted({path for path in listed.values() if path in here.files})
    names = ("model.safetensors", "adapter_model.safetensors")
    return [next((name for name in names if name in here.files), "")] if set(names) & set(here.files) else []


async def _safetensors_header(here: Standing, path: str) -> safetensors.SafetensorsHeader:
    read = FIRST_READ
    while True:
        header = safetensors.read_header(await here.prefix(path, read), here.files[path].size)
        if not isinstance(header, NeedMore):
            return header
        read = header.size


async def _gguf_facts(here: Standing) -> dict[str, Any]:
    path = min((path for path in here.files if path.lower().endswith(".gguf")), default=None)
    if path is None:
        return {}
    read = FIRST_READ
    try:
        while True:
            header = gguf.read_header(await here.prefix(path, read), here.files[path].size)
            if not isinstance(header, NeedMore):
                return {"gguf": header.shown}
            read = header.size
    except Invalid:
        return {}


async def describe_the_rest(registry: Registry) -> None:
    """Describe every package whose main branch has moved on since it was last described."""
    for package_id, _ in await registry.database.read(packages.undescribed):
        package = await registry.database.read(packages.by_id, package_id)
        repository = await registry.repository(package.repository)
        await describe(registry, repository, package)

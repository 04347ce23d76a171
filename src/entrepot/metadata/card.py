"""A README.md as a card: its metadata, the tags that follow from it, and what is wrong with it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from entrepot.domain.errors import Invalid
from entrepot.metadata.frontmatter import BadYaml, FrontMatter, front_matter, read_yaml

# Tags are rows of the catalog; a card with more is not honest.
MAX_TAGS = 1000
MAX_TAG = 256
# Papers are cited in prose that somebody reads.
MAX_SEARCHED = 1 << 20

_PAPER = re.compile(
    r"(?:arxiv\.org/(?:abs|pdf|html)/|/papers/|\barxiv:[ ]?)([0-9]{4}\.[0-9]{4,5})(?![0-9])", re.IGNORECASE
)

# The card's field -> what stands before its values in a tag.
_MODEL_TAGS = {
    "library_name": "",
    "pipeline_tag": "",
    "tags": "",
    "language": "",
    "datasets": "dataset:",
    "base_model": "base_model:",
    "license": "license:",
}
_DATASET_TAGS = {
    "task_categories": "task_categories:",
    "task_ids": "task_ids:",
    "annotations_creators": "annotations_creators:",
    "language_creators": "language_creators:",
    "multilinguality": "multilinguality:",
    "source_datasets": "source_datasets:",
    "language": "language:",
    "license": "license:",
    "size_categories": "size_categories:",
    "tags": "",
}
_SPACE_TAGS = {"sdk": "", "tags": "", "license": "license:"}
_TAGS = {"model": _MODEL_TAGS, "dataset": _DATASET_TAGS, "space": _SPACE_TAGS}


class Problem(TypedDict):
    """One thing that is wrong with a card, as the Hub words it; `line` counts from 1."""

    message: str
    line: NotRequired[int]


@dataclass(frozen=True, slots=True)
class Card:
    """What a README.md says in its YAML block, as JSON values, and the papers that its text cites."""

    data: Mapping[str, object]
    papers: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Card":
        """The card in a README.md; without a YAML block it is empty. Raises `Invalid`."""
        block = front_matter(text)
        found = _PAPER.findall(text[:MAX_SEARCHED])
        return cls(_mapping(block) if block else {}, tuple(dict.fromkeys(found))[:MAX_TAGS])

    @property
    def pipeline_tag(self) -> str | None:
        """The task that the card names, such as `text-generation`."""
        return _text(self.data.get("pipeline_tag"))

    @property
    def library_name(self) -> str | None:
        """The library that the card names, such as `transformers`."""
        return _text(self.data.get("library_name"))

    def tags(self, repo_type: str) -> tuple[str, ...]:
        """The tags that the Hub derives for a "model", "dataset" or "space", each once, in its order."""
        tags = dict.fromkeys(tag for tag in self._tags(repo_type) if 0 < len(tag) <= MAX_TAG)
        return tuple(tags)[:MAX_TAGS]

    def _tags(self, repo_type: str) -> Iterator[str]:
        for field, prefix in _TAGS.get(repo_type, {}).items():
            yield from (prefix + value for value in _texts(self.data.get(field)))
        if repo_type == "model":
            relation = _text(self.data.get("base_model_relation"))
            if relation:
                yield from (f"base_model:{relation}:{base}" for base in _texts(self.data.get("base_model")))
            yield from (field for field in ("model-index", "co2_eq_emissions") if self.data.get(field))
        yield from (f"arxiv:{paper}" for paper in self.papers)


def _mapping(block: FrontMatter) -> Mapping[str, object]:
    value = read_yaml(block)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadYaml("the card's metadata must be names with values", block.lines_above + 1)
    return value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= MAX_TAG else None


def _texts(value: object) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str):
            yield one
        elif isinstance(one, int | float) and not isinstance(one, bool):
            yield str(one)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _is_text_or_texts(value: object) -> bool:
    return _is_text(value) or _is_list_of_texts(value)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


_Check = tuple[Callable[[object], bool], str]
_TEXT: _Check = (_is_text, "must be a string")
_LIST: _Check = (_is_list, "must be an array")
_LIST_OF_TEXTS: _Check = (_is_list_of_texts, "must be an array of strings")
_TEXT_OR_TEXTS: _Check = (_is_text_or_texts, "must be a string or an array of strings")
_ANY_CHECKS = {"license": _TEXT_OR_TEXTS, "tags": _LIST_OF_TEXTS, "license_name": _TEXT, "license_link": _TEXT}
_MODEL_CHECKS = {
    "language": _TEXT_OR_TEXTS,
    "pipeline_tag": _TEXT,
    "library_name": _TEXT,
    "datasets": _TEXT_OR_TEXTS,
    "base_model": _TEXT_OR_TEXTS,
    "base_model_relation": _TEXT,
    "metrics": _TEXT_OR_TEXTS,
    "model-index": _LIST,
}
_DATASET_CHECKS = {
    "language": _TEXT_OR_TEXTS,
    "pretty_name": _TEXT,
    "configs": _LIST,
    "task_categories": _TEXT_OR_TEXTS,
    "task_ids": _TEXT_OR_TEXTS,
    "size_categories": _TEXT_OR_TEXTS,
}
_SPACE_CHECKS = {"title": _TEXT, "sdk": _TEXT, "app_file": _TEXT}
_CHECKS = {"model": _MODEL_CHECKS, "dataset": _DATASET_CHECKS, "space": _SPACE_CHECKS}


def problems(text: str, repo_type: str) -> tuple[list[Problem], list[Problem]]:
    """The errors and the warnings that a card of this kind deserves; a card with errors is refused."""
    try:
        block = front_matter(text)
        if block is None or not block.yaml.strip():
            return [], [{"message": "empty or missing YAML metadata in the card"}]
        data = _mapping(block)
    except BadYaml as error:
        return [_problem(error.message, error.line)], []
    except Invalid as error:
        return [_problem(error.message, None)], []
    return list(_field_errors(block, data, _ANY_CHECKS | _CHECKS.get(repo_type, {}))), []


def _problem(message: str, line: int | None) -> Problem:
    return {"message": message} if line is None else {"message": message, "line": line}


def _field_errors(block: FrontMatter, data: Mapping[str, object], checks: Mapping[str, _Check]) -> Iterator[Problem]:
    for field, (is_right, wording) in checks.items():
        value = data.get(field)
        if value is not None and not is_right(value):
            yield _problem(f'"{field}" {wording}', _line_of(block, field))


def _line_of(block: FrontMatter, field: str) -> int | None:
    found = re.search(rf"^{re.escape(field)}[ ]*:", block.yaml, re.MULTILINE)
    return block.lines_above + 1 + block.yaml.count("\n", 0, found.start()) if found else None

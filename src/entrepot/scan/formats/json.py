"""JSON: configurations of models, tokenizers and pipelines, jsonpickle, indexes of shards."""

from collections.abc import Iterator

from entrepot.scan.budget import Budget, Unreadable, Unrecognized
from entrepot.scan.documents import Exhausting, parse_json
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

_SPACE = b"\xef\xbb\xbf \t\r\n"
_WEIGHTY = frozenset(
    "auto_map chat_template _target_ class_name module weight_map py/reduce py/object loader_module".split()
)

_KERAS = frozenset("config layers function registered_name fn".split())


def _recognize(sample: Sample) -> bool:
    if sample.opaque or sample.head.lstrip(_SPACE)[:1] not in (b"{", b"["):
        return False
    return sample.seems_text


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    # Loaded here: of most files nobody needs what is known of configurations.
    from entrepot.scan.configs.looking import look

    budget.check_string(sample.source.size)
    text = sample.text
    if text is None:
        raise Unreadable("a JSON document of more than 32 MiB, or in no known encoding")
    try:
        document = parse_json(text)
    except Exhausting as bomb:
        yield found("config.bomb", str(bomb), evidence=text[:200])
        raise
    except Unreadable:
        # Lines of JSON, templates and much else begins with a brace: a loader of JSON would refuse it as well.
        if sample.suffix != ".json":
            raise Unrecognized("begins like JSON and is none") from None
        raise
    is_keras = isinstance(document.value, dict) and "class_name" in document.value
    for name in document.repeated:
        if name in _WEIGHTY or (is_keras and name in _KERAS):
            message = f"the name {name} stands twice in one object, and readers differ in which value they take"
            yield found("config.repeated-name", message, evidence=name)
    try:
        yield from look(document.value, sample.basename, budget)
    except Exhausting as bomb:
        yield found("config.bomb", str(bomb), evidence=text[:200])
        raise


FORMAT = Format(
    "json",
    _recognize,
    _inspect,
    "JSON",
    RunsCode.NO,
    "consumers: auto_map, _target_, jsonpickle, templates",
    (".json", ".ipynb", ".index"),
    firsts=b"{[ \t\r\n\xef",
)

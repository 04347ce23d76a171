"""What a configuration or a card says a model is made from, where that name is made to be taken for another."""

from collections.abc import Iterator

from entrepot.domain.report import Finding
from entrepot.scan.configs import Entry
from entrepot.scan.publishers import imitated
from entrepot.scan.rules import found

_KEYS = (
    "base_model", "_name_or_path", "name_or_path", "base_model_name_or_path", "source_model", "teacher_model",
    "pretrained_model_name_or_path", "model_name_or_path", "tokenizer_name_or_path", "base_model_id",
)  # fmt: skip
_MOST = 100


def provenance(entry: Entry) -> Iterator[Finding]:
    """Findings of an entry that names what the model was made from."""
    for key in _KEYS:
        value = entry.mapping.get(key)
        for named in value[:_MOST] if isinstance(value, list) else (value,):
            publisher, _, name = named.partition("/") if isinstance(named, str) else ("", "", "")
            # With more parts, or none, it is a path.
            if publisher and name and "/" not in name and (known := imitated(publisher)):
                message = f"{key} names {publisher}, which looks like {known} and is not"
                yield found("provenance.look-alike", message, evidence=f"{entry.below(key)}: {named!a}")

"""Everything that is looked at in a configuration, in one pass over its entries."""

from collections.abc import Iterator

from entrepot.domain.report import Capability
from entrepot.scan.budget import Budget
from entrepot.scan.configs import Document, entries
from entrepot.scan.configs.callables import callables
from entrepot.scan.configs.keras import keras
from entrepot.scan.configs.places import places, texts
from entrepot.scan.configs.provenance import provenance
from entrepot.scan.configs.resolvers import resolvers
from entrepot.scan.configs.templates import templates
from entrepot.scan.configs.transformers import remote_code
from entrepot.scan.formats import Found


def look(document: Document, name: str, budget: Budget) -> Iterator[Found]:
    """Findings and templates of a document; `name` is its file's, in lower case."""
    for entry in entries(document, budget):
        for finding in callables(entry):
            yield Capability.YES
            yield finding
        yield from keras(entry)
        yield from remote_code(entry, name)
        yield from provenance(entry)
        yield from places(entry)
        yield from texts(entry, name)
        yield from resolvers(entry)
        yield from templates(entry, name)

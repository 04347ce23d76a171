"""Which license is it, and what does it oblige to? Declarations in, what follows from them out; pure."""

from entrepot.licenses.combining import combine
from entrepot.licenses.declared import of_card, of_config, of_header
from entrepot.licenses.lineage import base_models, inherit, relation
from entrepot.licenses.table import known, look_up
from entrepot.licenses.texts import is_license_file, of_text

__all__ = [
    "base_models",
    "combine",
    "inherit",
    "is_license_file",
    "known",
    "look_up",
    "of_card",
    "of_config",
    "of_header",
    "of_text",
    "relation",
]

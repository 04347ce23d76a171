"""Which text can be kept: databases and UTF-8 take no zero character and no half of a surrogate pair."""

import re

_NOWHERE_TO_KEEP = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether catalog and clients can take the text."""
    return _NOWHERE_TO_KEEP.search(text) is None

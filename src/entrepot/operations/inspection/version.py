"""Which scanner is this? A report that another one made is out of date."""

import hashlib
from functools import cache
from pathlib import Path

import entrepot.scan
from entrepot.scan.engine import SCANNER


@cache
def scanner_version() -> str:
    """The scanner's name and version, with a digest of its code and rules: a changed rule is another scanner."""
    folder = Path(next(iter(entrepot.scan.__path__)))
    hasher = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in (".py", ".toml", ".tsv", ".json"):
            hasher.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{SCANNER}+{hasher.hexdigest()[:12]}"

"""Names of bytes: SHA-256 for everything stored, git's SHA-1 for what git names."""

import hashlib
import re
from dataclasses import dataclass

from entrepot.domain.errors import Invalid

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """The SHA-256 of a blob, as 64 lowercase hexadecimal digits."""

    hex: str

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.hex):
            raise Invalid(f"not a SHA-256 digest (64 lowercase hexadecimal digits): {self.hex[:80]!r}")

    def __str__(self) -> str:
        return self.hex

    @property
    def raw(self) -> bytes:
        """The digest's 32 bytes."""
        return bytes.fromhex(self.hex)

    @classmethod
    def of(cls, data: bytes) -> "Digest":
        """The digest of bytes that are at hand."""
        return cls(hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True, order=True)
class GitOid:
    """The SHA-1 that git gives a commit, tree or blob, as 40 lowercase hexadecimal digits."""

    hex: str

    def __post_init__(self) -> None:
        if not _SHA1.fullmatch(self.hex):
            raise Invalid(f"not a git object id (40 lowercase hexadecimal digits): {self.hex[:80]!r}")

    def __str__(self) -> str:
        return self.hex

    @property
    def raw(self) -> bytes:
        """The id's 20 bytes, as they stand in a tree object."""
        return bytes.fromhex(self.hex)

    @classmethod
    def looks_like(cls, text: str) -> bool:
        """Whether the text is a full commit id rather than a branch or tag."""
        return _SHA1.fullmatch(text) is not None

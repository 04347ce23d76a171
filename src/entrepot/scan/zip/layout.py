"""What a zip file's members are for, by the names of all: which hold tensor values, and which code of PyTorch's own."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

MARKER_SIZE = 4096


@dataclass(frozen=True, slots=True)
class Use:
    """How a member is to be looked at."""

    formats: tuple[str, ...] = ()
    opaque: bool = False
    marker: bool = False
    """A short word for the loader, such as a version: known, if it is plain text."""


_PLAIN = Use()


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of an archive that PyTorch's loaders take for theirs."""

    roots: frozenset[str]
    scripted: frozenset[str]

    def use(self, name: str) -> Use:
        """How the member of that name is to be looked at."""
        root, _, inner = name.partition("/")
        if root not in self.roots:
            root, inner = "", name
            if "" not in self.roots:
                return _PLAIN
        if _storage().fullmatch(inner):
            return Use(opaque=True)
        if _marker().fullmatch(inner):
            return Use(marker=True)
        if root in self.scripted and inner.startswith("code/") and inner.endswith(".py"):
            return Use(formats=("torchscript",))
        return _PLAIN


def layout(names: Iterable[str]) -> Layout:
    """The layout that these names make."""
    roots: set[str] = set()
    scripted: set[str] = set()
    for name in names:
        root, _, inner = name.rpartition("/") if name in _ROOTED else name.partition("/")
        if inner in _ROOTED:
            roots.add(root)
        if inner == "constants.pkl":
            scripted.add(root)
    return Layout(frozenset(roots), frozenset(scripted))


_ROOTED = frozenset({"data.pkl", "constants.pkl", ".data/version", "archive_format", "models/model.json"})


@cache
def _storage() -> re.Pattern[str]:
    return re.compile(
        r"(?:data|constants|traced_inputs|tensors)/\d+|\.data/\d+\.storage"
        r"|data/(?:weights|constants)/(?:weight|tensor|param|buffer|const)[\w.]*|xl_model_weights/[\w.]+"
    )


@cache
def _marker() -> re.Pattern[str]:
    return re.compile(
        r"version|byteorder|archive_format|archive_version|\.format_version|\.storage_alignment"
        r"|\.data/(?:version|serialization_id|extern_modules|python_version)"
    )

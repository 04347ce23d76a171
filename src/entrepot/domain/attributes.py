"""Which files git keeps as LFS pointers, and which an upload leaves out: .gitattributes and .gitignore."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from entrepot.domain.errors import TooLarge
from entrepot.domain.globs import Glob, GlobSet

UploadMode = Literal["lfs", "regular"]

# The Hub's own border: above it a file does not go into git, whatever it is.
MAX_REGULAR_SIZE = 10_000_000
# The Hub appends a line per large file; fifty thousand of them fit.
MAX_TEXT = 4 << 20
# Git does not read longer lines of .gitattributes either.
MAX_LINE = 2048

_LFS = "filter=lfs diff=lfs merge=lfs -text"
_BLANK = " \t\r\n"
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"(?=[ \t\r]|\Z)')
_QUOTE_ESCAPE = re.compile(rb"\\([0-3][0-7]{2}|.)")
_QUOTE_ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
# What a person reads, even where the first bytes look odd.
_READ_BY_PEOPLE = re.compile(
    r"(?:\.git(?:attributes|ignore|modules)|(?:readme|license|notice)(?:\..*)?|.*\.(?:md|rst))"
)

_EVERYWHERE = """
    *.7z *.arrow *.avro *.bin *.bz2 *.ckpt *.db *.ftz *.gguf *.ggml *.gz *.h5 *.hdf5 *.joblib *.keras *.lz4 *.lzma
    *.mat *.mds *.mlmodel *.model *.msgpack *.nemo *.npy *.npz *.onnx *.onnx_data *.orc *.ot *.parquet *.pb *.pickle
    *.pkl *.pt *.pt2 *.pth *.rar *.safetensors *.sqlite *.tar *.tar.* *.tflite *.tgz *.wasm *.xz *.zip *.zst
    *tfevents* saved_model/**/*
"""
_MEDIA = """
    *.aac *.avi *.bmp *.flac *.gif *.jpeg *.jpg *.m4a *.mkv *.mov *.mp3 *.mp4 *.oga *.ogg *.opus *.pcm *.pdf *.png
    *.psd *.raw *.sam *.tfrecord *.tif *.tiff *.wav *.webm *.webp
"""


def _lines(patterns: str) -> str:
    return "".join(f"{pattern} {_LFS}\n" for pattern in patterns.split())


MODEL_ATTRIBUTES = _lines(_EVERYWHERE)
DATASET_ATTRIBUTES = _lines(_EVERYWHERE + _MEDIA)


def default_attributes(repo_type: str) -> str:
    """The .gitattributes that a new package starts with: datasets keep media out of git as well."""
    return DATASET_ATTRIBUTES if repo_type == "dataset" else MODEL_ATTRIBUTES


class Attributes:
    """What a .gitattributes at the top of a package says about filters.

    Macros and the attributes other than `filter` are not looked at; lines that git would pass over are
    passed over. Raises `TooLarge` when the text is.
    """

    def __init__(self, text: str) -> None:
        _refuse_long(text, ".gitattributes")
        self._values: list[str | None] = []
        self._globs = GlobSet(self._read(text))

    def _read(self, text: str) -> Iterator[Glob]:
        for line in text.removeprefix("\ufeff").split("\n"):
            if rule := _attribute_rule(line):
                self._values.append(rule[1])
                yield rule[0]

    def filter_of(self, path: str) -> str | None:
        """The filter's name, an empty string where it is switched off, None where nothing is said."""
        *_, last = self._globs.matches(path)
        return None if last < 0 else self._values[last]

    def is_lfs(self, path: str) -> bool:
        """Whether git-lfs would keep this file as a pointer."""
        return self.filter_of(path) == "lfs"


def _refuse_long(text: str, name: str) -> None:
    if len(text) > MAX_TEXT:
        raise TooLarge(f"{name} is longer than {MAX_TEXT} characters")


def _attribute_rule(line: str) -> tuple[Glob, str | None] | None:
    line = line.strip(_BLANK)
    if not line or len(line) > MAX_LINE or line.startswith(("#", "!", "[attr]")):
        return None
    if quoted := _QUOTED.match(line):
        pattern, rest = _unquote(quoted[1]), line[quoted.end() :]
    else:
        pattern, _, rest = line.replace("\t", " ").replace("\r", " ").partition(" ")
    values = [value for word in rest.split() for value in _filter_values(word)]
    glob = Glob.parse(pattern) if values else None
    return (glob, values[-1]) if glob else None


def _filter_values(word: str) -> list[str | None]:
    match word:
        case "-filter" | "filter":
            return [""]
        case "!filter":
            return [None]
        case _:
            return [word.removeprefix("filter=")] if word.startswith("filter=") else []


def _unquote(text: str) -> str:
    raw = _QUOTE_ESCAPE.sub(lambda found: _unescape(found[1]), text.encode("utf-8", "replace"))
    return raw.decode("utf-8", "replace")


def _unescape(escape: bytes) -> bytes:
    return bytes([int(escape, 8)]) if len(escape) == 3 else _QUOTE_ESCAPES.get(escape, escape)


def tracked(text: str, paths: Iterable[str]) -> str:
    """The .gitattributes text with a line added for each path that it does not keep as an LFS pointer yet.

    Without such a line, a clone shows the pointer instead of the file.
    """
    attributes = Attributes(text)
    missing = sorted({path for path in paths if not attributes.is_lfs(path)})
    gap = "" if not text or text.endswith("\n") else "\n"
    return text + gap * bool(missing) + "".join(f"/{_escape(path)} {_LFS}\n" for path in missing)


def _escape(path: str) -> str:
    path = re.sub(r"([\\*?\[\]])", r"\\\1", path).replace(" ", "[[:space:]]")
    return re.sub(r"[\x00-\x20\x7f]", "?", path)


def upload_mode(
    path: str, size: int, sample: bytes, attributes: Attributes, largest: int = MAX_REGULAR_SIZE
) -> UploadMode:
    """Whether a file goes to LFS or into git: what .gitattributes says first, then its size, then its first bytes.

    A file of more than `largest` bytes is too large for git.

    `-filter` keeps a binary file in git, but not one that is too large for it. .gitattributes itself and empty
    files are always in git.
    """
    name = path.rpartition("/")[2].lower()
    if size == 0 or name == ".gitattributes":
        return "regular"
    value = attributes.filter_of(path)
    if value == "lfs" or size > largest:
        return "lfs"
    if value is not None or _READ_BY_PEOPLE.fullmatch(name):
        return "regular"
    return "lfs" if _is_binary(sample) else "regular"


def _is_binary(sample: bytes) -> bool:
    if b"\0" in sample:
        return True
    try:
        sample.decode()
    except UnicodeDecodeError as error:
        # A sample may end in the middle of a character.
        return error.reason != "unexpected end of data"
    return False


class IgnoreRules:
    """What a .gitignore at the top of a folder leaves out. Raises `TooLarge` when the text is."""

    def __init__(self, text: str) -> None:
        _refuse_long(text, ".gitignore")
        self._ignored: list[bool] = []
        self._globs = GlobSet(self._read(text))

    def _read(self, text: str) -> Iterator[Glob]:
        for line in text.removeprefix("\ufeff").split("\n"):
            if rule := _ignore_rule(line):
                self._ignored.append(rule[1])
                yield rule[0]

    def ignores(self, path: str) -> bool:
        """Whether the file, or a folder above it, is left out; nothing below such a folder comes back in."""
        return any(last >= 0 and self._ignored[last] for last in self._globs.matches(path))


def _ignore_rule(line: str) -> tuple[Glob, bool] | None:
    line = line.removesuffix("\r")
    bare = line.rstrip(" ")
    if len(bare) < len(line) and (len(bare) - len(bare.rstrip("\\"))) % 2:
        bare += " "
    if not bare or bare.startswith("#"):
        return None
    glob = Glob.parse(bare.removeprefix("!"))
    return (glob, not bare.startswith("!")) if glob else None

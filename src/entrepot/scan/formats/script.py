"""Scripts of shells and other interpreters: not harmful by being there, but by what they do and where they hide."""

from collections.abc import Iterator

from entrepot.domain.report import Capability, Location, Unread
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

MAX_SIZE = 4 << 20
"""Characters of a script that are searched: the time grows with them, and no script is larger."""
_SUFFIXES = (
    ".sh",
    ".bash",
    ".zsh",
    ".ksh",
    ".bat",
    ".cmd",
    ".ps1",
    ".psm1",
    ".command",
    ".vbs",
    ".vbe",
    ".wsf",
    ".hta",
    ".jse",
    ".php",
    ".reg",
)
_WEIGHTS = (
    ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".npz", ".safetensors", ".gguf", ".ggml",
    ".onnx", ".h5", ".hdf5", ".keras", ".pb", ".tflite", ".model", ".params", ".weights", ".engine", ".plan", ".pte",
    ".msgpack", ".mar", ".nemo", ".dat", ".data", ".jpg", ".png", ".json", ".rknn", ".mlmodel", ".pdparams", ".pdmodel",
)  # fmt: skip
_SHELLS = ("sh", "bash", "zsh", "dash", "ksh", "ash", "pwsh", "powershell", "fish")


def _interpreter(head: bytes) -> str:
    """The program that `#!` names; empty without one."""
    if head[:2] != b"#!":
        return ""
    words = head[2:256].split(b"\n")[0].split()
    named = [word for word in words if not word.startswith(b"-") and b"=" not in word and not word.endswith(b"/env")]
    name = named[0].rsplit(b"/", 1)[-1].decode("latin-1") if named else ""
    return name.rstrip("0123456789.")


def _recognize(sample: Sample) -> bool:
    if sample.head[:2] == b"#!":
        return _interpreter(sample.head) not in ("", "python", "pypy") and b"/" in sample.head[:64]
    return sample.suffix in _SUFFIXES and sample.seems_text and not sample.opaque


def _inspect(sample: Sample, _: Budget) -> Iterator[Found]:
    from entrepot.scan.commands import hostile

    yield Capability.YES
    if sample.suffix in _WEIGHTS or (not sample.suffix and _is_weights(sample.basename)):
        message = f"a script under a name that promises none: {sample.basename}"
        where = Location(offset=0)
        yield found("executable.in-model", message, evidence=sample.head[:200].decode("latin-1"), at=where)
    interpreter = _interpreter(sample.head)
    if interpreter and interpreter not in _SHELLS:
        yield Unread(f"what a script for {interpreter} does is only searched for shell commands")
    data = sample.source.read(0, MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        yield Unread(f"a script of more than {MAX_SIZE} bytes", MAX_SIZE)
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    yield from hostile(_joined(text))


def _is_weights(name: str) -> bool:
    return name.isdigit() or name in ("model", "weights", "checkpoint", "data", "pytorch_model", "trailing")


def _joined(text: str) -> str:
    """With the lines that a backslash continues, and without comments, which do nothing."""
    lines = text.replace("\\\r\n", " ").replace("\\\n", " ").split("\n")
    return "\n".join("" if line.lstrip().startswith(("#", "REM ", "::")) else line for line in lines)


FORMAT = Format(
    "script",
    _recognize,
    _inspect,
    "a script",
    RunsCode.YES,
    "its interpreter",
    _SUFFIXES,
    firsts=b"#",
    names=_SUFFIXES,
)

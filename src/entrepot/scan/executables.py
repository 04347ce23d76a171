"""Programs where weights should be: told by the structure of their headers, judged by what their names promise."""

from collections.abc import Iterator

from entrepot.domain.report import Capability, Location, Unread
from entrepot.scan.formats import Found
from entrepot.scan.rules import found
from entrepot.scan.sample import Sample

APE = b"MZqFpD"
"""Programs for all systems at once, which Windows' loader takes for its own."""
_LIBRARIES = (
    ".so",
    ".dll",
    ".dylib",
    ".pyd",
    ".o",
    ".a",
    ".ko",
    ".node",
    ".wasm",
    ".class",
    ".dex",
    ".cubin",
    ".bundle",
    ".pyc",
    ".pyo",
)
_PROGRAMS = (".exe", ".elf", ".com", ".sys", ".scr", ".msi", ".lnk", ".llamafile")


def judge(sample: Sample, what: str) -> Iterator[Found]:
    """The finding on a program of that kind; what it would do stays unknown, and is told of as not read."""
    yield Capability.YES
    where = Location(offset=0)
    evidence = sample.head[:64].hex(" ")
    if sample.suffix == ".llamafile":
        yield found("executable.portable", f"{what}, as its name says", at=where)
    elif _is_named_so(sample):
        message = f"{what}: it runs as native code as soon as something loads it"
        yield found("executable.native", message, evidence=evidence, at=where)
    else:
        message = f"{what} under a name that promises none: {sample.basename or 'no name'}"
        yield found("executable.in-model", message, evidence=evidence, at=where)
    yield Unread("what native code does is not judged")


def _is_named_so(sample: Sample) -> bool:
    name = sample.basename
    return name.endswith((*_LIBRARIES, *_PROGRAMS)) or ".so." in name


def is_elf(head: bytes, opaque: bool = False) -> bool:
    """Whether these are the first bytes of an ELF file: its magic, and among a tensor's values also fields that only
    have a few right values."""
    if head[:4] != b"\x7fELF":
        return False
    if not opaque:
        return True
    if len(head) < 20 or head[4] not in (1, 2) or head[5] not in (1, 2):
        return False
    order = "little" if head[5] == 1 else "big"
    kind = int.from_bytes(head[16:18], order)  # type: ignore[arg-type]
    return head[6] <= 1 and (kind <= 4 or kind >= 0xFE00)


def is_pe(sample: Sample) -> bool:
    """Whether it is a Windows program: the old header, and the new one where the old one says."""
    head = sample.head
    if head[:2] != b"MZ" or len(head) < 64 or head[:6] == APE:
        return False
    at = int.from_bytes(head[60:64], "little")
    if at + 24 <= len(head):
        new = head[at : at + 24]
    elif 64 <= at < 1 << 24:
        new = sample.source.read(at, 24)
    else:
        new = b""
    if new[:4] == b"PE\0\0":
        return True
    return not sample.opaque and (b"This program c" in head[:512] or new[:2] in (b"NE", b"LE"))


_MACHO = {b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"}
_FAT = {b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"}
_PROCESSORS = {1, 6, 7, 8, 10, 11, 12, 13, 14, 15, 18}
"""The numbers of the processors that Apple ever named; the highest byte tells 32 from 64 bits."""


def is_macho(head: bytes) -> bool:
    """Whether these are the first bytes of a program for Apple's systems, for one processor or several."""
    magic = head[:4]
    if len(head) < 16:
        return False
    if magic in _MACHO:
        order = "big" if magic[0] == 0xFE else "little"
        processor = int.from_bytes(head[4:8], order)  # type: ignore[arg-type]
        kind = int.from_bytes(head[12:16], order)  # type: ignore[arg-type]
        return processor & 0xFFFFFF in _PROCESSORS and 0 < kind <= 16
    if magic in _FAT:
        count = int.from_bytes(head[4:8], "big")
        return 0 < count < 20 and int.from_bytes(head[8:12], "big") & 0xFFFFFF in _PROCESSORS
    return False


def is_java_class(head: bytes) -> bool:
    """Whether these are the first bytes of a compiled Java class: Apple's magic, and a version instead of a count."""
    return head[:4] == b"\xca\xfe\xba\xbe" and len(head) > 10 and 45 <= int.from_bytes(head[6:8], "big") < 100

"""Is it a zip file? By its first bytes, or by the end record that readers look for at its end."""

from entrepot.scan.sample import Sample
from entrepot.scan.source import IN_MEMORY, Unpacked

END = b"PK\x05\x06"
ENTRY = b"PK\x01\x02"
LOCAL = b"PK\x03\x04"
END_SIZE = 22
_SPANNED = b"PK\x07\x08PK\x03\x04"


def is_zip(sample: Sample) -> bool:
    """Whether some reader takes it for a zip file."""
    head = sample.head
    if (head[:2] == b"PK" and head[:4] in (LOCAL, END, ENTRY)) or head[:8] == _SPANNED:
        return not sample.opaque or ends_as_zip(sample)
    return ends_as_zip(sample)


def ends_as_zip(sample: Sample) -> bool:
    """Whether an end record stands at the end, and leads to a directory. Of tensor values only the last bytes count."""
    source = sample.source
    if isinstance(source, Unpacked) and source.read(IN_MEMORY, 1):
        return False  # its end would cost unpacking it all, and a format that knows the rest tells what follows
    if sample.opaque:
        size = source.size
        return source.read(size - END_SIZE, 4) == END and _leads(sample, size - END_SIZE)
    tail = sample.tail
    at = tail.rfind(END)
    return at >= 0 and _leads(sample, source.size - len(tail) + at)


def _leads(sample: Sample, at: int) -> bool:
    from entrepot.scan.zip.records import end_at  # most files are no zip files

    end = end_at(sample.source, at)
    if end is None:
        return False
    directory = end.zip64 or end.directory
    places = (end.before - directory.size, directory.offset)
    return any(place >= 0 and directory.size and sample.source.read(place, 4) == ENTRY for place in places)

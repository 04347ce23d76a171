"""TFRecord: records one after another, each behind its length. Data only."""

from collections.abc import Iterator

from entrepot.scan.archive import rest
from entrepot.scan.budget import Budget
from entrepot.scan.formats import Format, Found, RunsCode
from entrepot.scan.sample import Sample

_SUFFIXES = (".tfrecord", ".tfrecords")
_FRAMED = (b"\x80\x04\x95", b"\x80\x05\x95")
_POLYNOMIAL = 0x82F63B78


def _recognize(sample: Sample) -> bool:
    head = sample.head
    # Records of more than 4 GiB are none that a file begins with.
    if sample.opaque or len(head) < 17 or head[4:8] != b"\0\0\0\0" or head[:4] == b"\0\0\0\0":
        return False
    # A pickle's frame looks like a length, and the checksum costs more than all else about a small one.
    if head[:3] in _FRAMED and sample.suffix not in _SUFFIXES:
        return False
    return head[8:12] == _checked(head[:8])


def _checked(data: bytes) -> bytes:
    """The checksum of eight bytes as TensorFlow writes it: CRC-32C, turned and shifted."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF).to_bytes(4, "little")


def _inspect(sample: Sample, budget: Budget) -> Iterator[Found]:
    source, at, size = sample.source, 0, sample.source.size
    while at + 16 <= size:
        budget.spend_values()
        head = source.read(at, 12)
        length = int.from_bytes(head[:8], "little")
        if length > size - at - 16 or head[8:] != _checked(head[:8]):
            break
        at += 16 + length
    yield from rest(source, at)


FORMAT = Format("tfrecord", _recognize, _inspect, "TFRecord", RunsCode.NO, suffixes=_SUFFIXES)

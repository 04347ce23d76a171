"""HDF5 that ends where it must not."""

import pytest

from entrepot.scan import Coverage, scan_bytes
from entrepot.scan.engine import FAULT
from entrepot.scan.hdf5 import SIGNATURE


@pytest.mark.parametrize("rest", [b"", b"\0", b"\x02", b"\0" * 6, b"\x02\x08", b"\x03" + b"\x08" * 20, b"\xff"])
def test_a_superblock_that_is_cut_is_not_read_and_no_fault(rest: bytes) -> None:
    report = scan_bytes(SIGNATURE + rest, "model.h5")
    assert report.coverage is not Coverage.FULL
    assert not [unread for unread in report.unread if FAULT in unread.reason]

"""Writing behind: let the system begin to write a file's pages, so that the sync at its end is short."""

import ctypes
import sys

_SYNC_FILE_RANGE_WRITE = 2
_LIBRARY = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def begin_writeback(descriptor: int, start: int, length: int) -> None:
    """Start to write these pages, without waiting for them (Linux: sync_file_range); only a hint."""
    if _LIBRARY is not None:
        offset, count = ctypes.c_int64(start), ctypes.c_int64(length)
        _LIBRARY.sync_file_range(descriptor, offset, count, ctypes.c_uint(_SYNC_FILE_RANGE_WRITE))

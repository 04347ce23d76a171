"""HDF5 (file format specification, version 3.0): objects, links and attributes, without their data."""

SIGNATURE = b"\x89HDF\r\n\x1a\n"
USER_BLOCKS = (0, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
"""Where a file can begin: behind a block that is its user's, of a power of two in size."""

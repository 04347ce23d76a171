"""HDF5 (file format specification, version 3.0): objects, links and attributes, without their data."""

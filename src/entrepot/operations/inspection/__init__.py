"""Inspection: what the scanner says of bytes, found out in processes that can do nothing else."""

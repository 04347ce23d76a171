"""Bytes by digest: kept once, found again, never changed."""

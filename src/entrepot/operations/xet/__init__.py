"""Xet: chunks come in as xorbs, files as lists of them; and everything large goes out that way too."""

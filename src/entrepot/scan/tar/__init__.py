"""Tar archives: ustar, pax, GNU and the oldest ones."""

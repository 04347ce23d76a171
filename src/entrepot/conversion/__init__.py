"""Weights taken out of a file that can run code on loading, without running any of it."""

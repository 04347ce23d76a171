"""What the registry does: one verb a file, each read from top to bottom."""

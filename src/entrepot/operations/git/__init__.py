"""Git: clones are packs of what the catalog knows, and every file in them is cleared."""

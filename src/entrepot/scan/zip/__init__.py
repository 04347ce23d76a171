"""Zip files as each of their readers sees them: by the directory, by the local headers, by every end record."""

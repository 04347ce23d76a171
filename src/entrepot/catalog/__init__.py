"""Names to digests, in SQL: every module holds plain functions of a connection."""

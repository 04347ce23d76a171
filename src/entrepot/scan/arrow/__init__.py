"""Arrow's schemas, wherever they stand: in streams, in files' footers, in Parquet's metadata."""

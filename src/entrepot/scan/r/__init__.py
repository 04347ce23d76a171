"""R's serialized objects: read by R's own grammar, and judged by what they would call."""

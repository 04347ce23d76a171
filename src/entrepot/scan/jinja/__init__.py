"""What would a Jinja template reach for? Parsed, never rendered."""

"""What would a pickle do? A machine that follows it without building anything."""

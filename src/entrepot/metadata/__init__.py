"""What content says of itself: cards and headers, read without running anything."""

"""What Xet clients send and are answered."""

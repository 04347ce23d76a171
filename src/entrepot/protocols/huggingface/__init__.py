"""What Hugging Face clients speak."""

"""What does compiled Python do? The bytes of `marshal`, read without making a code object of them."""

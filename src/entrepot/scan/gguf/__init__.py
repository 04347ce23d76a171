"""GGUF: metadata and tensors of llama.cpp and its relatives."""

"""ExecuTorch: programs (`.pte`), the values they share (`.ptd`), programs with tests (`.bpte`)."""

"""Where bytes are kept: each module offers `BACKEND`, and keeps the contract of `blobs.store`."""

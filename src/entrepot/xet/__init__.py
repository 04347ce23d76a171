"""What the bytes of Xet mean: chunk and file hashes, xorbs, shards, reconstructions. Pure."""

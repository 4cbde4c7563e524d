"""PURE but for decoding: which pictures are the same, how surely, and which of them stays."""

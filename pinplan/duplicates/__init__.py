"""Which pictures are the same, how surely, and which of them stays: the one home of finding duplicates."""

__all__ = [
    "cache",
    "compare",
    "find",
    "fingerprinter",
    "groups",
    "image_hashes",
    "index",
    "keeper",
    "marked_different",
    "report",
    "turned",
]

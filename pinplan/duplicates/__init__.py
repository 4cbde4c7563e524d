"""Find duplicates: which pictures are the same, how surely, and which one is kept."""

__all__ = [
    "cache",
    "compare",
    "find",
    "fingerprinter",
    "groups",
    "image_hashes",
    "index",
    "keeper",
    "limits",
    "marked_different",
    "report",
    "turned",
]

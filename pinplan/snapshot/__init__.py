"""Look once, write down what was there: Pinterest and the library."""

__all__ = [
    "freshness",
    "library_files",
    "refresh",
    "remote",
    "saved",
]

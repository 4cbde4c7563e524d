"""Snapshots of Pinterest and the library, each taken once."""

__all__ = [
    "freshness",
    "library_files",
    "new_pictures",
    "post_pictures",
    "refresh",
    "remote",
    "saved",
]

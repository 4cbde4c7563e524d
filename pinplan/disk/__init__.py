"""The library on disk, behind the ports."""

__all__ = [
    "folder",
    "library",
    "marker",
    "scan",
]

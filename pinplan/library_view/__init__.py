"""Pinterest and the library as read-only objects for scripts: `objects` are their types, `make` builds them from snapshots."""

__all__ = [
    "make",
    "objects",
]

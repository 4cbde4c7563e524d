"""Both sides as objects to read, for scripts: `objects` are what they see, `make` makes them of what was looked at."""

__all__ = [
    "make",
    "objects",
]

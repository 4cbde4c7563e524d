"""The account itself, with or without a library: its boards and pins, a search over them, and which board a name means."""

__all__ = [
    "listing",
    "search",
]

"""The account: list and search boards and pins, and resolve board names. Needs no library."""

__all__ = [
    "listing",
    "names",
    "search",
]

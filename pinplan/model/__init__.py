"""Facts: plain, frozen values that go between the stages. Nothing here does any work with the outside."""

__all__ = [
    "base",
    "creates",
    "ids",
    "images",
    "json_document",
    "matching",
    "naming",
    "pins",
    "scopes",
    "similarity",
    "snapshots",
    "times",
    "tokens",
]

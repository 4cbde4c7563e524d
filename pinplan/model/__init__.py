"""Plain frozen values that pass between the stages; nothing here does I/O."""

__all__ = [
    "base",
    "creates",
    "features",
    "file_tree",
    "ids",
    "images",
    "json_document",
    "matching",
    "naming",
    "pins",
    "planned_ids",
    "post",
    "scopes",
    "similarity",
    "snapshots",
    "text_form",
    "times",
    "tokens",
    "videos",
]

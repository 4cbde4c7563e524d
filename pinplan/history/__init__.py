"""Past runs and present files: undo, trash, status and verify."""

__all__ = [
    "status",
    "trash",
    "undo_source",
    "verify",
]

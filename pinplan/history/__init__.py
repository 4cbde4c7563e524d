"""What was done and what is there now: runs to undo, the trash, the status, and the check of every file."""

__all__ = [
    "status",
    "trash",
    "undo_source",
    "verify",
]

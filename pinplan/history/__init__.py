"""Past runs and present files: undo, trash, status and verify."""

__all__ = [
    "pending_places",
    "status",
    "trash",
    "undo_source",
    "verify",
]

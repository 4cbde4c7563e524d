"""``pinplan review --tui``: a plan as pictures in a terminal. The app needs the extra ``tui``; all else here does not."""

__all__ = [
    "app",
    "support",
]

"""``pinplan review`` and ``show --html``: the plan as pictures, as a file or served on this computer to the person who decides."""

__all__ = [
    "address",
    "app",
    "guard",
    "page",
    "server",
    "session",
    "thumbnails",
    "watched",
]

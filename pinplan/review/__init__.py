"""``pinplan review`` and ``show --html``: a plan as pictures, in a file or served on loopback to the person who decides."""

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

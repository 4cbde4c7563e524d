"""``pinplan review`` and ``show --html``: a plan as pictures, in a file, served on loopback, or in a terminal, to the person who decides."""

__all__ = [
    "address",
    "app",
    "guard",
    "page",
    "server",
    "session",
    "terminal",
    "thumbnails",
    "watched",
]

"""The plan as pictures: one page, which is a file to keep (``show --html``) or served on this computer (``review``)."""

__all__ = [
    "build",
    "document",
    "made",
    "model",
]

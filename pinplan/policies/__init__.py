"""PURE: one question per module, an enum and one function; one frozen bundle of the answers."""

__all__ = [
    "bundle",
    "duplicates",
    "limits",
    "mode",
    "protect",
    "uploads",
]

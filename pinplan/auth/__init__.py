"""Signing in: the person's consent, where tokens are kept, and how they are renewed."""

__all__ = [
    "keyrings",
    "login",
    "profile",
    "renewal",
]

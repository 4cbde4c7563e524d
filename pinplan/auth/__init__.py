"""Sign-in: the OAuth login, the credential store, and token renewal."""

__all__ = [
    "keyrings",
    "login",
    "profile",
    "renewal",
]

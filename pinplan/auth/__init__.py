"""Sign-in: the OAuth login, the credential store, and token renewal."""

__all__ = [
    "features",
    "keyrings",
    "login",
    "profile",
    "renewal",
]

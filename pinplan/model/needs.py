"""Scopes of an access token, by Pinterest's names."""

from __future__ import annotations

READ_ACCOUNT = ("user_accounts:read",)
READ_BOARDS = ("boards:read",)
READ_PINS = ("boards:read", "pins:read")
WRITE_PINS = ("boards:read", "boards:write", "pins:read", "pins:write")


def secret(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes that the same needs on a secret board besides."""
    return tuple(f"{scope}_secret" for scope in scopes if scope.startswith(("boards:", "pins:")))

"""The system keyring, if one works. The only importer of ``keyring``.

A keyring may be missing, locked, or block on a dialog without a screen. So every call runs in its own thread, which is
abandoned on timeout.
"""

from __future__ import annotations

import os
import secrets
import sys
import threading
from typing import TYPE_CHECKING, TypeVar

from pinplan.errors import NotSignedIn

if TYPE_CHECKING:
    from collections.abc import Callable

SERVICE = "pinplan"
# Seconds. Secret Service over D-Bus blocks until its unlock dialog is answered.
_TIMEOUT_WITHOUT_SCREEN = 5.0
_TIMEOUT_WITH_SCREEN = 60.0
_SAFE = 1.0
"""Keyring backends below this priority store secrets unencrypted, or not at all."""

T = TypeVar("T")


class KeyringFailed(NotSignedIn):
    """The keyring failed or timed out."""


class Keyring:
    """Secrets under names."""

    def __init__(self, patience: float | None = None) -> None:
        """Take the timeout in seconds; the default leaves time for an unlock dialog if a screen exists."""
        self._patience = patience or (_TIMEOUT_WITH_SCREEN if _has_a_screen() else _TIMEOUT_WITHOUT_SCREEN)

    def works(self) -> bool:
        """Whether the keyring returns what it stores; tried with a dummy secret."""
        # A random name: two processes that probe at once must not remove each other's entry.
        name, value = f"probe-{secrets.token_hex(4)}", secrets.token_hex(8)
        try:
            if not self._in_time(_is_safe):
                return False
            self.put(name, value)
            self.remove(name)
        except KeyringFailed:
            return False
        return True

    def put(self, name: str, value: str) -> None:
        """Store a secret and read it back. Raises `KeyringFailed`."""
        self._in_time(lambda: _put(name, value))
        if self.get(name) != value:  # some backends accept a secret and drop it
            raise KeyringFailed("the keyring did not return the stored secret")

    def get(self, name: str) -> str | None:
        """A secret; None if missing. Raises `KeyringFailed`."""
        return self._in_time(lambda: _get(name))

    def remove(self, name: str) -> None:
        """Delete a secret, if present. Raises `KeyringFailed`."""
        # Most backends raise an error of their own for a missing entry.
        if self.get(name) is not None:
            self._in_time(lambda: _remove(name))

    def _in_time(self, ask: Callable[[], T]) -> T:
        answers: list[T] = []
        problems: list[str] = []

        def work() -> None:
            try:
                answers.append(ask())
            except Exception as error:  # noqa: BLE001 - backends raise anything, and messages may quote the secret
                problems.append(type(error).__name__)

        thread = threading.Thread(target=work, name="keyring", daemon=True)  # a hung backend must not block the exit
        thread.start()
        thread.join(self._patience)
        if not answers:
            raise KeyringFailed(f"the keyring is not usable: {problems[0] if problems else 'timed out'}")
        return answers[0]


def _has_a_screen() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _is_safe() -> bool:
    import keyring  # noqa: PLC0415 - it looks for backends when it is imported

    # `fail` and `null` backends have priority 0, plaintext files in keyrings.alt 0.5.
    return float(keyring.get_keyring().priority) >= _SAFE


def _put(name: str, value: str) -> None:
    import keyring  # noqa: PLC0415

    keyring.set_password(SERVICE, name, value)


def _get(name: str) -> str | None:
    import keyring  # noqa: PLC0415

    return keyring.get_password(SERVICE, name)


def _remove(name: str) -> None:
    import keyring  # noqa: PLC0415

    keyring.delete_password(SERVICE, name)

"""The computer's keyring, where one works. The only importer of ``keyring``.

A keyring may be missing, locked, or wait for ever for a window that nobody sees. So every question is asked in a thread
of its own, which is left behind when it does not come back.
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
_NOBODY_LOOKS = 5.0
_SOMEBODY_LOOKS = 60.0
_SAFE = 1.0
"""Keyrings below this priority keep secrets in the clear, or nowhere."""

T = TypeVar("T")


class KeyringFailed(NotSignedIn):
    """The keyring does not do what a keyring does."""


class Keyring:
    """Secrets under names."""

    def __init__(self, patience: float | None = None) -> None:
        """Wait so many seconds for an answer; by default as long as a person at this screen may need."""
        self._patience = patience or (_SOMEBODY_LOOKS if _has_a_screen() else _NOBODY_LOOKS)

    def works(self) -> bool:
        """Whether what is put in can be had back; tried with a worthless secret."""
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
        """Keep a secret, and look whether it is there. Raises `KeyringFailed`."""
        self._in_time(lambda: _put(name, value))
        if self.get(name) != value:
            raise KeyringFailed("the keyring does not keep what it is given")

    def get(self, name: str) -> str | None:
        """A secret; None if there is none under this name. Raises `KeyringFailed`."""
        return self._in_time(lambda: _get(name))

    def remove(self, name: str) -> None:
        """Forget a secret, if there is one. Raises `KeyringFailed`."""
        if self.get(name) is not None:
            self._in_time(lambda: _remove(name))

    def _in_time(self, ask: Callable[[], T]) -> T:
        answers: list[T] = []
        problems: list[str] = []

        def work() -> None:
            try:
                answers.append(ask())
            except Exception as error:  # noqa: BLE001 - backends raise what they like; its words may hold the secret
                problems.append(type(error).__name__)

        thread = threading.Thread(target=work, name="keyring", daemon=True)
        thread.start()
        thread.join(self._patience)
        if not answers:
            raise KeyringFailed(f"the keyring cannot be used: {problems[0] if problems else 'it does not answer'}")
        return answers[0]


def _has_a_screen() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _is_safe() -> bool:
    import keyring  # noqa: PLC0415 - it looks for backends when it is imported

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

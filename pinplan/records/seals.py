"""Seals: mark plans made on this computer.

A digest protects from accidents only: an editor of the plan can recompute it. A seal is an HMAC of the digest with a key of this
user, so that foreign and edited plans are detected.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.errors import DiskRefused
from pinplan.records.files import write_private

if TYPE_CHECKING:
    from pathlib import Path

    from pinplan.model.ids import Digest
    from pinplan.plan.document import Plan

KEY_NAME = "seal.key"
_KEY_BYTES = 32
_PREFIX = "hmac-sha256:"
_PURPOSE = b"pinplan.plan seal 1\0"
"""Domain separation: the key must not prove anything else."""


class SealKey:
    """The key of this user, created on first use.

    If it can be neither read nor created (read-only home), plans have no seal and none is valid: every apply then needs an approval.
    """

    def __init__(self, folder: Path) -> None:
        """Take the user's data folder."""
        self._path = folder / KEY_NAME

    def sealed(self, plan: Plan) -> Plan:
        """The plan with the seal of this computer."""
        key = self._key
        return plan if key is None else replace(plan, seal=_seal_of(key, plan.digest))

    def is_valid(self, plan: Plan) -> bool:
        """Whether a plan with a valid digest was sealed on this computer."""
        key = self._key
        if key is None or not isinstance(plan.seal, str):
            return False
        return hmac.compare_digest(plan.seal.encode(), _seal_of(key, plan.digest).encode())

    @cached_property
    def _key(self) -> bytes | None:
        try:
            return self._read() or self._make()
        except (OSError, DiskRefused):
            return None

    def _read(self) -> bytes | None:
        """The key; None if missing or of the wrong length."""
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        with os.fdopen(handle, "rb") as file:
            if os.fstat(handle).st_mode & 0o077:
                os.fchmod(handle, 0o600)
            # One byte more shows a file that is too long.
            key = file.read(_KEY_BYTES + 1)
        return key if len(key) == _KEY_BYTES else None

    def _make(self) -> bytes | None:
        """Create the key, or use the one that another process has just created."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._path.exists():  # truncated, e.g. by a full disk: its seals are lost anyway
            write_private(self._path, secrets.token_bytes(_KEY_BYTES))
            return self._read()
        handle, temporary = tempfile.mkstemp(prefix=f".{KEY_NAME}.", dir=self._path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(temporary, self._path)  # unlike rename, link never replaces a key of another process
        finally:
            os.unlink(temporary)  # noqa: PTH108 - mkstemp gives a string
        return self._read()


def _seal_of(key: bytes, digest: Digest) -> str:
    return _PREFIX + hmac.new(key, _PURPOSE + digest.encode(), hashlib.sha256).hexdigest()

"""The secret part of a review's address, the same each time that the plan is reviewed: an open tab finds a review that was started again."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec

from pinplan.documents import decode_as
from pinplan.errors import PinplanError
from pinplan.model.ids import Digest
from pinplan.records.files import read_bytes, write_private

if TYPE_CHECKING:
    from pathlib import Path

NAME = "reviews.json"
SECRET_BYTES = 24
_KEPT = 20
_LENGTH = len(secrets.token_urlsafe(SECRET_BYTES))


def secret_of(folder: Path, plan: Digest) -> str:
    """The secret of a plan's review; made up the first time.

    Args:
        folder: pinplan's own folder in the library. Where it cannot be written, the secret is a new one each time.
        plan: the plan's digest.
    """
    path = folder / NAME
    known = _read(path)
    found = known.pop(plan, "") or secrets.token_urlsafe(SECRET_BYTES)
    # Last is latest: of plans that nobody reviews any more, the secrets are forgotten.
    kept = dict([*known.items(), (plan, found)][-_KEPT:])
    try:
        write_private(path, msgspec.json.encode(kept))
    except PinplanError:
        return found
    return found


def _read(path: Path) -> dict[Digest, str]:
    """What is kept; nothing where others can read it, or it is not what was written."""
    try:
        if path.is_symlink() or path.stat().st_mode & 0o077:
            return {}
        known = decode_as(read_bytes(path), dict[str, str])
    except (PinplanError, OSError, ValueError):
        return {}
    return {Digest(digest): secret for digest, secret in known.items() if len(secret) == _LENGTH}

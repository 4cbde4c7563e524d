"""An access token in a file (``--token-file``)."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from pinplan.config import checked_token
from pinplan.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from pinplan.auth.private_files import Warn

_MOST_BYTES = 65_536


def token_in_file(path: Path, warn: Warn) -> str:
    """The token in a file, without the white space around it. The file is somebody else's: its mode is told, not changed.

    Raises:
        ConfigError: it cannot be read, is empty, or holds no token. The message shows nothing of it (I27).
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise ConfigError([f"--token-file {path}: it cannot be read: {error.strerror}"]) from error
    text = data.decode("utf-8", "replace").strip()
    if not text:
        raise ConfigError([f"--token-file {path}: it is empty; it must hold an access token and nothing else"])
    if mode & 0o077 and path.is_file():
        warn(f"{path}: others can read this token (mode {mode:04o}); take that away with: chmod 600 {path}")
    return checked_token(text, f"--token-file {path}")

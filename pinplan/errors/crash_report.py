"""A report about a bug, in a file of its own instead of on the terminal."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path


def write_report(error: Exception) -> str:
    """Write the traceback, without the values of any variable, to the user's log folder; a sentence that says where.

    Each report is a file of its own that only its owner can read: texts of errors may quote what a pin says.
    """
    import platformdirs  # noqa: PLC0415 - only a crash needs it

    folder = Path(platformdirs.user_log_dir("pinplan"))
    text = "".join(traceback.format_exception(error)).encode("utf-8", "backslashreplace")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = _written(folder, text)
    except OSError as refused:
        return f"No report could be written to {folder}: {refused.strerror}"
    return f"Report: {path}. Please send it with what you did. Nothing that was recorded is lost."


def _written(folder: Path, text: bytes) -> Path:
    stem = f"crash-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    number = 0
    while True:
        path = folder / f"{stem}{f'-{number}' if number else ''}.txt"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            number += 1
            continue
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        return path

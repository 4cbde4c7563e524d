"""Crash reports: a file per bug instead of a traceback on the terminal."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path


def write_report(error: Exception) -> str:
    """Write the traceback, without variable values, to the user's log folder; returns a message with its path.

    Reports are readable by their owner only: error messages may quote pin texts.
    """
    import platformdirs  # noqa: PLC0415 - only a crash needs it

    folder = Path(platformdirs.user_log_dir("pinplan"))
    # Without values of variables: a token or a pin's text could be among them (I27).
    text = "".join(traceback.format_exception(error)).encode("utf-8", "backslashreplace")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = _written(folder, text)
    except OSError as refused:
        return f"Cannot write a crash report to {folder}: {refused.strerror}"
    return f"Report: {path}. Please attach it to a bug report. The library state is intact."


def _written(folder: Path, text: bytes) -> Path:
    stem = f"crash-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    number = 0
    while True:
        path = folder / f"{stem}{f'-{number}' if number else ''}.txt"
        try:
            # O_EXCL: two crashes in one second must not overwrite each other, and a planted link is not followed.
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            number += 1
            continue
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        return path

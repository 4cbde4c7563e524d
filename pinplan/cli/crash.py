"""A report about a bug, for a file instead of a terminal."""

from __future__ import annotations

import traceback
from pathlib import Path


def write_report(error: Exception) -> str:
    """Write the traceback, without the values of any variable, to the user's log folder; a sentence that says where."""
    import platformdirs

    folder = Path(platformdirs.user_log_dir("pinplan"))
    path = folder / "crash.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError as refused:
        return f"Its report could not be written to {path}: {refused.strerror}"
    return f"A report lies in {path}; please send it with what you did. Nothing that was recorded is lost."

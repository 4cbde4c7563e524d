"""Which folders a board or section can be named after. Pure."""

from __future__ import annotations

import re

from pinplan.model.naming import safe_part
from pinplan.model.text_form import composed

LONGEST_NAME = 180
"""Pinterest's limit for sections; it documents none for boards."""
DEEPER = "the pictures lie deeper than a board and a section"
"""Why a folder gets no board or section, whatever its name."""
_MADE_HERE = re.compile(r"section \d+|.* \[\d+\]_*")
"""Folders that pinplan names itself: of a section whose name is unknown, and of one of two boards with the same name."""


def why_no_name(folder: str) -> str | None:
    """Why no board or section can be created with the name of a folder; None if it can.

    The name must come back from Pinterest as it was sent, and give the same folder.
    """
    if _MADE_HERE.fullmatch(folder):
        return "its name is one that pinplan gives"
    if len(folder) > LONGEST_NAME:
        return f"its name is longer than {LONGEST_NAME} characters"
    if folder.startswith(".") or safe_part(folder) != composed(folder) or " ".join(folder.split()) != folder:
        return "a board of this name would have another folder"
    return None

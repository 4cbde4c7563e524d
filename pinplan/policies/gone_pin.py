"""A pin is gone from Pinterest, its file is here: what then?"""

from enum import StrEnum


class GonePin(StrEnum):
    """Keep the file and say so, or move it to the trash."""

    KEEP = "keep"
    TRASH = "trash"

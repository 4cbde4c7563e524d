"""A pin is new on Pinterest: what then?"""

from enum import StrEnum


class NewPin(StrEnum):
    """Fetch its image, or let it be."""

    DOWNLOAD = "download"
    IGNORE = "ignore"

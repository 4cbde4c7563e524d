"""A file is gone from the library, its pin is there: what then?"""

from enum import StrEnum


class MissingFile(StrEnum):
    """Leave it so and say it, fetch it again, or delete the pin on Pinterest."""

    LEAVE = "leave"
    DOWNLOAD = "download"
    DELETE = "delete"

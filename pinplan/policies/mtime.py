"""What time does a downloaded file have?"""

from enum import StrEnum


class Mtime(StrEnum):
    """The time of the download, or the one at which its pin was created; then again the download's where Pinterest gives none."""

    DOWNLOADED = "downloaded"
    CREATED = "created"

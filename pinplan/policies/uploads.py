"""Which pictures of the library may be uploaded, how many, and how they are sent."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from pinplan.model.pins import Privacy

MAX_BYTES = 20_000_000
"""Pinterest's limit for an image, before base64 (it is documented by other clients only)."""
MAX_VIDEO_BYTES = 1_000_000_000
"""Pinterest's limits are 2 GB, and 1 GB for some accounts (its help pages)."""
MAX_COVER_BYTES = 10_000_000
"""Pinterest's limit for the cover of a video (documented by other clients only)."""
VIDEO_MS = (4_000, 15 * 60 * 1_000)
"""The shortest and the longest video that Pinterest takes, in milliseconds (its help pages)."""


class NewBoards(StrEnum):
    """Who sees a board that is created for a folder."""

    SECRET = "secret"  # noqa: S105 - Pinterest's word for a kind of board
    PUBLIC = "public"

    @property
    def privacy(self) -> Privacy:
        """In Pinterest's words."""
        return Privacy.PUBLIC if self is NewBoards.PUBLIC else Privacy.SECRET


class Carousels(StrEnum):
    """Which new pictures become one pin."""

    FOLDERS = "folders"
    NAMES = "names"


class Uploads(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The conditions of uploads.

    Attributes:
        own_content: the user may publish the pictures of this library; without it nothing is uploaded.
        max_bytes: of a picture as it is sent.
        max_video_bytes: of a video.
        min_side: width and height of a picture, in pixels.
        settle_seconds: a file that was changed less than this ago may still be written.
        per_day: uploads of one day (UTC), over all runs.
        new_boards: who sees a board that is created for a folder here; absent: nobody but the account.
        carousels: what becomes one pin: folders with a file ``.pin``, or series of names (``rome-1.jpg``, ``rome-2.jpg``) as well.
        keep_metadata: send GPS position, camera data and texts of a file as well.
    """

    own_content: bool = False
    max_bytes: int = MAX_BYTES
    max_video_bytes: int = MAX_VIDEO_BYTES
    min_side: int = 100
    settle_seconds: int = 10
    per_day: int = 50
    keep_metadata: bool = False
    new_boards: NewBoards = NewBoards.SECRET
    carousels: Carousels = Carousels.FOLDERS

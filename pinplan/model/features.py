"""Features of Pinterest's API that are not open to every app."""

from __future__ import annotations

from enum import StrEnum


class Feature(StrEnum):
    """An operation that Pinterest may refuse to an app as such, whatever the token.

    Attributes:
        does: what it does.
        request: how its requests begin.
        why: why some apps lack it.
    """

    does: str
    request: str
    why: str

    def __new__(cls, value: str, does: str = "", request: str = "", why: str = "") -> Feature:
        """A feature by its name, as it is saved, and in words."""
        feature = str.__new__(cls, value)
        feature._value_ = value
        feature.does, feature.request, feature.why = does, request, why
        return feature

    # API description 5.23: "not available to all apps".
    UPDATE_PINS = "update_pins", "change pins", "PATCH /pins", "a beta feature"
    # Seen in production, against the documentation (postiz-app, issue 1084).
    CREATE_PINS = "create_pins", "create pins", "POST /pins", "refused to apps with Trial access"
    CREATE_BOARDS = "create_boards", "create boards and sections", "POST /boards", "refused to apps with Trial access"
    UPLOAD_VIDEOS = "upload_videos", "upload videos", "POST /media", "refused to apps with Trial access"

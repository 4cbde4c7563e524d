"""Features of Pinterest's API that are not open to every app."""

from __future__ import annotations

from enum import StrEnum


class Feature(StrEnum):
    """A beta operation, and what it does (API description 5.23: "not available to all apps")."""

    does: str

    def __new__(cls, value: str, does: str = "") -> Feature:
        """A feature by its name, as it is saved, and in words."""
        feature = str.__new__(cls, value)
        feature._value_ = value
        feature.does = does
        return feature

    UPDATE_PINS = "update_pins", "change pins"

"""Modes: each names the answers for new pins, gone pins and missing files."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class NewPin(StrEnum):
    """Download its image, or ignore the pin."""

    DOWNLOAD = "download"
    IGNORE = "ignore"


class GonePin(StrEnum):
    """Keep the file and report it, or move it to the trash."""

    KEEP = "keep"
    TRASH = "trash"


class MissingFile(StrEnum):
    """Report it only, fetch it again, or delete the pin on Pinterest."""

    LEAVE = "leave"
    DOWNLOAD = "download"
    DELETE = "delete"


class Mode(StrEnum):
    """What absence on one side means for the other."""

    ARCHIVE = "archive"
    MIRROR = "mirror"
    TWO_WAY = "two-way"


class Answers(Struct, frozen=True, kw_only=True):
    """The three answers for a board."""

    new_pin: NewPin
    gone_pin: GonePin
    missing_file: MissingFile


_ANSWERS = {
    Mode.ARCHIVE: Answers(new_pin=NewPin.DOWNLOAD, gone_pin=GonePin.KEEP, missing_file=MissingFile.LEAVE),
    Mode.MIRROR: Answers(new_pin=NewPin.DOWNLOAD, gone_pin=GonePin.TRASH, missing_file=MissingFile.DOWNLOAD),
    Mode.TWO_WAY: Answers(new_pin=NewPin.DOWNLOAD, gone_pin=GonePin.TRASH, missing_file=MissingFile.DELETE),
}


def answers_of(mode: Mode) -> Answers:
    """Map a mode to its three answers."""
    return _ANSWERS[mode]

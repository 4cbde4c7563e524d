"""Modes: each names the answers for new pins, gone pins, missing and moved files, and new pictures."""

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


class MovedFile(StrEnum):
    """A tracked file in the folder of another board or section: report it only, or move the pin there on Pinterest."""

    REPORT = "report"
    MOVE = "move"


class NewPicture(StrEnum):
    """Report a new picture in the folder of a board, or upload it."""

    REPORT = "report"
    UPLOAD = "upload"


class Mode(StrEnum):
    """What absence on one side means for the other."""

    ARCHIVE = "archive"
    MIRROR = "mirror"
    TWO_WAY = "two-way"
    PUBLISH = "publish"


class Answers(Struct, frozen=True, kw_only=True):
    """The answers for a board."""

    new_pin: NewPin
    gone_pin: GonePin
    missing_file: MissingFile
    moved_file: MovedFile = MovedFile.REPORT
    new_file: NewPicture = NewPicture.REPORT


_ANSWERS = {
    Mode.ARCHIVE: Answers(new_pin=NewPin.DOWNLOAD, gone_pin=GonePin.KEEP, missing_file=MissingFile.LEAVE),
    Mode.MIRROR: Answers(new_pin=NewPin.DOWNLOAD, gone_pin=GonePin.TRASH, missing_file=MissingFile.DOWNLOAD),
    Mode.TWO_WAY: Answers(
        new_pin=NewPin.DOWNLOAD,
        gone_pin=GonePin.TRASH,
        missing_file=MissingFile.DELETE,
        moved_file=MovedFile.MOVE,
    ),
    Mode.PUBLISH: Answers(
        new_pin=NewPin.IGNORE,
        gone_pin=GonePin.KEEP,
        missing_file=MissingFile.DELETE,
        moved_file=MovedFile.MOVE,
        new_file=NewPicture.UPLOAD,
    ),
}


SENDING_MODES = tuple(mode for mode, answers in _ANSWERS.items() if answers.moved_file is MovedFile.MOVE)
"""Modes in which moves in the library are sent to Pinterest."""


def answers_of(mode: Mode) -> Answers:
    """Map a mode to its answers."""
    return _ANSWERS[mode]

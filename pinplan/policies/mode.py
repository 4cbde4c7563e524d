"""A mode is a name for three answers."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from pinplan.policies.gone_pin import GonePin
from pinplan.policies.missing_file import MissingFile
from pinplan.policies.new_pin import NewPin


class Mode(StrEnum):
    """What absence means."""

    ARCHIVE = "archive"
    MIRROR = "mirror"
    TWO_WAY = "two-way"


class Answers(Struct, frozen=True, kw_only=True):
    """The three answers that hold for a board."""

    new_pin: NewPin
    gone_pin: GonePin
    missing_file: MissingFile


_ANSWERS = {
    Mode.ARCHIVE: Answers(new_pin=NewPin.DOWNLOAD, gone_pin=GonePin.KEEP, missing_file=MissingFile.LEAVE),
    Mode.MIRROR: Answers(new_pin=NewPin.DOWNLOAD, gone_pin=GonePin.TRASH, missing_file=MissingFile.DOWNLOAD),
    Mode.TWO_WAY: Answers(new_pin=NewPin.DOWNLOAD, gone_pin=GonePin.TRASH, missing_file=MissingFile.DELETE),
}


def answers_of(mode: Mode) -> Answers:
    """The answers that a mode stands for."""
    return _ANSWERS[mode]

"""The truth table: the outcome for one image, given the state of both sides.

Everything else in ``reconcile`` determines the states (`match`) or turns outcomes into actions and findings (`rules`).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from pinplan.policies.mode import GonePin, MissingFile, MovedFile, NewPin

if TYPE_CHECKING:
    from pinplan.policies.mode import Answers


class PinState(Enum):
    """The state of a pin on Pinterest."""

    PRESENT = auto()
    GONE = auto()  # its board's listing ended cleanly without it, and GET on it answered 404
    UNKNOWN = auto()  # anything else: broken listing, board no longer listed, request refused, …


class FileState(Enum):
    """The state of an image's file in the library."""

    MISSING = auto()  # all files of the pin are missing
    PARTLY_MISSING = auto()  # this one is missing, another slot of the same pin is not
    NEVER_HERE = auto()  # not in the base, and no file claims to be it
    RECOGNISED = auto()  # not in the base, but a file claims to be it, by name or content
    AS_RECORDED = auto()
    DAMAGED = auto()  # empty, all zeros, or of the recorded format with a truncated or broken structure
    CHANGED = auto()  # anything else with other bytes: another image, or something that pinplan cannot decode
    REFILED = auto()  # its bytes are in the folder of another board or section
    MOVED = auto()  # elsewhere: in a folder that says nothing about its board, or with other bytes than recorded
    RENAMED = auto()  # its bytes are at another path in its own folder, or outside all boards' folders
    AMBIGUOUS = auto()  # two files claim to be it
    UNKNOWN = auto()  # the scan could not read its folder


class Outcome(Enum):
    """What follows from the two states."""

    NOTHING = auto()
    IN_PLACE = auto()  # nothing, or a move if board, section or their names changed
    DOWNLOAD = auto()
    ADOPT = auto()
    REPLACE = auto()
    DELETE_LOCAL = auto()
    DELETE_REMOTE = auto()
    FORGET = auto()
    RELOCATE = auto()
    MOVE_BACK = auto()
    ACCEPT = auto()
    REMOVED_LOCALLY = auto()
    REMOVED_ON_PINTEREST = auto()
    PARTLY_REMOVED = auto()
    MODIFIED_LOCALLY = auto()
    MOVED_LOCALLY = auto()
    MOVE_REMOTE = auto()
    CONFLICT = auto()
    UNKNOWN = auto()


def outcome(pin: PinState, file: FileState, answers: Answers) -> Outcome:  # noqa: C901, PLR0911, PLR0912 - the table
    """The outcome for a pin and a file in any states, under the policies of the pin's board."""
    # What cannot be seen is unknown, never absent: nothing deletes, moves or fetches (I1, I2, I6).
    if pin is PinState.UNKNOWN or file is FileState.UNKNOWN:
        return Outcome.UNKNOWN
    # Before the pin's state: with two candidates neither may be trashed, replaced or recorded.
    if file is FileState.AMBIGUOUS:
        return Outcome.CONFLICT
    match pin:
        case PinState.PRESENT:
            match file:
                case FileState.NEVER_HERE:
                    return Outcome.DOWNLOAD if answers.new_pin is NewPin.DOWNLOAD else Outcome.NOTHING
                case FileState.RECOGNISED:
                    return Outcome.ADOPT
                case FileState.AS_RECORDED:
                    return Outcome.IN_PLACE
                case FileState.DAMAGED:
                    return Outcome.REPLACE
                case FileState.CHANGED:
                    return Outcome.MODIFIED_LOCALLY
                case FileState.REFILED:
                    follows = answers.moved_file is MovedFile.MOVE
                    return Outcome.MOVE_REMOTE if follows else Outcome.MOVED_LOCALLY
                case FileState.MOVED:
                    return Outcome.MOVED_LOCALLY
                case FileState.RENAMED:
                    return Outcome.RELOCATE
                case FileState.PARTLY_MISSING:
                    again = answers.missing_file is MissingFile.DOWNLOAD
                    return Outcome.DOWNLOAD if again else Outcome.PARTLY_REMOVED
                case FileState.MISSING:  # pragma: no branch - the last one
                    return _MISSING[answers.missing_file]
        case PinState.GONE:  # pragma: no branch - the last of the three states
            match file:
                case FileState.AS_RECORDED:
                    trash = answers.gone_pin is GonePin.TRASH
                    return Outcome.DELETE_LOCAL if trash else Outcome.REMOVED_ON_PINTEREST
                # With the pin gone a missing slot needs no care for the others: each is judged by its own file.
                case FileState.MISSING | FileState.PARTLY_MISSING:
                    return Outcome.FORGET
                # The user did something with this file: it is never trashed because its pin is gone.
                case FileState.DAMAGED | FileState.CHANGED | FileState.REFILED | FileState.MOVED | FileState.RENAMED:
                    return Outcome.CONFLICT
                case FileState.NEVER_HERE | FileState.RECOGNISED:  # pragma: no branch - as above
                    return Outcome.NOTHING  # the base does not know it: an untracked file is never touched (I10)


_MISSING = {
    MissingFile.LEAVE: Outcome.REMOVED_LOCALLY,
    MissingFile.DOWNLOAD: Outcome.DOWNLOAD,
    MissingFile.DELETE: Outcome.DELETE_REMOTE,
}

ACCEPTED = {Outcome.MODIFIED_LOCALLY: Outcome.ACCEPT, Outcome.MOVED_LOCALLY: Outcome.RELOCATE}
"""Outcomes for a local change that ``--accept`` names."""
RESTORED = {
    Outcome.MODIFIED_LOCALLY: Outcome.REPLACE,
    Outcome.MOVED_LOCALLY: Outcome.MOVE_BACK,
    Outcome.MOVE_REMOTE: Outcome.MOVE_BACK,
    Outcome.RELOCATE: Outcome.MOVE_BACK,
}
"""Outcomes for a local change that ``--restore`` names."""

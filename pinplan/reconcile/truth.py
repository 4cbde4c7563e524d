"""The truth table: the outcome for one image, given the state of both sides.

Everything else in ``reconcile`` finds out how things stand (`match`) or spells out what follows (`rules`).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from pinplan.policies.mode import GonePin, MissingFile, NewPin

if TYPE_CHECKING:
    from pinplan.policies.mode import Answers


class PinState(Enum):
    """The state of a pin on Pinterest."""

    PRESENT = auto()
    GONE = auto()  # its board's listing ended cleanly without it, and GET on it answered 404
    UNKNOWN = auto()  # anything else: broken listing, board not listed any more, refused, …


class FileState(Enum):
    """The state of an image's file in the library."""

    MISSING = auto()  # all files of the pin are missing
    PARTLY_MISSING = auto()  # this one is missing, another slot of the same pin is not
    NEVER_HERE = auto()  # the base does not know this slot, and no file claims to be it
    RECOGNISED = auto()  # the base does not know it, a file claims to be it, by its name or content
    AS_RECORDED = auto()
    DAMAGED = auto()  # empty, nothing but zeros, or of the recorded format with a structure that is cut or broken
    CHANGED = auto()  # anything else with other bytes: another image, or something that pinplan cannot decode
    MOVED = auto()  # elsewhere: in the folder of another board or section, or not with the recorded bytes
    RENAMED = auto()  # with its bytes at another path in its own folder, or outside the folders of all boards
    AMBIGUOUS = auto()  # two files claim to be it
    UNKNOWN = auto()  # the scan could not read its folder


class Outcome(Enum):
    """What follows."""

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
    CONFLICT = auto()
    UNKNOWN = auto()


def outcome(pin: PinState, file: FileState, answers: Answers) -> Outcome:  # noqa: C901, PLR0911, PLR0912 - the table
    """The outcome for a pin and a file in any states, under the answers that hold for the pin's board."""
    # What cannot be seen is unknown, never absent: nothing deletes, moves or fetches (I1, I2, I6).
    if pin is PinState.UNKNOWN or file is FileState.UNKNOWN:
        return Outcome.UNKNOWN
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
                case FileState.MISSING | FileState.PARTLY_MISSING:
                    return Outcome.FORGET
                case FileState.DAMAGED | FileState.CHANGED | FileState.MOVED | FileState.RENAMED:
                    return Outcome.CONFLICT
                case FileState.NEVER_HERE | FileState.RECOGNISED:  # pragma: no branch - as above
                    return Outcome.NOTHING  # the base does not know it: an untracked file is never touched (I10)


_MISSING = {
    MissingFile.LEAVE: Outcome.REMOVED_LOCALLY,
    MissingFile.DOWNLOAD: Outcome.DOWNLOAD,
    MissingFile.DELETE: Outcome.DELETE_REMOTE,
}

ACCEPTED = {Outcome.MODIFIED_LOCALLY: Outcome.ACCEPT, Outcome.MOVED_LOCALLY: Outcome.RELOCATE}
"""What follows instead where a change that was made here is agreed with by name (``--accept``)."""
RESTORED = {
    Outcome.MODIFIED_LOCALLY: Outcome.REPLACE,
    Outcome.MOVED_LOCALLY: Outcome.MOVE_BACK,
    Outcome.RELOCATE: Outcome.MOVE_BACK,
}
"""What follows instead where it is undone by name (``--restore``)."""

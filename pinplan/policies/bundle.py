"""All policies in one frozen value, saved in the plan file as ``policies``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from pinplan.model.ids import PinId
from pinplan.model.matching import names_board, selector
from pinplan.policies.duplicates import Duplicates
from pinplan.policies.limits import Limits
from pinplan.policies.mode import Answers, GonePin, MissingFile, Mode, MovedFile, NewPicture, NewPin, answers_of
from pinplan.policies.protect import Protect
from pinplan.policies.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.model.ids import BoardId
    from pinplan.model.pins import Board


class Mtime(StrEnum):
    """The time of the download, or that of the pin's creation; if Pinterest gives none, the download's again."""

    DOWNLOADED = "downloaded"
    CREATED = "created"


DEFAULT_TEMPLATE = "{board}/{section}/{title} [{pin_id}]{slot}{ext}"


class BoardPolicy(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Overrides for the boards that match a pattern; None inherits."""

    board: str
    mode: Mode | None = None
    new_pin: NewPin | None = None
    gone_pin: GonePin | None = None
    missing_file: MissingFile | None = None
    moved_file: MovedFile | None = None
    new_file: NewPicture | None = None


class Policies(Struct, frozen=True, kw_only=True):
    """The policies that a plan was made under.

    Attributes:
        new_pin, gone_pin, missing_file: the answers for boards without an override.
        max_remote_deletes, max_local_deletes: a share (``"10%"``) or a count (``"25"``), per board and over all.
        limits: further limits; absent (as in every plan of format 1.0) means the defaults, see `further_limits`.
        protect: what must not be touched; absent means nothing.
        duplicates: what to do about duplicates; absent means to report them.
        mtime: the modification time of a downloaded file; absent means the time of the download.
        ignore_pins: excluded pins; absent means none.
        of_others: boards (names, ids) or pins of other accounts that may be deleted; absent means none.
        require_decisions: kinds of actions that wait for a decision; absent means none. Since plan format 1.3.
        moved_file: the answer for moved files; absent means that of the mode. Since plan format 1.4.
        written_of_others: boards of other accounts (names, ids) that may be changed; absent means none. Since plan format 1.4.
        new_file: the answer for new pictures; absent means to report them. Since plan format 1.4.
        uploads: the conditions of uploads; absent means the defaults, under which nothing is uploaded. Since plan format 1.4.
    """

    mode: Mode = Mode.ARCHIVE
    new_pin: NewPin = NewPin.DOWNLOAD
    gone_pin: GonePin = GonePin.KEEP
    missing_file: MissingFile = MissingFile.LEAVE
    overrides: tuple[BoardPolicy, ...] = ()
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    template: str = DEFAULT_TEMPLATE
    max_remote_deletes: str = "10%"
    max_local_deletes: str = "30%"
    # Unset fields are not saved: plans of format 1.0 keep their digest.
    limits: Limits | UnsetType = UNSET
    protect: Protect | UnsetType = UNSET
    of_others: tuple[str, ...] | UnsetType = UNSET
    duplicates: Duplicates | UnsetType = UNSET
    mtime: Mtime | UnsetType = UNSET
    ignore_pins: tuple[PinId, ...] | UnsetType = UNSET
    require_decisions: tuple[str, ...] | UnsetType = UNSET
    moved_file: MovedFile | UnsetType = UNSET
    written_of_others: tuple[str, ...] | UnsetType = UNSET
    new_file: NewPicture | UnsetType = UNSET
    uploads: Uploads | UnsetType = UNSET

    @property
    def about_duplicates(self) -> Duplicates:
        """The duplicates policy, or its default."""
        return self.duplicates or Duplicates()

    @property
    def further_limits(self) -> Limits:
        """The limits besides the two shares."""
        return self.limits or Limits()

    @property
    def about_uploads(self) -> Uploads:
        """The conditions of uploads, or their defaults."""
        return self.uploads or Uploads()

    def may_delete_of_others(self, board: str, board_id: BoardId, pin_id: PinId, owner: str | None = None) -> bool:
        """Whether the config allows deleting a pin of another account, or on another account's board (I10)."""
        named = self.of_others or ()
        return any(selector(one).names_pin(pin_id) or names_board(one, board, board_id, owner) for one in named)

    def may_write_to(self, board: str, board_id: BoardId, owner: str | None = None) -> bool:
        """Whether the config allows changing another account's board (I10)."""
        return any(names_board(one, board, board_id, owner) for one in self.written_of_others or ())

    @property
    def moves_pins(self) -> bool:
        """Whether any board may have pins moved because their files were."""
        of_overrides = (one.moved_file or (one.mode and answers_of(one.mode).moved_file) for one in self.overrides)
        return MovedFile.MOVE in {self.moved_file or answers_of(self.mode).moved_file, *of_overrides}


def may_upload(policies: Policies) -> bool:
    """Whether pictures of any board may be uploaded."""
    return policies.new_file is NewPicture.UPLOAD or any(
        one.new_file is NewPicture.UPLOAD
        or (one.mode is not None and answers_of(one.mode).new_file is NewPicture.UPLOAD)
        for one in policies.overrides
    )


def in_mode(policies: Policies, mode: Mode) -> Policies:
    """The same policies in another mode; its answers replace those that were set, overrides stay."""
    answers = answers_of(mode)
    return replace(
        policies,
        mode=mode,
        new_pin=answers.new_pin,
        gone_pin=answers.gone_pin,
        missing_file=answers.missing_file,
        moved_file=UNSET,
        new_file=unless_reported(answers.new_file),
    )


def unless_reported(new_file: NewPicture) -> NewPicture | UnsetType:
    """The answer as it is saved in a plan: left out if new pictures are only reported, as in plans of earlier formats."""
    return UNSET if new_file is NewPicture.REPORT else new_file


def for_board(policies: Policies, name: str, board_id: BoardId, owner: str | None = None) -> Answers:
    """The answers for a board: a later override beats an earlier one, a single answer beats a mode."""
    answers = Answers(
        new_pin=policies.new_pin,
        gone_pin=policies.gone_pin,
        missing_file=policies.missing_file,
        moved_file=policies.moved_file or answers_of(policies.mode).moved_file,
        new_file=policies.new_file or NewPicture.REPORT,
    )
    # In file order: the last match wins, as in .gitignore.
    for override in policies.overrides:
        if names_board(override.board, name, board_id, owner):
            # A mode resets all answers, a single answer changes just one.
            start = answers_of(override.mode) if override.mode is not None else answers
            answers = Answers(
                new_pin=override.new_pin or start.new_pin,
                gone_pin=override.gone_pin or start.gone_pin,
                missing_file=override.missing_file or start.missing_file,
                moved_file=override.moved_file or start.moved_file,
                new_file=override.new_file or start.new_file,
            )
    return answers


def in_scope(board: Board, *, include: Iterable[str], exclude: Iterable[str]) -> bool:
    """Whether a board is included and not excluded. More excludes never bring a board in."""
    # Excludes win over includes, whatever their order (I9: narrowing never deletes).
    included = any(names_board(pattern, board.name, board.id, board.owner) for pattern in include)
    return included and not any(names_board(pattern, board.name, board.id, board.owner) for pattern in exclude)

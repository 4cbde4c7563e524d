"""Narrow a plan to its scope (I9), and report selectors that match nothing. Pure.

A selector matches nothing if it names no listed board, section or pin, no existing or planned file, and nothing that the base or
the journal ever had. If it may name something that could not be read, it is not reported: absence needs proof.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.errors.did_you_mean import similar_names
from pinplan.model.ids import BoardId
from pinplan.model.matching import selector
from pinplan.plan.document import Finding, FindingKind
from pinplan.policies.bundle import may_upload
from pinplan.policies.mode import GonePin, MissingFile, NewPicture, answers_of
from pinplan.reconcile.board_folders import BoardFolders
from pinplan.reconcile.dependencies import left_without, with_needed
from pinplan.reconcile.named_series import series_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.model.ids import PinId
    from pinplan.model.matching import Selector
    from pinplan.model.pins import Board
    from pinplan.model.snapshots import BoardSnapshot
    from pinplan.plan.document import Scope
    from pinplan.policies.bundle import BoardPolicy, Policies
    from pinplan.reconcile.plan_input import PlanInput


WHOLE = "."
"""The address of findings about the whole library."""
NO_BOARD = BoardId("")
"""The board id if only an address is known."""


class ScopeFilter:
    """Everything that the targets name (all, if there are none) and the excludes do not."""

    def __init__(self, scope: Scope, boards: Iterable[BoardSnapshot]) -> None:
        """Parse the scope; ``boards`` resolve addresses to names."""
        self._targets = [selector(text) for text in scope.targets]
        self._excludes = [selector(text) for text in scope.excludes]
        self._seen = tuple(boards)
        self._boards = {board.board.id: board.board for board in self._seen}

    @property
    def whole(self) -> bool:
        """Whether nothing is excluded."""
        return not self._targets and not self._excludes

    def has(self, address: str, board_id: BoardId, *pin_ids: PinId) -> bool:
        """Whether something at an address, with these pins, is targeted and not excluded."""
        targeted = not self._targets or self._named(self._targets, address, board_id, pin_ids)
        return targeted and not self.excludes(address, board_id, *pin_ids)

    def excludes(self, address: str, board_id: BoardId, *pin_ids: PinId) -> bool:
        """Whether something at an address, with these pins, is excluded."""
        return self._named(self._excludes, address, board_id, pin_ids)

    def may_hold(self, address: str, board_id: BoardId = NO_BOARD) -> bool:
        """Whether something at, below or above an address may be targeted, and is not wholly excluded."""
        left = not self._named(self._excludes, address, board_id, ())
        return left and (not self._targets or any(self._reaches(one, address, board_id) for one in self._targets))

    def boards_of(
        self, boards: Mapping[str, BoardId], pins: Callable[[], Iterable[tuple[str, BoardId, PinId]]]
    ) -> frozenset[str]:
        """The boards that may have something in scope, even if only in a part that could not be read.

        Args:
            boards: all boards, by address.
            pins: address, board and id of every known pin.
        """
        # Excludes are final; a target reaches a board by its own name before the pins on it are searched.
        left = frozenset(a for a, board_id in boards.items() if not self._named(self._excludes, a, board_id, ()))
        found: set[str] = set()
        for one in self._targets:
            # A pin id or an address below a board: found by its pins, which costs a walk over all of them.
            reached = {address for address in left if self._reaches(one, address, boards[address])}
            reached = reached or {
                a.partition("/")[0] for a, board, pin in pins() if self._named([one], a, board, [pin])
            }
            found |= reached or left  # a target known nowhere may be on any board
        return left & found if self._targets else left

    def _reaches(self, one: Selector, address: str, board_id: BoardId) -> bool:
        if self._named([one], address, board_id, ()) or one.may_be_below(address):
            return True
        board = self._board(address, board_id)
        return board is not None and (one.may_be_below(board.name) or one.begins_in(board.name, board.owner))

    def _board(self, address: str, board_id: BoardId) -> Board | None:
        """The board of an address: by id, or by folder if the id is unknown."""
        return self._boards.get(board_id) or (None if board_id else self._at.get(address.partition("/")[0]))

    @cached_property
    def _at(self) -> dict[str, Board]:
        """Boards by folder, whose name may differ from the board's."""
        folders = BoardFolders(self._seen)
        return {folders.board(one.board.id): one.board for one in self._seen}

    def _named(self, wanted: Sequence[Selector], address: str, board_id: BoardId, pin_ids: Sequence[PinId]) -> bool:
        board = self._board(address, board_id)
        board_id = board.id if board else board_id
        name, owner = (board.name, board.owner) if board else (address.partition("/")[0], None)
        return any(
            one.names_place(address, board_id, name, owner) or any(map(one.names_pin, pin_ids)) for one in wanted
        )


def narrow(actions: Sequence[AnyAction], scope: ScopeFilter) -> list[AnyAction]:
    """The actions in scope, and those that they need; none that needs an excluded one."""
    if scope.whole:
        return list(actions)
    named = [action for action in actions if scope.has(action.address, action.board_id, *action.pin_ids)]
    kept = [a for a in with_needed(named, actions) if not scope.excludes(a.address, a.board_id, *a.pin_ids)]
    dropped = {id(action) for action in left_without(kept, actions)}
    return [action for action in kept if id(action) not in dropped]


def narrow_findings(findings: Iterable[Finding], scope: ScopeFilter) -> list[Finding]:
    """The findings in scope, and those about the whole library."""
    if scope.whole:
        return list(findings)
    return [finding for finding in findings if _concerns(finding, scope)]


def _concerns(finding: Finding, scope: ScopeFilter) -> bool:
    if finding.address == WHOLE:
        return True
    # A finding has no board id: its address is resolved through the folder.
    if finding.pin_id is not None:
        return scope.has(finding.address, NO_BOARD, finding.pin_id)
    return scope.may_hold(finding.address)


ANYTHING = "*"


class Written(Struct, frozen=True, kw_only=True):
    """A selector and its origin.

    Attributes:
        where: an option of the command line, or a key of the config.
        about: what it may match: ``"place"`` (board, section, pin), ``"board"``, ``"pin"``, ``"file"``.
        protects: whether the plan would do more without it.
    """

    where: str
    text: str
    about: frozenset[str]
    protects: bool = False

    @property
    def typed(self) -> bool:
        """Whether it was given on the command line."""
        return self.where.startswith("--")


_PLACE, _BOARD, _PIN, _FILE = (frozenset({word}) for word in ("place", "board", "pin", "file"))


def written_in(inputs: PlanInput) -> Iterator[Written]:
    """Every selector of the command line and the config."""
    scope, policies = inputs.scope, inputs.policies
    for where, texts in (("--target", scope.targets), ("--exclude", scope.excludes)):
        yield from (Written(where=where, text=text, about=_PLACE | _PIN) for text in texts)
    for where, named in (("--restore", scope.restore), ("--accept", scope.accept)):
        yield from (Written(where=where, text=text, about=_PLACE | _PIN | _FILE) for text in named or ())
    for where, texts in (("[boards] include", policies.include), ("[boards] exclude", policies.exclude)):
        yield from (Written(where=where, text=text, about=_BOARD) for text in texts)
    yield from (Written(where="[boards] ignore_pins", text=pin, about=_PIN) for pin in policies.ignore_pins or ())
    yield from (
        Written(where="[[override]] board", text=one.board, about=_BOARD, protects=_is_stricter(policies, one))
        for one in policies.overrides
    )
    yield from (
        Written(where="[dedupe] reference", text=text, about=_BOARD) for text in policies.about_duplicates.reference
    )
    yield from (
        Written(where="[sync] delete_pins_of_others", text=text, about=_BOARD | _PIN)
        for text in policies.of_others or ()
    )
    yield from (
        Written(where="[sync] write_to_boards_of_others", text=text, about=_BOARD)
        for text in policies.written_of_others or ()
    )
    yield from _protecting(policies)


def _protecting(policies: Policies) -> Iterator[Written]:
    protect = policies.protect
    if not protect:
        return
    for key, texts, about in (
        ("boards", protect.boards, _BOARD),
        ("pins", protect.pins, _PIN),
        ("globs", protect.globs, _FILE),
    ):
        yield from (Written(where=f"[protect] {key}", text=text, about=about, protects=True) for text in texts)


def _is_stricter(policies: Policies, override: BoardPolicy) -> bool:
    """Whether an override deletes or uploads less on its boards than the defaults."""
    # As `for_board` does: a mode resets all answers.
    start = answers_of(override.mode) if override.mode is not None else policies
    gone_pin, missing_file = override.gone_pin or start.gone_pin, override.missing_file or start.missing_file
    keeps_files = gone_pin is GonePin.KEEP and policies.gone_pin is not GonePin.KEEP
    keeps_pins = missing_file is not MissingFile.DELETE and policies.missing_file is MissingFile.DELETE
    new_file = override.new_file or start.new_file or NewPicture.REPORT
    keeps_here = new_file is NewPicture.REPORT and policies.new_file is NewPicture.UPLOAD
    return keeps_files or keeps_pins or keeps_here


class Known:
    """Everything that a selector may match, from the snapshots and the base."""

    def __init__(self, inputs: PlanInput, actions: Sequence[AnyAction] = ()) -> None:
        """Store the snapshots; ``actions`` name the planned files."""
        self._inputs, self._actions = inputs, actions
        self._folders = BoardFolders(inputs.remote.boards)
        self._unseen = [board for board in inputs.remote.boards if not board.complete]

    def selects(self, written: Written) -> bool:
        """Whether it matches something, or may match something that could not be read."""
        one = selector(written.text)
        # Only what the option is for: a board's name under ignore_pins is a mistake, even if such a board exists.
        checks: dict[str, Callable[[Selector], bool]] = {
            "board": self._board,
            "pin": self._pin,
            "place": self._place,
            "file": self._file,
        }
        return any(checks[about](one) for about in sorted(written.about)) or self._may_be_unseen(one, written)

    def _board(self, one: Selector) -> bool:
        inputs = self._inputs
        return (
            any(one.names_board(b.board.name, b.board.id, b.board.owner) for b in inputs.remote.boards)
            or any(
                one.names_board(record.container.partition("/")[0], record.board_id) for record in inputs.base.tracked
            )
            # A board that this plan creates.
            or any(one.names_board(a.address.partition("/")[0], "") for a in self._actions if a.trait.creates_place)
        )

    def _pin(self, one: Selector) -> bool:
        wanted = one.pin_id
        return wanted is not None and (
            any(record.pin_id == wanted for record in self._inputs.base.tracked)
            or any(pin.id == wanted for board in self._inputs.remote.boards for pin in board.pins)
        )

    def _place(self, one: Selector) -> bool:
        return (
            self._board(one)
            or any(map(one.names_path, self._addresses()))
            or any(map(self._holds(one), self._inputs.remote.boards))
            or self._folder(one)
        )

    def _folder(self, one: Selector) -> bool:
        """Whether a folder here may get a board, or would but for this selector; or a series of names a pin."""
        policies = self._inputs.policies
        return (may_upload(policies) or policies.moves_pins) and any(
            one.names_place(address, "", address.partition("/")[0])
            for file in self._inputs.local.files
            if "/" in file.path
            for address in {file.path, series_address(file.path)}
        )

    def _addresses(self) -> Iterator[str]:
        yield from (f"{record.container}/{record.pin_id}" for record in self._inputs.base.tracked)
        # A picture to be uploaded has no pin yet.
        yield from (action.address for action in self._actions)

    def _holds(self, one: Selector) -> Callable[[BoardSnapshot], bool]:
        """Whether a board has a section or a pin of that address."""

        def holds(board: BoardSnapshot) -> bool:
            about = (board.board.id, board.board.name, board.board.owner)
            sections = (self._folders.container(board.board.id, section.id) for section in board.sections)
            pins = (f"{self._folders.container(pin.board_id, pin.section_id)}/{pin.id}" for pin in board.pins)
            return any(one.names_place(address, *about) for addresses in (sections, pins) for address in addresses)

        return holds

    def _file(self, one: Selector) -> bool:
        inputs = self._inputs
        return (
            any(one.names_path(file.path) for file in inputs.local.files)
            or any(one.names_path(record.path) for record in inputs.base.tracked)
            or any(one.names_path(path) for action in self._actions if (path := _planned_path(action)))
        )

    def _may_be_unseen(self, one: Selector, written: Written) -> bool:
        # Any file may be in a folder that could not be read.
        if "file" in written.about and self._inputs.local.unknown:
            return True
        if written.about == _BOARD or not self._unseen:
            return False
        if one.pin_id is not None or one.is_pattern:
            return True
        # An incompletely read board may have any section and any pin.
        return any(one.begins_in(board.board.name, board.board.owner) for board in self._unseen)


def _planned_path(action: AnyAction) -> str | None:
    path: str | None = getattr(action.after, "path", None)
    return path


def unmatched(inputs: PlanInput, actions: Sequence[AnyAction] = ()) -> list[Written]:
    """The selectors that match nothing, nor ever did."""
    known = Known(inputs, actions)
    # "*" matches an empty account as well.
    wanted = (one for one in written_in(inputs) if one.text != ANYTHING and one.text not in inputs.remembered)
    return [one for one in wanted if not known.selects(one)]


def problem_of(written: Written, inputs: PlanInput) -> str:
    """The message for an unmatched selector, with similar names."""
    boards = [board.board.name for board in inputs.remote.boards]
    # Suggestions from the kind of thing that the option names.
    inside = [] if written.about <= _BOARD | _PIN else sorted({record.container for record in inputs.base.tracked})
    near = "" if written.about == _PIN else similar_names(written.text.strip(), list(dict.fromkeys([*boards, *inside])))
    if not written.text.strip():
        return f"{written.where} “{written.text}”: matches nothing, it is empty{near}"
    return f"{written.where} {written.text}: matches nothing{near}"


def findings_of(missing: Iterable[Written], inputs: PlanInput) -> Iterator[Finding]:
    """A finding for each unmatched selector of the config; on the command line it is an error."""
    for one in missing:
        message = problem_of(one, inputs).removeprefix(f"{one.where} ")
        yield Finding(kind=FindingKind.UNMATCHED_SELECTOR, address=one.where, message=message)

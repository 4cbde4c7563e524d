"""What a plan says of boards: what could not be read, what was not asked for, and what a listing seems to lack. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from pinplan.model.pins import Board
from pinplan.model.snapshots import short_listing
from pinplan.plan.document import Finding, FindingKind
from pinplan.policies.boards import in_scope
from pinplan.reconcile.folders import Folders
from pinplan.reconcile.scope import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinplan.model.base import Tracked
    from pinplan.model.ids import BoardId, PinId
    from pinplan.model.snapshots import BoardSnapshot
    from pinplan.reconcile.plan_input import World
    from pinplan.reconcile.scope import ScopeFilter

_BLOCKED = "nothing is deleted or moved in"


def about_boards(world: World, scope: ScopeFilter) -> Iterator[Finding]:
    """Every board in scope of which not everything was seen."""
    yield from _about_the_list(world)
    folders = Folders(world.remote.boards, world.base.tracked)
    gone = _vanished(world)
    noted = [board for board in world.remote.boards if board.listed and _is_noted(board)]
    if not (noted or gone):
        return
    every = {folder: records[0].board_id for folder, records in gone.items()}
    every |= {folders.board(one.board.id): one.board.id for one in world.remote.boards}
    wanted = scope.boards_of(every, lambda: _pins(world, folders))
    not_asked = []
    for board in noted:
        folder = folders.board(board.board.id)
        if folder in wanted:
            yield from _about(board, folder, folders)
            not_asked += [] if board.asked else [board]
    if not_asked:
        yield _not_asked(not_asked)
    for folder, records in gone.items():
        if folder in wanted:
            count = len(records)
            files = f"{count:,} tracked {'file stays' if count == 1 else 'files stay'}"
            message = f"Pinterest does not list this board any more: its {files}, {_BLOCKED} it"
            yield Finding(kind=FindingKind.VANISHED, address=folder, message=message)


def compares(world: World, scope: ScopeFilter) -> bool:
    """Whether a board in scope takes part: where the config leaves out all of them, nothing was compared."""
    left_out = [one for one in world.remote.boards if not one.listed]
    if not left_out:
        return True
    if scope.whole:
        return len(left_out) < len(world.remote.boards)
    folders = Folders(world.remote.boards, world.base.tracked)
    every = {folders.board(one.board.id): one.board.id for one in world.remote.boards}
    wanted = scope.boards_of(every, lambda: _pins(world, folders))
    return any(one.listed and folders.board(one.board.id) in wanted for one in world.remote.boards)


def _about_the_list(world: World) -> Iterator[Finding]:
    """Whatever is in scope, it may be about a board that cannot be read."""
    count = len(world.remote.unreadable)
    if count:
        items = (
            "an item of the list of boards is no board"
            if count == 1
            else f"{count:,} items of the list of boards are no boards"
        )
        message = f"{items}: {_BLOCKED} any board"
        yield Finding(kind=FindingKind.INCOMPLETE, address=WHOLE, message=message, count=count)
    for item in world.remote.unreadable:
        message = f"item {item.item} on page {item.page} of the list of boards is no board: {item.problem}"
        yield Finding(kind=FindingKind.UNREADABLE_ITEM, address=WHOLE, message=message)


def _is_noted(board: BoardSnapshot) -> bool:
    return not board.complete or bool(board.short_by)


def _about(board: BoardSnapshot, folder: str, folders: Folders) -> Iterator[Finding]:
    if board.unread:
        message = f"the listing did not end cleanly ({board.problem}): {_BLOCKED} this board"
        yield Finding(kind=FindingKind.INCOMPLETE, address=folder, message=message)
    for item in board.unreadable:
        message = f"item {item.item} on page {item.page} of the listing is no pin: {item.problem}"
        yield Finding(kind=FindingKind.UNREADABLE_ITEM, address=folder, message=message)
    for item in board.unreadable_sections:
        message = f"item {item.item} on page {item.page} of the list of sections is no section: {item.problem}"
        yield Finding(kind=FindingKind.UNREADABLE_ITEM, address=folder, message=message)
    for section in () if board.unread else board.unnamed:
        message = f"the list of sections lacks section {section}: its pins have this folder until its name is known, {_BLOCKED} this board"
        yield Finding(
            kind=FindingKind.UNLISTED_SECTION, address=folders.container(board.board.id, section), message=message
        )
    if board.short_by:
        message = short_listing(len(board.pins), board.board)
        yield Finding(kind=FindingKind.SHORT_LISTING, address=folder, message=message)


def _not_asked(boards: list[BoardSnapshot]) -> Finding:
    count, unknown = len(boards), sum(not board.pins for board in boards)
    named = f"{count:,} {'board' if count == 1 else 'boards'}"
    lacking = f", {unknown:,} without pins in the cache" if unknown else ""
    message = f"Pinterest was not asked for {named} (--refresh none{lacking}): {_BLOCKED} them"
    return Finding(kind=FindingKind.NOT_ASKED, address=WHOLE, message=message, count=count)


def _vanished(world: World) -> dict[str, list[Tracked]]:
    """Boards of the base that are not listed any more, by folder: only those with pins that no other board has."""
    listed = {one.board.id for one in world.remote.boards}
    if all(record.board_id in listed for record in world.base.tracked):
        return {}
    seen = {pin.id for one in world.remote.boards for pin in one.pins}
    lost: dict[BoardId, list[Tracked]] = defaultdict(list)
    for record in world.base.tracked:
        if record.board_id not in listed and record.pin_id not in seen:
            lost[record.board_id].append(record)
    found: dict[str, list[Tracked]] = {}
    for board_id, records in lost.items():
        folder = Counter(record.container.partition("/")[0] for record in records).most_common(1)[0][0]
        board = Board(id=board_id, name=folder)
        if in_scope(board, include=world.policies.include, exclude=world.policies.exclude):
            found.setdefault(folder, []).extend(records)
    return found


def _pins(world: World, folders: Folders) -> Iterator[tuple[str, BoardId, PinId]]:
    """Address, board and id of every pin that a listing or the base has."""
    for one in world.remote.boards:
        for pin in one.pins:
            yield f"{folders.container(one.board.id, pin.section_id)}/{pin.id}", one.board.id, pin.id
    for record in world.base.tracked:
        yield f"{record.container}/{record.pin_id}", record.board_id, record.pin_id

"""Look at Pinterest once: boards, the pins of each, sections where a pin names one, and what became of missing pins.

Only GET requests are sent (I7). What could not be read to the end is said so, per board (I1); a pin of the base that no
listing has is asked for by itself, and is gone only if that answers 404 (I6).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pinplan.errors import PermissionMissing, RemoteError
from pinplan.events import Emit, Stage, Step, Warned
from pinplan.model.snapshots import AskedPin, BoardSnapshot, RemoteSnapshot
from pinplan.policies.boards import in_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pinplan.model.base import Base
    from pinplan.model.ids import BoardId, PinId
    from pinplan.model.pins import Board, Pin, Section
    from pinplan.policies.bundle import Policies
    from pinplan.ports import Clock, Remote

Item = TypeVar("Item")
Found = TypeVar("Found")

LISTINGS_AT_ONCE = 3
"""Boards that are read side by side: at 0.2 s an answer that is 15 calls a second, just below Pinterest's 1,000 a minute."""


class RemoteRequest(Struct, frozen=True, kw_only=True):
    """What to look at.

    Attributes:
        max_gone_checks: pins that are asked for one by one at most; the others stay unknown.
        sections_of: boards whose sections are read though no pin of theirs may be in one.
    """

    policies: Policies
    base: Base
    max_gone_checks: int = 500
    sections_of: frozenset[BoardId] = frozenset()


def take_remote(remote: Remote, request: RemoteRequest, clock: Clock, emit: Emit) -> RemoteSnapshot:
    """Take a snapshot.

    Raises:
        AuthError: no valid token.
        RemoteError: the account or the list of boards could not be read; a board that could not is only incomplete.
    """
    before = remote.calls
    emit(Stage(name="boards"))
    account = remote.account()
    listed = remote.boards()
    policies = request.policies
    wanted = [b for b in listed if in_scope(b.name, b.id, include=policies.include, exclude=policies.exclude)]
    emit(Stage(name="pins", total=len(wanted)))
    with _listings() as pool:
        read = {
            found.board.id: found
            for found in _each(pool, lambda b: _read_board(remote, b, b.id in request.sections_of), wanted, emit)
        }
        boards = tuple(read.get(b.id) or _left_out(b) for b in listed)
        missing = _missing_pins(request.base, boards)
        emit(Stage(name="gone", total=min(len(missing), request.max_gone_checks)))
        asked = tuple(_each(pool, lambda pin: _ask(remote, pin), missing[: request.max_gone_checks], emit))
    return RemoteSnapshot(
        account=account,
        boards=tuple(sorted(boards, key=lambda b: (len(b.board.id), b.board.id))),
        asked=asked,
        scopes=tuple(sorted(remote.scopes)),
        taken_at=f"{clock.now():%Y-%m-%dT%H:%M:%SZ}",
        api_calls=remote.calls - before,
    )


@contextmanager
def _listings() -> Iterator[ThreadPoolExecutor]:
    """Threads that read boards; when the look is given up, the boards that wait are not read any more."""
    with ThreadPoolExecutor(LISTINGS_AT_ONCE, thread_name_prefix="listing") as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _each(
    pool: ThreadPoolExecutor, look: Callable[[Item], Found], items: Sequence[Item], emit: Emit
) -> Iterable[Found]:
    for found in pool.map(look, items):
        emit(Step(name="listing"))
        if isinstance(found, BoardSnapshot):
            _warn_of_count(found, emit)
        yield found


def _left_out(board: Board) -> BoardSnapshot:
    """A board that the config leaves out: known by name, not asked for its pins."""
    return BoardSnapshot(board=board, complete=False, problem="left out by the config", listed=False)


def _warn_of_count(board: BoardSnapshot, emit: Emit) -> None:
    """Pinterest's own figure may count pins that nobody can list: worth a word, never an error."""
    said, listed = board.board.pin_count, len(board.pins)
    if board.complete and said is not None and said != listed:
        emit(Warned(message=f"{board.board.name}: {listed} pins listed, Pinterest says {said}"))


def _read_board(remote: Remote, board: Board, all_sections: bool) -> BoardSnapshot:  # noqa: FBT001 - a fact
    pins: list[Pin] = []
    foreign = 0
    problem: str | None = None
    try:
        for page in remote.pin_pages(board.id):
            pins.extend(page.pins)
            foreign += page.foreign
    except (RemoteError, PermissionMissing) as error:
        problem = str(error)
    snapshot = BoardSnapshot(
        board=board, pins=tuple(_by_id(pins)), complete=problem is None, problem=problem, foreign=foreign
    )
    return _with_sections(remote, snapshot, all_sections=all_sections)


def _by_id(pins: list[Pin]) -> list[Pin]:
    """In the order of their ids: Pinterest's order is not part of the snapshot."""
    return sorted(pins, key=lambda pin: (len(pin.id), pin.id))


def _with_sections(remote: Remote, board: BoardSnapshot, *, all_sections: bool) -> BoardSnapshot:
    """Sections have names only in their own listing; it is asked for only where a pin is in one."""
    named = {pin.section_id for pin in board.pins} - {None}
    if not named and not all_sections:
        return board
    sections: list[Section] = []
    problem = board.problem
    try:
        sections = sorted(remote.sections(board.board.id), key=lambda section: (len(section.id), section.id))
    except (RemoteError, PermissionMissing) as error:
        problem = problem or f"its sections could not be read: {error}"
    nameless = named - {section.id for section in sections}
    if not nameless:
        return replace(board, sections=tuple(sections), problem=problem, complete=problem is None)
    # Without its section's name a pin has no place: it is left out, and the board is not complete.
    pins = tuple(pin for pin in board.pins if pin.section_id not in nameless)
    problem = problem or f"{len(nameless)} of its sections are not listed"
    return replace(board, sections=tuple(sections), pins=pins, complete=False, problem=problem)


def _missing_pins(base: Base, boards: Sequence[BoardSnapshot]) -> list[PinId]:
    """Pins of the base in boards that were read to the end, and in no listing."""
    complete = {board.board.id for board in boards if board.listed and board.complete}
    seen = {pin.id for board in boards for pin in board.pins}
    missing = {t.pin_id for t in base.tracked if t.board_id in complete and t.pin_id not in seen}
    return sorted(missing, key=lambda pin_id: (len(pin_id), pin_id))


def _ask(remote: Remote, pin_id: PinId) -> AskedPin:
    try:
        pin = remote.pin(pin_id)
    except (RemoteError, PermissionMissing) as error:
        return AskedPin(pin_id=pin_id, problem=str(error))
    if pin is None:
        return AskedPin(pin_id=pin_id, gone=True)
    return AskedPin(pin_id=pin_id, board_id=pin.board_id, section_id=pin.section_id)

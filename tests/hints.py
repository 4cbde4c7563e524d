"""A Pinterest in memory that says when its boards changed: truly, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from pinplan.model.ids import BoardId
from pinplan.model.pins import Board, Privacy
from pinplan.model.snapshots import ListedBoards
from pinplan.pinterest.api import PinPage
from tests.fakes import FakeRemote
from tests.worlds import SmallWorld

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


class HintingRemote(FakeRemote):
    """Every board tells how many pins it has and when they changed last. Once ``lying``, it says what it said before, whatever happens.

    Attributes:
        listed: boards whose pins were asked for.
        page: pins on a page.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lying = False
        self.listed: list[BoardId] = []
        self.page = 2
        self._seen: dict[BoardId, tuple[object, str, int]] = {}
        self._changes = 0

    def boards(self) -> ListedBoards:
        listed = super().boards()
        return replace(listed, boards=tuple(self._hinting(board) for board in listed.boards))

    def _hinting(self, board: Board) -> Board:
        pins = [pin for pin in self.pins_by_id.values() if pin.board_id == board.id and pin.id not in self.hidden]
        now = (sorted(pins, key=lambda pin: pin.id), dict(self.sections_of[board.id]))
        known = self._seen.get(board.id)
        if known is None or (known[0] != now and not self.lying):
            self._changes += 1
            known = (now, f"{LONG_AGO + timedelta(minutes=self._changes):%Y-%m-%dT%H:%M:%SZ}", len(pins))
            self._seen[board.id] = known
        return replace(board, privacy=Privacy.PUBLIC, pins_modified_at=known[1], pin_count=known[2])

    def pin_pages(self, board_id: BoardId, bookmark: str | None = None) -> Iterator[PinPage]:
        self.listed.append(board_id)
        pins = sorted(
            (pin for pin in self.pins_by_id.values() if pin.board_id == board_id and pin.id not in self.hidden),
            key=lambda pin: pin.id,
        )
        start = int(bookmark) if bookmark is not None else 0
        while True:
            self.asked += 1
            following = start + self.page
            yield PinPage(pins[start:following], 0, str(following) if following < len(pins) else None)
            start = following
            if start >= len(pins):
                return


def hinting(world: SmallWorld) -> HintingRemote:
    """Let a world's Pinterest give hints, whatever it holds already."""
    remote = HintingRemote()
    old = world.remote
    remote.boards_by_id, remote.sections_of, remote.pins_by_id = old.boards_by_id, old.sections_of, old.pins_by_id
    world.remote = remote
    return remote

"""The law of skipped metadata: what is stored of pins is the same whether boards from the cache are looked at or not."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from msgspec.structs import replace

from pinplan.adapters import PlanRequest
from pinplan.errors import ApiRefused
from pinplan.model.ids import BoardId
from pinplan.model.snapshots import BoardSnapshot, RemoteSnapshot
from pinplan.pipeline import plan_with_snapshots
from pinplan.policies.mode import Mode
from pinplan.records.pin_metadata import PinMetadata
from pinplan.snapshot.freshness import Freshness, Refresh
from tests.hints import hinting
from tests.properties.test_few_calls import pins, prepare
from tests.properties.test_laws import agreed, boards, dedupes
from tests.properties.test_unchanged import step, steps
from tests.worlds import EVERYTHING, SmallWorld


class Both(PinMetadata):
    """Stores everything in a second file as well, there without skipping anything."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "facts.db")
        self.folder, self.skipped = folder, 0
        self.whole = PinMetadata(folder / "whole.db")

    def remember(self, remote: RemoteSnapshot, listed_at: Mapping[BoardId, str] | None = None) -> None:
        super().remember(remote, listed_at)
        self.whole.remember(remote)
        assert stored(self.folder / "facts.db") == stored(self.folder / "whole.db")

    def close(self) -> None:
        super().close()
        self.whole.close()


def stored(path: Path) -> list[list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as db:
        return [db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in ("boards", "pins")]


def plan(world: SmallWorld, facts: PinMetadata, refresh: Refresh = Refresh.AUTO) -> None:
    request = PlanRequest(policies=world.policies, allow=EVERYTHING, freshness=Freshness(refresh=refresh))
    plan_with_snapshots(replace(world.adapters(), facts=facts), request)


@given(boards, pins, steps, dedupes)
def test_the_same_is_stored_whether_boards_from_the_cache_are_looked_at_or_not(names, made, story, duplicates):
    with TemporaryDirectory() as home, agreed(names, made, duplicates) as world, closing(Both(Path(home))) as facts:
        hinting(world)
        prepare(world, Mode.ARCHIVE, duplicates)
        for what, number in [("nothing", 0), *story]:
            step(world, what, number)
            for _ in range(2):
                plan(world, facts)


@pytest.fixture
def facts(tmp_path):
    with closing(Both(tmp_path)) as facts:
        yield facts


@pytest.fixture
def world():
    with agreed(["cats", "dogs"], [(0, "a", 1), (1, "b", 1)]) as world:
        hinting(world)
        yield world


def test_pins_of_a_board_from_the_cache_are_not_looked_at_again(world, facts, monkeypatch):
    plan(world, facts)
    plan(world, facts)
    looked: list[str] = []
    real = PinMetadata._remember

    def heard(self: PinMetadata, board: BoardSnapshot, known: str | None) -> None:
        looked.append(board.board.name)
        real(self, board, known)

    monkeypatch.setattr(PinMetadata, "_remember", heard)
    PinMetadata.remember(facts, *taken(world))
    assert looked == []
    world.pin(next(iter(world.remote.boards_by_id)), "another")
    PinMetadata.remember(facts, *taken(world))
    assert looked == ["cats"]


def taken(world: SmallWorld) -> tuple[RemoteSnapshot, dict[BoardId, str]]:
    kept: list[tuple[RemoteSnapshot, dict[BoardId, str]]] = []

    class Heard(PinMetadata):
        def __init__(self) -> None:
            """Stores nothing."""

        def remember(self, remote: RemoteSnapshot, listed_at: Mapping[BoardId, str] | None = None) -> None:
            kept.append((remote, dict(listed_at or {})))

    plan(world, Heard())
    return kept[-1]


def test_a_listing_that_broke_off_in_between_does_not_stay_in_place_of_the_cached_one(world, facts, monkeypatch):
    plan(world, facts)
    plan(world, facts)
    with monkeypatch.context() as patch:

        def broken(*_: object) -> None:
            raise ApiRefused("GET /pins", 500, None, "broken", None)

        patch.setattr(world.remote, "pin_pages", broken)
        plan(world, facts, Refresh.FULL)
        assert len(facts.partial()) == 2
    plan(world, facts)
    assert facts.partial() == ()

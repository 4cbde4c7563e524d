"""Which of two duplicates stays, as a table over pairs of a snapshot: no files, no network, no fingerprints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from pinplan.actions import Dedupe
from pinplan.model.alike import Alike, AlikeFiles, Looks, Tier
from pinplan.model.base import Base
from pinplan.model.ids import BoardId, PinId, SectionId
from pinplan.model.images import FileFact
from pinplan.model.pins import Board, Pin, PinImage, Rendition
from pinplan.model.snapshots import BoardSnapshot, LocalSnapshot, RemoteSnapshot
from pinplan.plan import Finding
from pinplan.policies.bundle import Policies
from pinplan.policies.duplicates import Duplicates, Remove, Rung, Within
from pinplan.reconcile.duplicates import Twins
from pinplan.reconcile.folders import Folders
from pinplan.reconcile.match import FileSides, PinSides
from pinplan.reconcile.places import Places
from pinplan.reconcile.world import World
from tests.fakes import LIBRARY_ID, ME
from tests.worlds import LINEAGE, tracked


class One(Struct, frozen=True, kw_only=True):
    """A pin and its file; the first is ``501``, in board ``1``."""

    board: str = "1"
    section: str | None = None
    slot: int = 0
    images: int = 1
    facts: dict[str, Any] = {}
    looks: dict[str, int] = {}


IMAGE = PinImage(slot=0, renditions=(Rendition(size="originals", url="x", width=1, height=1),))


def world_of(ones: Sequence[One], policy: Duplicates, pairs: Sequence[tuple[int, int]]) -> World:
    records = [
        replace(tracked(str(501 + n), f"{one.board}/{501 + n}.jpg"), board_id=BoardId(one.board), slot=one.slot)
        for n, one in enumerate(ones)
    ]
    ours: dict[str, Any] = {"is_owner": True, "board_owner": ME.username}
    pins = [
        Pin(
            id=record.pin_id,
            board_id=record.board_id,
            section_id=SectionId(one.section) if one.section else None,
            images=(IMAGE,) * one.images,
            **(ours | one.facts),
        )
        for one, record in zip(ones, records, strict=True)
    ]
    looks = [Looks(**{"width": 100, "height": 100, **one.looks}) for one in ones]
    alike = tuple(
        AlikeFiles(
            one=records[a].path,
            other=records[b].path,
            alike=Alike(tier=Tier.EXACT),
            one_looks=looks[a],
            other_looks=looks[b],
        )
        for a, b in pairs
    )
    boards = tuple(
        BoardSnapshot(
            board=Board(id=BoardId(board), name=f"Board {board}", owner=ME.username),
            pins=tuple(pin for pin in pins if pin.board_id == board),
        )
        for board in sorted({one.board for one in ones})
    )
    files = tuple(FileFact(path=t.path, size=t.size, mtime_ns=t.mtime_ns) for t in records)
    return World(
        policies=Policies(duplicates=policy, template=records[0].template),
        remote=RemoteSnapshot(account=ME, boards=boards),
        local=LocalSnapshot(library_id=LIBRARY_ID, files=files, alike=alike),
        base=Base(library_id=LIBRARY_ID, lineage=LINEAGE, tracked=tuple(records)),
    )


def twins_of(world: World) -> Twins:
    pins, files = PinSides(world.remote), FileSides(world.local, world.base, world.policies.template)
    places = Places(Folders(world.remote.boards, world.base.tracked), files, world.policies.template)
    return Twins(world, pins, files, places)


def decided(
    *ones: One,
    policy: Duplicates | None = None,
    pairs: Sequence[tuple[int, int]] = ((0, 1),),
    busy: Sequence[str] = (),
    ignored: Sequence[str] = (),
) -> tuple[list[Dedupe], list[Finding]]:
    world = world_of(ones, policy or Duplicates(remove=Remove.BOTH), pairs)
    actions, found = twins_of(world).decide(set(map(PinId, busy)), frozenset(map(PinId, ignored)))
    return [action for action in actions if isinstance(action, Dedupe)], found


@pytest.mark.parametrize(
    ("better", "worse", "rung"),
    [
        (One(looks={"width": 200}), One(), Rung.RESOLUTION),
        (One(looks={"height": 200}), One(), Rung.RESOLUTION),
        (One(looks={"quality": 90}), One(looks={"quality": 70}), Rung.QUALITY),
        (One(), One(facts={"parent_pin_id": PinId("1")}), Rung.OWN_UPLOAD),
        (One(facts={"link": "https://example.org"}), One(), Rung.HAS_LINK),
        (One(facts={"created_at": "2020-01-01T00:00:00Z"}), One(), Rung.OLDEST),
        (
            One(facts={"created_at": "2020-01-01T00:00:00Z"}),
            One(facts={"created_at": "2021-01-01T00:00:00Z"}),
            Rung.OLDEST,
        ),
    ],
)
def test_the_better_one_stays_for_the_first_reason_that_tells_them_apart(better, worse, rung):
    (action,), _ = decided(worse, better)
    assert (action.pin_id, action.keeper.pin.pin_id, action.evidence.rung) == ("501", "502", rung)
    (action,), _ = decided(better, worse)
    assert (action.pin_id, action.keeper.pin.pin_id, action.evidence.rung) == ("502", "501", rung)


def test_of_two_that_are_alike_in_everything_the_older_number_stays():
    (action,), _ = decided(One(), One())
    assert (action.pin_id, action.evidence.rung) == ("502", Rung.NUMBER)


def test_the_evidence_shows_both_as_they_are():
    facts = {"link": "https://example.org", "created_at": "2020-01-01T00:00:00Z"}
    (action,), _ = decided(One(facts=facts, looks={"width": 300, "height": 200, "quality": 90}), One())
    keeper, loser = action.evidence.keeper, action.evidence.loser
    assert (keeper.width, keeper.height, keeper.quality) == (300, 200, 90)
    assert (keeper.has_link, keeper.own_upload, keeper.created_at) == (True, True, "2020-01-01T00:00:00Z")
    assert (keeper.reference, keeper.size) == (False, 1)
    assert (loser.width, loser.height, loser.quality, loser.has_link, loser.created_at) == (100, 100, 0, False, "")


@pytest.mark.parametrize("reference", ["Board 2", "B* 2", "2", "id:2"])
def test_a_copy_in_a_reference_board_always_stays(reference):
    policy = Duplicates(remove=Remove.BOTH, scope=Within.ACCOUNT, reference=(reference,))
    (action,), _ = decided(One(looks={"width": 900}), One(board="2"), policy=policy)
    assert (action.pin_id, action.evidence.rung, action.evidence.keeper.reference) == ("501", Rung.REFERENCE, True)
    assert action.keeper.exchange
    assert action.keeper.exchange.problem == "copies of the board Board 2 always stay"


@pytest.mark.parametrize(
    ("scope", "other", "removed"),
    [
        (Within.SECTION, One(), True),
        (Within.SECTION, One(section="7"), False),
        (Within.SECTION, One(board="2"), False),
        (Within.BOARD, One(section="7"), True),
        (Within.BOARD, One(board="2"), False),
        (Within.ACCOUNT, One(board="2"), True),
    ],
)
def test_what_lies_further_apart_than_the_scope_is_only_reported(scope, other, removed):
    actions, found = decided(One(), other, policy=Duplicates(remove=Remove.BOTH, scope=scope))
    assert (len(actions), len(found)) == ((1, 0) if removed else (0, 1))
    assert all(finding.message.endswith("elsewhere: only reported") for finding in found)


def test_what_goes_already_is_not_reported_for_another_board_as_well():
    pairs = ((0, 1), (1, 2))
    actions, found = decided(One(), One(), One(board="2"), pairs=pairs)
    assert ([action.pin_id for action in actions], found) == (["502"], [])
    actions, found = decided(One(), One(), One(board="2"), One(board="3"), pairs=(*pairs, (2, 3)))
    assert ([action.pin_id for action in actions], [finding.pin_id for finding in found]) == (["502"], ["504"])


@pytest.mark.parametrize("busy", ["501", "502"])
def test_a_pair_of_which_one_is_busy_is_left_for_the_next_plan(busy):
    assert decided(One(), One(), busy=[busy]) == ([], [])


@pytest.mark.promise("I9")
@pytest.mark.parametrize("ignored", ["501", "502"])
def test_nothing_is_said_of_an_ignored_pin_or_of_its_duplicates(ignored):
    assert decided(One(), One(), ignored=[ignored]) == ([], [])
    assert decided(One(), One(board="2"), ignored=[ignored]) == ([], [])


def test_a_carousel_is_never_one_of_two():
    for one in (One(images=2), One(images=3)):
        assert decided(One(), one) == ([], [])
        assert decided(one, One()) == ([], [])


def test_a_pin_with_two_files_is_never_one_of_two():
    world = world_of([One(), One(), One(slot=1)], Duplicates(remove=Remove.BOTH), [(0, 1)])
    first, second, third = world.base.tracked
    world = replace(world, base=replace(world.base, tracked=(first, second, replace(third, pin_id=second.pin_id))))
    assert twins_of(world).decide(set()) == ([], [])


def test_a_pair_of_which_one_is_not_tracked_plays_no_part():
    world = world_of([One(), One(), One()], Duplicates(remove=Remove.BOTH), [(0, 1), (1, 2)])
    known = replace(world, base=replace(world.base, tracked=world.base.tracked[:2]))
    actions, found = twins_of(known).decide(set())
    assert ([action.pin_id for action in actions if isinstance(action, Dedupe)], found) == (["502"], [])

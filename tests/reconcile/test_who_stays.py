"""Which of two duplicates stays, as a table over pairs of a snapshot: no files, no network, no fingerprints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import UNSET, Struct
from msgspec.structs import replace

from pinplan.actions import Dedupe, UpdateMetadata
from pinplan.actions.expect import ExpectPin, expect_of
from pinplan.actions.pairs import DuplicateSide, Evidence, KeptCopy, Swap
from pinplan.model.base import Base
from pinplan.model.ids import BoardId, PinId, RelPath, SectionId, Sha256
from pinplan.model.images import Content, FileFact
from pinplan.model.pins import Board, Pin, PinImage, Rendition, Section, Words
from pinplan.model.similarity import Better, DuplicatePair, ImageQuality, Similarity, Tier
from pinplan.model.snapshots import BoardSnapshot, LocalSnapshot, RemoteSnapshot, UnknownPath
from pinplan.plan.document import Finding, FindingKind
from pinplan.policies.bundle import Policies
from pinplan.policies.duplicates import Duplicates, KeepRule, Merge, Remove, Within
from pinplan.reconcile.board_folders import BoardFolders
from pinplan.reconcile.duplicates import DuplicatePlanner, exchanged_for, uncomparable
from pinplan.reconcile.match import FileSides, PinSides, by_pin
from pinplan.reconcile.paths import ImagePaths
from pinplan.reconcile.plan_input import PlanInput
from tests.fakes import LIBRARY_ID, ME
from tests.worlds import LINEAGE, tracked


class One(Struct, frozen=True, kw_only=True):
    """A pin and its file; the first is ``501``, in board ``1``."""

    board: str = "1"
    section: str | None = None
    slot: int = 0
    images: int = 1
    facts: dict[str, Any] = {}
    record: dict[str, Any] = {}
    complete: bool = True
    looks: dict[str, int] = {}
    better: Better | None = None


IMAGE = PinImage(slot=0, renditions=(Rendition(size="originals", url="x", width=1, height=1),))


def world_of(ones: Sequence[One], policy: Duplicates, pairs: Sequence[tuple[int, int]]) -> PlanInput:
    records = [
        replace(
            tracked(str(501 + n), f"{one.board}/{501 + n}.jpg"),
            **{"board_id": BoardId(one.board), "slot": one.slot, **one.record},
        )
        for n, one in enumerate(ones)
    ]
    ours: dict[str, Any] = {"is_owner": True, "board_owner": ME.username}
    pins = [
        Pin(
            id=record.pin_id,
            board_id=record.board_id,
            section_id=SectionId(one.section) if one.section else None,
            **({"images": (IMAGE,) * one.images} | ours | one.facts),
        )
        for one, record in zip(ones, records, strict=True)
    ]
    looks = [replace(ImageQuality(width=100, height=100), **one.looks) for one in ones]
    alike = tuple(
        DuplicatePair(
            one=records[a].path,
            other=records[b].path,
            alike=Similarity(
                tier=Tier.EXACT, better=ones[a].better, detail="one is an enlargement" if ones[a].better else ""
            ),
            one_looks=looks[a],
            other_looks=looks[b],
        )
        for a, b in pairs
    )
    boards = tuple(
        BoardSnapshot(
            board=Board(id=BoardId(board), name=f"Board {board}", owner=ME.username),
            pins=tuple(pin for pin in pins if pin.board_id == board),
            sections=(Section(id=SectionId("7"), name="Section"),),
            complete=all(one.complete for one in ones if one.board == board),
        )
        for board in sorted({one.board for one in ones})
    )
    files = tuple(FileFact(path=t.path, size=t.size, mtime_ns=t.mtime_ns) for t in records)
    return PlanInput(
        policies=Policies(duplicates=policy, template=records[0].template),
        remote=RemoteSnapshot(account=ME, boards=boards),
        local=LocalSnapshot(library_id=LIBRARY_ID, files=files, alike=alike),
        base=Base(library_id=LIBRARY_ID, lineage=LINEAGE, tracked=tuple(records)),
    )


def twins_of(world: PlanInput) -> DuplicatePlanner:
    pins, files = PinSides(world.remote), FileSides(world.local, world.base, world.policies.template)
    places = ImagePaths(BoardFolders(world.remote.boards, world.base.tracked), files, world.policies.template)
    return DuplicatePlanner(world, pins, files, places)


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
        (One(looks={"width": 200}), One(), KeepRule.RESOLUTION),
        (One(looks={"height": 200}), One(), KeepRule.RESOLUTION),
        (One(looks={"quality": 90}), One(looks={"quality": 70}), KeepRule.QUALITY),
        (One(), One(facts={"parent_pin_id": PinId("1")}), KeepRule.OWN_UPLOAD),
        (One(facts={"link": "https://example.org"}), One(), KeepRule.HAS_LINK),
        (One(facts={"created_at": "2020-01-01T00:00:00Z"}), One(), KeepRule.OLDEST),
        (
            One(facts={"created_at": "2020-01-01T00:00:00Z"}),
            One(facts={"created_at": "2021-01-01T00:00:00Z"}),
            KeepRule.OLDEST,
        ),
    ],
)
def test_the_better_one_stays_for_the_first_reason_that_tells_them_apart(better, worse, rung):
    (action,), _ = decided(worse, better)
    assert (action.pin_id, action.keeper.pin.pin_id, action.evidence.rung) == ("501", "502", rung)
    (action,), _ = decided(better, worse)
    assert (action.pin_id, action.keeper.pin.pin_id, action.evidence.rung) == ("502", "501", rung)


@pytest.mark.promise("I21")
def test_the_one_with_more_detail_stays_whatever_its_size():
    (action,), _ = decided(One(better=Better.ONE), One(looks={"width": 900}))
    assert (action.pin_id, action.evidence.rung) == ("502", KeepRule.DETAIL)
    assert action.evidence.decided_by == "the rule detail (one is an enlargement)"
    (action,), _ = decided(One(better=Better.OTHER, looks={"width": 900}), One())
    assert (action.pin_id, action.evidence.rung) == ("501", KeepRule.DETAIL)


@pytest.mark.promise("I21")
def test_where_it_is_not_sure_which_is_better_both_stay():
    actions, (finding,) = decided(One(better=Better.UNSURE), One(looks={"width": 900}))
    assert not actions
    assert "not removed: it is not clear which copy is better: one is an enlargement" in finding.message


def test_an_order_without_detail_means_what_it_meant():
    policy = Duplicates(remove=Remove.BOTH, keep=(KeepRule.RESOLUTION,))
    for better in (Better.ONE, Better.UNSURE):
        (action,), _ = decided(One(better=better), One(looks={"width": 900}), policy=policy)
        assert (action.pin_id, action.evidence.rung) == ("501", KeepRule.RESOLUTION)


def test_of_two_that_are_alike_in_everything_the_older_number_stays():
    (action,), _ = decided(One(), One())
    assert (action.pin_id, action.evidence.rung) == ("502", KeepRule.NUMBER)


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
    assert (action.pin_id, action.evidence.rung, action.evidence.keeper.reference) == ("501", KeepRule.REFERENCE, True)
    assert action.keeper.exchange
    assert action.keeper.exchange.problem == "copies of the board Board 2 are always kept"


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
    assert all(finding.message.endswith("outside the [dedupe] scope: only reported") for finding in found)


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


def test_a_pair_of_which_one_is_not_listed_plays_no_part():
    world = world_of([One(), One(board="2")], Duplicates(remove=Remove.BOTH, scope=Within.ACCOUNT), [(0, 1)])
    listed = replace(world, remote=replace(world.remote, boards=world.remote.boards[:1]))
    assert twins_of(listed).decide(set()) == ([], [])


@pytest.mark.promise("I21")
def test_a_file_that_says_nothing_of_what_its_pin_shows_plays_no_part():
    another = {"images": (replace(IMAGE, signature="a" * 32),)}
    assert decided(One(facts=another, record={"signature": "b" * 32}), One()) == ([], [])
    assert decided(One(record={"doubtful": "its end is missing"}), One()) == ([], [])
    assert decided(One(record={"mtime_ns": 2}), One()) != ([], []), "the file has the time of its record"


def test_a_pair_of_which_one_is_not_tracked_plays_no_part():
    world = world_of([One(), One(), One()], Duplicates(remove=Remove.BOTH), [(0, 1), (1, 2)])
    known = replace(world, base=replace(world.base, tracked=world.base.tracked[:2]))
    actions, found = twins_of(known).decide(set())
    assert ([action.pin_id for action in actions if isinstance(action, Dedupe)], found) == (["502"], [])


# -- what follows, whole ---------------------------------------------------------------------------------------------


def exchange_of(action: Dedupe) -> Swap:
    assert action.keeper.exchange
    return action.keeper.exchange


@pytest.mark.parametrize("remove", [Remove.BOTH, Remove.LOCAL, Remove.REMOTE])
def test_the_action_has_all_that_is_known_of_both(remove):
    ones = One(section="7", looks={"width": 50}), One(section="7")
    policy = Duplicates(remove=remove)
    world = world_of(ones, policy, [(0, 1)])
    (loser, keeper), (board,) = world.base.tracked, world.remote.boards
    (action,), _ = decided(*ones, policy=policy)
    assert action == Dedupe(
        pin_id=PinId("501"),
        board_id=BoardId("1"),
        address="Board 1/Section/501",
        reason="duplicate_of_502",
        destructive=True,
        reversible=True,
        expect=expect_of(loser),
        before=loser,
        pin=board.pins[0],
        keeper=KeptCopy(
            file=expect_of(keeper),
            pin=ExpectPin(pin_id=PinId("502"), board_id=BoardId("1"), section_id=SectionId("7")),
            exchange=Swap(address="Board 1/Section/502", before=keeper, pin=board.pins[1]),
        ),
        remove=remove,
        evidence=Evidence(
            alike=Similarity(tier=Tier.EXACT),
            rung=KeepRule.RESOLUTION,
            keeper=DuplicateSide(width=100, height=100, size=1, own_upload=True),
            loser=DuplicateSide(width=50, height=100, size=1, own_upload=True),
        ),
    )


@pytest.mark.parametrize(("remove", "reversible"), [(Remove.BOTH, False), (Remove.REMOTE, False), (Remove.LOCAL, True)])
def test_a_pin_that_cannot_be_made_again_goes_for_good(remove, reversible):
    unseen = {"images": (replace(IMAGE, renditions=()),)}
    (action,), _ = decided(One(facts=unseen, looks={"width": 50}), One(), policy=Duplicates(remove=remove))
    assert action.reversible is reversible


SHA = {"sha256": Sha256("5" * 64)}
NOT_SIGNED = {"images": (replace(IMAGE, signature="a" * 32),)}
LARGE = (Rendition(size="originals", url="x", width=900, height=900),)


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    ("facts", "why", "here"),
    [
        ({"complete": False, "board": "2"}, "the listing of one of the two boards is incomplete", True),
        ({"facts": {"is_owner": False}}, "the pin belongs to another account", False),
        (
            {"facts": NOT_SIGNED},
            "{path} was added or changed by hand; its pin may show another picture",
            False,
        ),
        (
            {"facts": {"images": (replace(IMAGE, renditions=LARGE),)}, "record": {"width": 100, "height": 100}},
            "its file is only 100×100, Pinterest has 900×900",
            False,
        ),
    ],
)
def test_why_one_of_two_does_not_go(facts, why, here):
    policy = Duplicates(remove=Remove.BOTH, scope=Within.ACCOUNT)
    small, other = One(**{"looks": {"width": 50}} | facts), One()
    actions, (found,) = decided(small, other, policy=policy)
    path = f"{small.board}/501.jpg"
    assert (actions, found.kind, found.pin_id, found.path) == ([], FindingKind.BLOCKED, "501", path)
    assert found.message.endswith(f"; not removed: {why.format(path=path)}")
    actions, found_here = decided(small, other, policy=replace(policy, remove=Remove.LOCAL))
    assert (len(actions), len(found_here)) == ((0, 1) if here else (1, 0))


@pytest.mark.promise("I21")
def test_neither_goes_where_the_keepers_file_says_nothing_or_its_board_was_not_read():
    policy = Duplicates(remove=Remove.BOTH, scope=Within.ACCOUNT)
    for keeper in (One(facts=NOT_SIGNED), One(board="2", complete=False)):
        actions, (found,) = decided(One(looks={"width": 50}), keeper, policy=policy)
        assert (actions, found.kind) == ([], FindingKind.BLOCKED)


@pytest.mark.promise("I21")
@pytest.mark.parametrize(("other", "goes"), [("b" * 32, False), ("a" * 32, True), (None, True)])
@pytest.mark.parametrize("sha256", [None, SHA])
def test_one_file_for_two_images_proves_neither(other, goes, sha256):
    def signed(signature: str | None, record: dict[str, Any] | None = None, **looks: int) -> One:
        facts = {"images": (replace(IMAGE, signature=signature),)}
        return One(facts=facts, record={"signature": signature, **(record or {})}, looks=looks)

    actions, _ = decided(signed("a" * 32, width=50), signed(other, sha256))
    assert bool(actions) is (goes or sha256 is not None)


def test_the_keeper_may_go_instead_unless_it_must_not():
    assert exchange_of(decided(One(looks={"width": 50}), One())[0][0]).problem is UNSET
    small, others = One(looks={"width": 50}), One(facts={"is_owner": False})
    (action,), _ = decided(small, others)
    assert (exchange_of(action).problem, action.evidence.keeper.own_upload) == (
        "the pin belongs to another account",
        False,
    )
    policy = Duplicates(remove=Remove.BOTH, reference=("Board 1",))
    assert exchange_of(decided(small, others, policy=policy)[0][0]).problem == "the pin belongs to another account"
    assert (
        exchange_of(decided(small, One(), policy=policy)[0][0]).problem == "copies of the board Board 1 are always kept"
    )
    unrelated = replace(policy, reference=("Board 2",))
    assert exchange_of(decided(small, One(), policy=unrelated)[0][0]).problem is UNSET


def test_what_is_only_reported_names_both_with_their_sizes():
    policy = Duplicates(remove=Remove.REPORT)
    _, (found,) = decided(One(looks={"width": 50}), One(), policy=policy)
    assert found == Finding(
        kind=FindingKind.DUPLICATE,
        address="Board 1/501",
        pin_id=PinId("501"),
        path=RelPath("1/501.jpg"),
        message=(
            f"1/501.jpg shows the same picture as 1/502.jpg ({Similarity(tier=Tier.EXACT).measured}; 50×100 against 100×100; "
            "kept by resolution); only reported"
        ),
    )


@pytest.mark.parametrize(
    ("remove", "owner", "taken"),
    [(Remove.BOTH, True, True), (Remove.REMOTE, True, True), (Remove.LOCAL, True, False), (Remove.BOTH, False, False)],
)
def test_the_keeper_takes_over_words_of_a_pin_that_goes(remove, owner, taken):
    policy = Duplicates(remove=remove, merge=(Merge.DESCRIPTION,))
    small, keeper = One(facts={"description": "Soft"}, looks={"width": 50}), One(facts={"is_owner": owner, "link": "x"})
    made, _ = twins_of(world_of([small, keeper], policy, [(0, 1)])).decide(set())
    words = Words(description="Soft") if taken else Words()
    assert [action.keeper.words for action in made if isinstance(action, Dedupe)] == [words]
    update = UpdateMetadata(
        pin_id=PinId("502"),
        board_id=BoardId("1"),
        address="Board 1/502",
        reason="from_its_duplicate",
        before=Words(link="x"),
        after=Words(link="x", description="Soft"),
    )
    assert made[:-1] == ([update] if taken else [])


# -- what stands for a file that was removed as a duplicate ----------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "listed", "stands"),
    [
        (["b.jpg"], True, "b.jpg"),
        (["moved.jpg"], True, "moved.jpg"),
        (["b.jpg"], False, None),
        ([], True, None),
    ],
)
def test_a_file_stands_for_another_while_it_is_here_and_its_pin_is_there(files, listed, stands):
    removed, kept = replace(tracked("501", "a.jpg"), duplicate_of=PinId("502")), tracked("502", "b.jpg")
    here = tuple(
        FileFact(path=RelPath(path), size=1, mtime_ns=1, content=Content(sha256=kept.sha256)) for path in files
    )
    local = LocalSnapshot(library_id=LIBRARY_ID, files=here)
    base = Base(library_id=LIBRARY_ID, lineage=LINEAGE, tracked=(removed, kept))
    pin = Pin(id=kept.pin_id, board_id=kept.board_id)
    board = BoardSnapshot(board=Board(id=kept.board_id, name="Board"), pins=(pin,) if listed else ())
    sides = FileSides(local, base, "{pin_id}{ext}"), PinSides(RemoteSnapshot(account=ME, boards=(board,)))
    assert exchanged_for(removed, *sides, by_pin(base.tracked)) == stands
    assert exchanged_for(kept, *sides, by_pin(base.tracked)) is None


def test_a_file_stands_for_another_while_it_cannot_be_told_whether_it_is_here():
    removed, kept = replace(tracked("501", "a.jpg"), duplicate_of=PinId("502")), tracked("502", "x/b.jpg")
    unknown = (UnknownPath(path=RelPath("x"), reason="EACCES", is_folder=True),)
    local = LocalSnapshot(library_id=LIBRARY_ID, files=(), unknown=unknown)
    base = Base(library_id=LIBRARY_ID, lineage=LINEAGE, tracked=(removed, kept))
    pin = Pin(id=kept.pin_id, board_id=kept.board_id)
    board = BoardSnapshot(board=Board(id=kept.board_id, name="Board"), pins=(pin,))
    sides = FileSides(local, base, "{pin_id}{ext}"), PinSides(RemoteSnapshot(account=ME, boards=(board,)))
    assert exchanged_for(removed, *sides, by_pin(base.tracked)) == "x/b.jpg"
    assert exchanged_for(removed, *sides, {}) is None


def test_what_cannot_be_compared_is_a_finding_with_its_reason():
    (found,) = uncomparable([("a.jpg", "too large")])
    assert found == Finding(
        kind=FindingKind.UNKNOWN,
        address="a.jpg",
        path=RelPath("a.jpg"),
        message="a.jpg cannot be compared: too large",
    )

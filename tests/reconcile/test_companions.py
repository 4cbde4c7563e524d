"""Which companions belong to a picture, and what becomes of them in a plan."""

from __future__ import annotations

import unicodedata
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from pinplan.actions import Dedupe, DeleteLocal, MoveLocal
from pinplan.actions.expect import expect_of
from pinplan.model.ids import BoardId, PinId, RelPath
from pinplan.model.images import FileFact
from pinplan.model.naming import name_beside
from pinplan.policies.mode import Mode
from pinplan.policies.protect import Protect
from pinplan.reconcile.companions import Companions, accompanied
from tests.fakes import image_bytes
from tests.reconcile.cases import placed
from tests.reconcile.test_who_stays import One, decided
from tests.worlds import SmallWorld, findings, kinds, tracked


def beside(picture: str, *files: str) -> list[str]:
    facts = [FileFact(path=RelPath(path), size=1, mtime_ns=1) for path in files]
    return [one.path for one in Companions(facts).of(RelPath(picture))]


def test_a_companion_has_the_whole_name_of_its_picture_or_the_name_of_no_other():
    assert beside("a/x.jpg", "a/x.jpg", "a/x.jpg.xmp", "a/x.jpg.JSON", "a/x.xmp", "b/x.jpg.xmp", "a/x.jpg.txt") == [
        "a/x.jpg.JSON",
        "a/x.jpg.xmp",
        "a/x.xmp",
    ]
    assert beside("x.jpg", "x.jpg", "x.txt", "x.json") == ["x.json"]
    assert beside("x.jpg", "x.jpg", "x.cr2", "x.jpg.xmp", "x.xmp") == ["x.jpg.xmp"]  # of the raw picture, perhaps
    assert beside("x.jpg.png", "x.jpg", "x.jpg.png", "x.jpg.xmp") == []  # that is of x.jpg
    assert beside("x.jpg", "x.jpg.png", "x.jpg.xmp") == ["x.jpg.xmp"]  # of a picture that no longer exists
    assert beside("x", "x", "x.xmp") == ["x.xmp"]
    assert beside("x", "x.xmp") == ["x.xmp"]  # of a picture without an extension that no longer exists
    assert beside("x.jpg", "x.jpg") == []


def test_decomposed_names_belong_together():
    odd = unicodedata.normalize("NFD", "é.jpg")
    assert beside(odd, odd, "é.jpg.xmp") == ["é.jpg.xmp"]
    assert beside("é.jpg", "é.jpg", f"{odd}.xmp") == [f"{odd}.xmp"]


NAMES = st.sampled_from(
    ["x.jpg", "x.jpg.xmp", "x.xmp", "x.json", "x.png", "x", "x.jpg.json", "y.jpg", "x.XMP", "y.xmp"]
)


@pytest.mark.promise("I10")
@given(st.lists(NAMES, unique=True))
def test_no_companion_belongs_to_two_pictures(names):
    pictures = [name for name in names if not name.lower().endswith((".xmp", ".json"))]
    owned = [companion for picture in pictures for companion in beside(picture, *names)]
    assert len(set(owned)) == len(owned)
    assert not set(owned) & set(pictures)
    for picture in pictures:
        for companion in beside(picture, *names):
            assert name_beside(RelPath(companion), picture, picture) == companion


def test_a_companion_is_named_after_its_picture_in_its_new_place():
    assert name_beside(RelPath("a/x.jpg.xmp"), "a/x.jpg", "b/y.png") == "b/y.png.xmp"
    assert name_beside(RelPath("a/x.JSON"), "a/x.jpg", "b/y.png") == "b/y.JSON"
    for other in ("a/y.jpg.xmp", "b/x.jpg.xmp", "a/x.jpg.txt", "a/x.jpg", "x.jpg.xmp", "a/x.jpg.xmp.xmp"):
        assert name_beside(RelPath(other), "a/x.jpg", "b/y.png") is None


# -- in a plan -------------------------------------------------------------------------------------------------------


def with_companion(world: SmallWorld, extension: str = ".xmp", pins: int = 12) -> tuple[list[PinId], str]:
    """A board, and beside the file of its first pin a companion."""
    board = world.board("Board")
    made = [world.pin(board, f"Pin {n}") for n in range(pins)]
    world.apply()
    companion = world.path_of(made[0]) + extension
    world.library.write(companion, b"tags")
    return made, companion


@pytest.mark.promise("I10")
def test_every_action_names_the_companions_that_go_with_its_picture(world):
    pins, companion = with_companion(world)
    del world.remote.pins_by_id[pins[0]]
    world.mode(Mode.MIRROR)
    (action,) = world.plan().actions
    assert isinstance(action, DeleteLocal)
    assert [one.path for one in action.with_it] == [companion]
    assert action.affected_paths() == (world.path_of(pins[0]), companion)
    assert action.describe().effect.endswith(f"to the trash; with {companion.rpartition('/')[2]}")
    assert companion.rpartition("/")[2] in action.describe().detail


def pair_with(*companions: str) -> Dedupe:
    """A pair of duplicates, ``1/501.jpg`` goes for ``1/502.jpg``; these companions are beside them."""
    (action,), _ = decided(One(looks={"width": 50}), One())
    here = [FileFact(path=RelPath(path), size=1, mtime_ns=1) for path in ("1/501.jpg", "1/502.jpg", *companions)]
    (made,), findings = accompanied([action], here)
    assert (isinstance(made, Dedupe), findings) == (True, [])
    return cast("Dedupe", made)


def companions_of(action: Dedupe) -> tuple[list[str], list[str]]:
    """Those of the one that goes, and of the other one, should a person swap them."""
    assert action.keeper.exchange
    return [one.path for one in action.companions or ()], [one.path for one in action.keeper.exchange.companions or ()]


def test_both_of_a_pair_have_their_companions_whichever_goes():
    assert companions_of(pair_with("1/501.jpg.xmp", "1/502.xmp")) == (["1/501.jpg.xmp"], ["1/502.xmp"])
    assert companions_of(pair_with("1/502.xmp")) == ([], ["1/502.xmp"])
    only = pair_with("1/501.jpg.xmp")
    assert companions_of(only) == (["1/501.jpg.xmp"], [])
    assert msgspec.json.encode(only).count(b"companions") == 1, "what is not there is not in the plan"


def test_the_keeper_of_an_older_plan_has_no_companions():
    (action,), _ = decided(One(looks={"width": 50}), One())
    older = replace(action, keeper=replace(action.keeper, exchange=UNSET))
    here = [FileFact(path=RelPath("1/502.jpg.xmp"), size=1, mtime_ns=1)]
    assert accompanied([older], here) == ([older], [])


@pytest.mark.parametrize(("target", "goes"), [("a/x.png", True), ("a/y.png", False), ("b/x.jpg", True)])
def test_a_companion_that_keeps_its_name_is_in_nobodys_way(target, goes):
    moved = MoveLocal(
        pin_id=PinId("501"),
        board_id=BoardId("1"),
        address="a/501",
        reason="renamed",
        expect=expect_of(tracked("501", "a/x.jpg")),
        before=tracked("501", "a/x.jpg"),
        after=replace(placed(target), template="t"),
    )
    names = ("a/x.jpg", "a/x.xmp", "a/y.xmp")
    (made, findings) = accompanied([moved], [FileFact(path=RelPath(name), size=1, mtime_ns=1) for name in names])
    assert (len(made), len(findings)) == ((1, 0) if goes else (0, 1))
    assert [one.message for one in findings] == (
        [] if goes else ["a/x.jpg is not moved: its companion a/x.xmp would move with it, but a/y.xmp already exists"]
    )


def test_only_actions_with_companions_name_any(world):
    pins, _ = with_companion(world)
    for pin in pins[:2]:
        del world.remote.pins_by_id[pin]
    world.mode(Mode.MIRROR)
    assert [msgspec.json.encode(action).count(b"companions") for action in world.plan().actions] == [1, 0]


def test_what_is_not_there_is_not_in_the_plan(world):
    pins, companion = with_companion(world, ".txt")
    world.rename_board(world.remote.pins_by_id[pins[0]].board_id, "Other")
    plan = world.plan()
    assert [type(action) for action in plan.actions] == [MoveLocal] * len(pins)
    assert b"companions" not in msgspec.json.encode(plan.actions)
    world.apply(plan)
    assert world.library.files[companion] == b"tags"


@pytest.mark.promise("I10")
def test_companions_claim_no_pin(world):
    pins, companion = with_companion(world)
    world.library.write(f"Board/Pin 0 [{pins[0]}].json", image_bytes("not what it is called"))
    world.mode(Mode.TWO_WAY)
    assert (kinds(world.plan()), findings(world.plan())) == ([], [])
    world.library.remove(world.path_of(pins[0]))
    plan = world.plan()
    assert kinds(plan) == ["delete_remote"]
    world.apply(plan)
    assert world.library.files[companion] == b"tags"


def test_a_protected_companion_keeps_its_picture(world):
    pins, companion = with_companion(world)
    del world.remote.pins_by_id[pins[0]]
    world.mode(Mode.MIRROR)
    plan = world.plan(protect=Protect(globs=("*.xmp",)))
    assert (kinds(plan), findings(plan)) == ([], ["blocked"])
    assert companion in world.library.files


def test_where_a_companions_place_is_taken_the_picture_stays_with_it(world):
    pins, companion = with_companion(world)
    other = world.board("Other")
    world.move_pin(pins[0], other)
    taken = companion.replace("Board/", "Other/")
    world.library.write(taken, b"of somebody else")
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["conflict"])
    assert f"{taken} already exists" in plan.findings[0].message
    world.library.remove(taken)
    assert kinds(world.plan()) == ["move_local"]

"""The law of rebinding: what was saved again costs no fetch and no file, whatever else happens; undo brings every path and id back."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.actions import Rebind
from pinplan.model.ids import BoardId, PinId, RelPath
from pinplan.plan.document import Plan, kind_of
from pinplan.policies.mode import Mode
from tests.fakes import image_bytes
from tests.properties.test_laws import agreed, boards, modes, pins
from tests.worlds import SmallWorld

HERE = ("as recorded", "touched", "changed", "removed", "broken", "named already")
THERE = ("once", "twice", "listing broken")
LEAVES_IT_AS_IT_IS = {"as recorded", "touched"}
Paths = dict[tuple[PinId, int], RelPath]

happenings = st.tuples(
    st.integers(0, 50),
    st.integers(0, 2),
    st.sampled_from([*["as recorded"] * 3, *HERE]),
    st.sampled_from([*["once"] * 4, *THERE]),
)


def paths_of(world: SmallWorld) -> Paths:
    return {(record.pin_id, record.slot): record.path for record in world.state.base().tracked}


def saved_again(world: SmallWorld, old: PinId, board: BoardId, here: str, there: str) -> PinId:
    """Let a pin be saved again, and something happen to its first file."""
    slot, path = min((slot, path) for (pin_id, slot), path in paths_of(world).items() if pin_id == old)
    new = world.save_again(old, board)
    if there == "twice":
        brother = world.remote.pins_by_id[new]
        world.remote.pins_by_id[PinId(f"77{new}")] = replace(brother, id=PinId(f"77{new}"))
    if there == "listing broken":
        world.remote.broken.add(board)
    library = world.library
    match here:
        case "touched":
            library.write(path, library.files[path])
        case "changed":
            library.write(path, image_bytes("edited"))
        case "broken":
            library.write(path, b"broken")
        case "removed":
            library.remove(path)
        case "named already":
            library.write(f"kept/mine [{new}]{f'-{slot}' if slot else ''}.jpg", image_bytes("mine"))
        case _:
            assert here == "as recorded"
    return new


def rebound_by(plan: Plan) -> dict[PinId, PinId]:
    """New pins by old ones."""
    return {action.before.pin_id: action.pin_id for action in plan.actions if isinstance(action, Rebind)}


def about(plan: Plan, pin_ids: set[PinId]) -> set[str]:
    """Kinds of what is planned about some pins."""
    return {kind_of(action) for action in plan.actions if pin_ids & set(action.pin_ids)}


def check_apply_and_undo(world: SmallWorld, plan: Plan) -> None:
    rebound, before, held = rebound_by(plan), paths_of(world), dict(world.library.files)
    assert world.apply(plan).complete
    after = paths_of(world)
    of_rebound = {key: path for key, path in before.items() if key[0] in rebound}
    for (pin_id, slot), path in of_rebound.items():
        assert (pin_id, slot) not in after
        assert world.library.files[after[rebound[pin_id], slot]] == held[path]
    assert about(world.plan(), set(rebound.values())) == set()
    assert world.apply(world.undo()).complete
    assert paths_of(world).items() >= of_rebound.items()
    assert all(world.library.files[path] == held[path] for path in of_rebound.values())


@pytest.mark.promise("I1")
@pytest.mark.promise("I6")
@pytest.mark.promise("I23")
def test_what_was_saved_again_is_neither_fetched_nor_trashed():
    met: Counter[str] = Counter()

    @given(boards, pins.filter(bool), modes, st.lists(happenings, min_size=1, max_size=4, unique_by=lambda one: one[0]))
    def law(
        names: list[str],
        made: list[tuple[int, str | None, int]],
        mode: Mode,
        story: list[tuple[int, int, str, str]],
    ) -> None:
        with agreed(names, made) as world:
            world.mode(mode)
            home = {record.pin_id: record.board_id for record in world.state.base().tracked}
            expected: dict[PinId, PinId] = {}
            for number, at, here, there in story:
                left = sorted(home.keys() & world.remote.pins_by_id.keys())
                if not left:
                    break
                old = left[number % len(left)]
                board = sorted(world.remote.boards_by_id)[at % len(names)]
                new = saved_again(world, old, board, here, there)
                if here in LEAVES_IT_AS_IT_IS and there == "once":
                    expected[old] = new
            boards_of = {old: {home[old], world.remote.pins_by_id[new].board_id} for old, new in expected.items()}
            plan = world.plan()
            rebound = rebound_by(plan)
            assert rebound == {o: n for o, n in expected.items() if not boards_of[o] & world.remote.broken}
            assert about(plan, {*rebound, *rebound.values()}) <= {"rebind"}
            met["rebound"] += len(rebound)
            met["left"] += len(story) - len(rebound)
            if rebound and not world.remote.broken:
                check_apply_and_undo(world, plan)
                met["undone"] += 1

    law()
    assert min(met["rebound"], met["left"], met["undone"]) >= 5, met


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("there", THERE)
@pytest.mark.parametrize("here", HERE)
def test_only_what_is_surely_the_same_is_rebound(here, there, mode):
    with agreed(["Board"], [(0, f"{n}", 1) for n in range(4)]) as world:
        world.mode(mode)
        old, board = min(world.remote.pins_by_id), min(world.remote.boards_by_id)
        new = saved_again(world, old, board, here, there)
        sure = here in LEAVES_IT_AS_IT_IS and there == "once"
        assert rebound_by(world.plan()) == ({old: new} if sure else {})

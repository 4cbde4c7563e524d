"""The laws: whatever happens on both sides, these hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pinplan.apply.executor import Settings
from pinplan.model.ids import PinId
from pinplan.model.snapshots import UnknownPath
from pinplan.pipeline import PlanRequest, decide, look
from pinplan.plan import Scope, kind_of
from pinplan.policies.mode import Mode
from pinplan.records.journal import ActionOutcome
from pinplan.records.plan_file import decode_plan, encode_plan
from tests.fakes import Crash, image_bytes
from tests.worlds import EVERYTHING, SmallWorld

TITLES = st.sampled_from(["Title", None, "a/b", "..", "con", "猫", "🐸 frog", "x" * 300, "Title", "\u202eevil", "t."])
BOARDS = st.sampled_from(["Animals 動物", "cats", "Cats", "a/b: c?", "..", "con", "🎨", "y" * 180, "CATS"])
CHANGES = (
    "add",
    "delete_pin",
    "move_pin",
    "rename_board",
    "remove",
    "damage",
    "modify",
    "move_file",
    "copy",
    "stranger",
    "convert",
    "empty",
    "number",
    "cover",
    "unreadable",
    "hide",
    "break",
)


class Story(list[tuple[str, int]]):
    """Changes to a world: what, and a number that says to which pin, file or board."""


boards = st.lists(BOARDS, min_size=1, max_size=3)
pins = st.lists(st.tuples(st.integers(0, 2), TITLES, st.sampled_from([1, 1, 1, 3])), min_size=0, max_size=7)
stories = st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(0, 50)), max_size=8).map(Story)
modes = st.sampled_from(list(Mode))


@contextmanager
def agreed(names: list[str], made: list[tuple[int, str | None, int]]) -> Iterator[SmallWorld]:
    """A world on which both sides agree."""
    world = SmallWorld()
    try:
        ids = [world.board(name) for name in names]
        sections = [world.section(board, "Section") for board in ids]
        for number, (board, title, slots) in enumerate(made):
            at = board % len(ids)
            world.pin(ids[at], title, section_id=sections[at] if number % 2 else None, slots=slots)
        world.apply()
        yield world
    finally:
        world.close()


def tell(world: SmallWorld, story: Story) -> None:
    """Let both sides change."""
    for what, number in story:
        _change(world, what, number)


def _change(world: SmallWorld, what: str, number: int) -> None:  # noqa: C901, PLR0912 - the table of changes
    remote, library = world.remote, world.library
    pin_ids, paths, board_ids = sorted(remote.pins_by_id), sorted(library.files), sorted(remote.boards_by_id)
    board = board_ids[number % len(board_ids)]
    path = paths[number % len(paths)] if paths else None
    pin = pin_ids[number % len(pin_ids)] if pin_ids else None
    if what == "add":
        world.pin(board, f"new {number}")
    elif what == "rename_board":
        world.rename_board(board, f"renamed {number}")
    elif what == "break":
        remote.broken.add(board)
    elif what == "stranger":
        library.write(f"notes/{number}.jpg", image_bytes(f"stranger {number}"))
    elif pin and what == "delete_pin":
        del remote.pins_by_id[pin]
    elif pin and what == "hide":
        remote.hidden.add(pin)
    elif pin and what == "move_pin":
        world.move_pin(pin, board)
    elif path and what == "remove":
        library.remove(path)
    elif path and what == "damage":
        library.write(path, b"broken")
    elif path and what == "modify":
        library.write(path, image_bytes(f"edited {number}"))
    elif path and what == "move_file":
        library.rename(path, f"moved/{number}-{path.rpartition('/')[2]}")
    elif path and what == "convert":
        library.remove(path)
        library.write(f"{path.rpartition('.')[0]}.heic", f"HEIC {number}".encode())
    elif path and what == "empty":
        library.remove(path)
        library.write(f"empty/{path.rpartition('/')[2]}", b"")
    elif path and what == "number":
        library.rename(path, f"moved/{number} ({path.rpartition('[')[2].partition(']')[0]}).jpg")
    elif path and what == "cover":
        library.rename(path, paths[(number + 1) % len(paths)])
    elif what == "unreadable":
        library.write(f"{(path or 'x').rpartition('/')[0] or 'notes'}/IMG {number}.heic", f"HEIC {number}".encode())
    elif path and what == "copy":
        library.write(f"copies/{path.rpartition('/')[2]}", library.files[path])


@given(boards, pins, stories, modes)
def test_a_plan_survives_its_file(names, made, story, mode):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        plan = world.plan()
        assert decode_plan(encode_plan(plan)) == plan


@pytest.mark.promise("I8")
@given(boards, pins, stories, modes, st.randoms(use_true_random=False))
def test_the_same_world_gives_the_same_bytes(names, made, story, mode, dice):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        request = PlanRequest(policies=world.policies, allow=EVERYTHING)
        snapshots = look(world.outside(), request)
        first = decide(snapshots, request, "2026-01-01T00:00:00Z")
        shuffled = list(world.remote.pins_by_id.items())
        dice.shuffle(shuffled)
        world.remote.pins_by_id = dict(shuffled)
        again = look(world.outside(), request)
        if not world.remote.broken:  # what is lost of a broken listing depends on its order
            assert again.remote.boards == snapshots.remote.boards
            second = decide(again, request, "2026-01-02T00:00:00Z")
            assert second.digest == first.digest
        assert encode_plan(decide(snapshots, request, first.created_at)) == encode_plan(first)


@pytest.mark.promise("I23")
@given(boards, pins, stories, modes)
@example(["cats"], [(0, None, 1), (0, None, 1)], Story([("move_pin", 1), ("damage", 0)]), Mode.ARCHIVE)
def test_after_an_apply_there_is_nothing_left_to_do(names, made, story, mode):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        plan = world.plan()
        result = world.apply(plan)
        assert result.count(ActionOutcome.FAILED) == 0, world.events
        assert result.complete, world.events
        assert world.plan().actions == ()


@pytest.mark.promise("I13")
@given(boards, pins, stories, modes)
def test_applying_twice_changes_nothing(names, made, story, mode):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        plan = world.plan()
        world.apply(plan)
        before = world.seen()
        again = world.apply(plan)
        assert (again.already_applied, world.seen()) == (bool(plan.actions), before)


@pytest.mark.promise("I10")
@pytest.mark.promise("I17")
@given(boards, pins, stories, modes)
def test_nothing_is_ever_lost(names, made, story, mode):
    """Every image that lay in the library before still lies in it, or in the trash; what nobody tracks stays in place."""
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        tracked = {t.path for t in world.state.base().tracked}
        before = dict(world.library.files)
        world.apply()
        kept = set(world.library.files.values()) | set(world.library.kept_files.values())
        assert set(before.values()) <= kept
        strangers = {path: data for path, data in before.items() if path not in tracked}
        assert strangers.items() <= world.library.files.items()


@pytest.mark.promise("I20")
@given(boards, pins, stories)
def test_a_deleted_pin_was_known_removed_here_and_is_kept(names, made, story):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(Mode.TWO_WAY)
        base = world.state.base().tracked
        pins_before = dict(world.remote.pins_by_id)
        paths = set(world.library.files)
        world.apply()
        for pin_id in world.remote.deleted:
            files = [t for t in base if t.pin_id == pin_id]
            assert files
            assert not {t.path for t in files} & paths
            kept = [path for path in world.library.kept_files if f"/{pin_id}-" in path]
            assert len(kept) == len(pins_before[pin_id].images)
            assert any(path.endswith(f"/{pin_id}.json") for path in world.library.kept_files)


@pytest.mark.promise("I1")
@given(boards, pins, stories, st.sampled_from([Mode.MIRROR, Mode.TWO_WAY]))
def test_a_broken_listing_deletes_and_moves_nothing(names, made, story, mode):
    with agreed(names, made) as world:
        tell(world, story)
        world.remote.broken = set(world.remote.boards_by_id)
        world.mode(mode)
        found = {kind_of(action) for action in world.plan().actions}
        assert found <= {"download", "adopt", "replace"}


@pytest.mark.promise("I2")
@given(boards, pins, stories, st.sampled_from([Mode.MIRROR, Mode.TWO_WAY]))
def test_a_library_that_cannot_be_read_leads_to_no_action_about_what_is_known(names, made, story, mode):
    with agreed(names, made) as world:
        tell(world, story)
        known = {t.pin_id for t in world.state.base().tracked}
        folders = {path.partition("/")[0] for path in world.library.files}
        folders |= {t.path.partition("/")[0] for t in world.state.base().tracked}
        world.library.unknown = [UnknownPath(path=folder, reason="Permission denied") for folder in sorted(folders)]
        world.mode(mode)
        assert not [a for a in world.plan().actions if a.pin_id in known]


@pytest.mark.promise("I9")
@given(boards, pins, stories, modes, st.data())
def test_narrowing_only_takes_actions_away(names, made, story, mode, data):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        whole = {(kind_of(a), a.address) for a in world.plan().actions}
        target = data.draw(st.sampled_from(sorted({a.partition("/")[0] for _, a in whole}) or ["nothing"]))
        for scope in (Scope(targets=(target,)), Scope(excludes=(target,))):
            part = {(kind_of(a), a.address) for a in world.plan(scope=scope).actions}
            assert part <= whole
        name = data.draw(st.sampled_from(sorted({b.name for b in world.remote.boards_by_id.values()})))
        narrowed = {(kind_of(a), a.address) for a in world.plan(exclude=(name,)).actions}
        assert {change for change in narrowed if change[0].startswith("delete")} <= whole


@pytest.mark.promise("I9")
@given(boards, pins, stories, modes, st.data())
def test_leaving_pins_out_only_takes_actions_away(names, made, story, mode, data):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        whole = {(kind_of(a), a.address) for a in world.plan().actions}
        known = sorted({t.pin_id for t in world.state.base().tracked} | set(world.remote.pins_by_id))
        ignored = data.draw(st.sets(st.sampled_from(known)) if known else st.just(set[PinId]()))
        plan = world.plan(ignore_pins=tuple(sorted(ignored)))
        assert not ignored & {one.pin_id for one in (*plan.actions, *plan.findings)}
        fewer = {(kind_of(a), a.address) for a in plan.actions}
        assert {change for change in fewer if change[0].startswith(("delete", "move", "replace", "forget"))} <= whole


@pytest.mark.promise("I14")
@given(boards, pins, stories, modes, st.data())
def test_a_crash_at_any_effect_is_made_good_by_applying_again(names, made, story, mode, data):
    with agreed(names, made) as calm, agreed(names, made) as crashed:
        for world in (calm, crashed):
            tell(world, story)
            world.mode(mode)
        calm.effects.count = 0
        calm.apply(settings=Settings(parallelism=1))
        plan = crashed.plan()
        crashed.effects.count = 0
        if calm.effects.count:
            crashed.effects.crash_at = data.draw(st.integers(1, calm.effects.count))
            with pytest.raises(Crash):
                crashed.apply(plan, Settings(parallelism=1))
            crashed.restart()
        result = crashed.apply(plan)
        assert result.complete or result.already_applied, crashed.events
        assert crashed.seen() == calm.seen()
        trash = {path.rpartition("/")[2]: data for path, data in calm.library.kept_files.items() if "/trash/" in path}
        assert (
            trash.items()
            <= {path.rpartition("/")[2]: data for path, data in crashed.library.kept_files.items()}.items()
        )

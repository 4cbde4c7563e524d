"""The laws: whatever happens on both sides, these hold."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.actions import Rebind
from pinplan.adapters import PlanRequest
from pinplan.apply.executor import ExecutorOptions
from pinplan.build_plan import take_snapshots
from pinplan.model.naming import is_carried
from pinplan.model.snapshots import UnknownPath
from pinplan.pipeline import decide
from pinplan.plan.document import Plan, Scope, kind_of
from pinplan.policies.duplicates import Duplicates, Remove, Within
from pinplan.policies.mode import Mode
from pinplan.records.journal import ActionOutcome
from pinplan.records.plan_file import decode_plan, encode_plan
from tests.fakes import Crash, image_bytes
from tests.worlds import EVERYTHING, SmallWorld, counted

TITLES = st.sampled_from(
    ["Title", None, "Crème", "a/b", "..", "con", "猫", "🐸 frog", "x" * 300, "Title", "\u202eevil", "t."]
)
BOARDS = st.sampled_from(["Animals 動物", "Café ザ", "cats", "Cats", "a/b: c?", "..", "con", "🎨", "y" * 180, "CATS"])
CHANGES = (
    "add",
    "delete_pin",
    "move_pin",
    "save_again",
    "rename_board",
    "remove",
    "remove_both",
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
    "companion",
    "hide",
    "break",
    "sort",
)


WEIGHTED = (*CHANGES, *("remove",) * 4, *("delete_pin",) * 3, "move_pin", "damage")
"""Chance alone seldom brings up what can lose something: those changes are drawn more often."""


class Story(list[tuple[str, int]]):
    """Changes to a world: what, and a number that says to which pin, file or board."""


boards = st.lists(BOARDS, min_size=1, max_size=3)
pins = st.lists(st.tuples(st.integers(0, 2), TITLES, st.sampled_from([1, 1, 1, 3])), min_size=0, max_size=7)
stories = st.lists(st.tuples(st.sampled_from(WEIGHTED), st.integers(0, 50)), max_size=8).map(Story)
numbers = st.integers(0, 1000)
modes = st.sampled_from([Mode.TWO_WAY, Mode.MIRROR, Mode.ARCHIVE, Mode.TWO_WAY])


dedupes = st.sampled_from(
    [
        Duplicates(remove=Remove.OFF),
        *(Duplicates(remove=how, scope=Within.ACCOUNT) for how in (Remove.BOTH, Remove.LOCAL)),
    ]
)
ALL_DUPLICATES = Duplicates(remove=Remove.BOTH, scope=Within.ACCOUNT)
EVENTFUL: tuple[list[str], list[tuple[int, str | None, int]], Story] = (
    ["cats", "dogs"],
    [(number, "Title", 1) for number in range(7)],
    Story(
        [
            ("damage", 3),
            ("move_pin", 1),
            ("remove_both", 2),
            ("delete_pin", 2),
            ("remove", 0),
            ("add", 0),
            ("save_again", 3),
            ("companion", 1),
            ("companion", 3),
            ("companion", 5),
            ("sort", 6),
        ]
    ),
)
"""One example for every law in which each kind of change happens to a pin or file of its own."""


@contextmanager
def agreed(
    names: list[str], made: list[tuple[int, str | None, int]], duplicates: Duplicates | None = None
) -> Iterator[SmallWorld]:
    """A world on which both sides agree; with ``duplicates``, pins with the same title show the same picture."""
    world = SmallWorld()
    if duplicates is not None:
        world.policies = replace(world.policies, duplicates=duplicates)
    try:
        ids = [world.board(name) for name in names]
        sections = [world.section(board, "Section") for board in ids]
        for number, (board, title, slots) in enumerate(made):
            at = board % len(ids)
            shown = f"same {title}".replace("/", "") if duplicates is not None and slots == 1 else None
            world.pin(ids[at], title, section_id=sections[at] if number % 2 else None, slots=slots, shown=shown)
        world.apply(world.plan(duplicates=Duplicates(remove=Remove.OFF)))
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
    elif pin and what == "remove_both":
        del remote.pins_by_id[pin]
        for gone in [path for path in paths if f"[{pin}]" in path]:
            library.remove(gone)
    elif pin and what == "hide":
        remote.hidden.add(pin)
    elif pin and what == "move_pin":
        world.move_pin(pin, board)
    elif pin and what == "save_again":
        world.save_again(pin, board)
    elif path and what == "companion":
        library.write(f"{path}.xmp", image_bytes(f"what is said of {path}"))
    elif path and what == "remove":
        library.remove(path)
    elif path and what == "damage":
        library.write(path, b"broken")
    elif path and what == "modify":
        library.write(path, image_bytes(f"edited {number}"))
    elif path and what == "move_file":
        library.rename(path, f"moved/{number}-{path.rpartition('/')[2]}")
    elif path and what == "sort":
        folders = sorted({record.container for record in world.state.base().tracked})
        target = f"{folders[number % len(folders)]}/{path.rpartition('/')[2]}" if folders else path
        if target not in library.files:
            library.rename(path, target)
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


@pytest.mark.meets("delete_local", "delete_remote", "forget", "move_local", "replace")
@given(boards, pins, stories, modes)
@example(*EVENTFUL, Mode.TWO_WAY)
def test_a_plan_survives_its_file(names, made, story, mode):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        plan = world.plan()
        assert decode_plan(encode_plan(plan)) == plan


@pytest.mark.promise("I8")
@pytest.mark.meets("delete_local", "delete_remote", "forget", "move_local", "replace")
@given(boards, pins, stories, modes, numbers)
@example(*EVENTFUL, Mode.TWO_WAY, 1)
def test_the_same_world_gives_the_same_bytes(names, made, story, mode, number):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        request = PlanRequest(policies=world.policies, allow=EVERYTHING)
        snapshots = take_snapshots(world.adapters(), request)
        first = counted(decide(snapshots, request, "2026-01-01T00:00:00Z"))
        shuffled = list(world.remote.pins_by_id.items())
        random.Random(number).shuffle(shuffled)
        world.remote.pins_by_id = dict(shuffled)
        again = take_snapshots(world.adapters(), request)
        if not world.remote.broken:  # what is lost of a broken listing depends on its order
            assert again.remote.boards == snapshots.remote.boards
            second = decide(again, request, "2026-01-02T00:00:00Z")
            assert second.digest == first.digest
        assert encode_plan(decide(snapshots, request, first.created_at)) == encode_plan(first)


@pytest.mark.promise("I23")
@pytest.mark.meets("delete_local", "delete_remote", "forget", "move_local", "rebind", "replace")
@given(boards, pins, stories, modes)
@example(["cats"], [(0, None, 1), (0, None, 1)], Story([("move_pin", 1), ("damage", 0)]), Mode.ARCHIVE)
@example(*EVENTFUL, Mode.TWO_WAY)
@example(["cats"], [(0, "a", 1)] * 4, Story([("save_again", 0), ("copy", 2)]), Mode.MIRROR)
# Into the folder of a section whose last pin was deleted on Pinterest.
@example(["cats"], [(0, "a", 1)] * 2, Story([("delete_pin", 1), ("damage", 0), ("sort", 1)]), Mode.TWO_WAY)
def test_after_an_apply_there_is_nothing_left_to_do(names, made, story, mode):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        plan = world.plan()
        result = world.apply(plan)
        assert result.count(ActionOutcome.FAILED) == 0, world.events
        assert result.complete, world.events
        follow_renamed(world, story)
        assert world.plan().actions == ()


@pytest.mark.promise("I13")
@pytest.mark.meets("delete_local", "delete_remote", "forget", "move_local", "replace")
@given(boards, pins, stories, modes)
@example(*EVENTFUL, Mode.TWO_WAY)
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
@pytest.mark.meets("delete_local", "delete_remote", "forget", "move_local", "replace", "dedupe")
@given(boards, pins, stories, modes, dedupes)
@example(["cats"], [(0, "Title", 1)] * 3, Story([("companion", 0)]), Mode.TWO_WAY, ALL_DUPLICATES)
@example(*EVENTFUL, Mode.TWO_WAY, ALL_DUPLICATES)
@example(*EVENTFUL, Mode.TWO_WAY, None)
def test_nothing_is_ever_lost(names, made, story, mode, duplicates):
    """Every image that lay in the library before still lies in it, or in the trash; what nobody tracks stays in place, but for companions."""
    with agreed(names, made, duplicates) as world:
        tell(world, story)
        world.mode(mode)
        tracked = {t.path for t in world.state.base().tracked}
        before = dict(world.library.files)
        world.apply()
        kept = set(world.library.files.values()) | set(world.library.kept_files.values())
        assert set(before.values()) <= kept
        strangers = {path: data for path, data in before.items() if path not in tracked and not is_carried(path)}
        assert strangers.items() <= world.library.files.items()


@pytest.mark.promise("I20")
@pytest.mark.meets("delete_remote")
@given(boards, pins, stories)
@example(*EVENTFUL)
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
@pytest.mark.meets("delete_local", "delete_remote", "move_local")
@given(boards, pins, stories, st.sampled_from([Mode.MIRROR, Mode.TWO_WAY]))
@example(*EVENTFUL, Mode.TWO_WAY)
def test_a_broken_listing_deletes_and_moves_nothing(names, made, story, mode):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        world.plan()  # what it would be if the listings could be read: counted by the mark of this law
        world.remote.broken = set(world.remote.boards_by_id)
        found = {kind_of(action) for action in world.plan().actions}
        assert found <= {"download", "adopt", "replace", "relocate"}


@pytest.mark.promise("I2")
@pytest.mark.meets("delete_local", "delete_remote", "forget", "move_local", "replace")
@given(boards, pins, stories, st.sampled_from([Mode.MIRROR, Mode.TWO_WAY]))
@example(*EVENTFUL, Mode.TWO_WAY)
def test_a_library_that_cannot_be_read_leads_to_no_action_about_what_is_known(names, made, story, mode):
    with agreed(names, made) as world:
        tell(world, story)
        known = {t.pin_id for t in world.state.base().tracked}
        folders = {path.partition("/")[0] for path in world.library.files}
        folders |= {t.path.partition("/")[0] for t in world.state.base().tracked}
        world.mode(mode)
        world.plan()  # what it would be if the library could be read: counted by the mark of this law
        world.library.unknown = [UnknownPath(path=folder, reason="Permission denied") for folder in sorted(folders)]
        assert not [a for a in world.plan().actions if a.pin_id in known]


@pytest.mark.promise("I9")
@pytest.mark.meets("delete_local", "delete_remote", "forget", "move_local", "replace")
@given(boards, pins, stories, modes, numbers)
@example(*EVENTFUL, Mode.TWO_WAY, 5)
def test_narrowing_only_takes_actions_away(names, made, story, mode, number):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        actions = world.plan().actions
        whole = {(kind_of(a), a.address) for a in actions}
        boards_here = {board.name for board in world.remote.boards_by_id.values()}
        addresses = sorted({a.partition("/")[0] for _, a in whole} or boards_here)
        target = addresses[number % len(addresses)]
        for scope in (Scope(targets=(target,)), Scope(excludes=(target,))):
            part = {(kind_of(a), a.address) for a in world.plan(scope=scope).actions}
            assert part <= whole
        boards_there = sorted({b.name for b in world.remote.boards_by_id.values()})
        name = boards_there[number % len(boards_there)]
        narrowed = world.plan(exclude=(name,)).actions
        deletes = {(kind_of(a), a.address) for a in narrowed if kind_of(a).startswith("delete")}
        # Where the new pin of a picture cannot be seen, the old one is gone as any other, and so it is planned.
        saved_again = {a.before.pin_id for a in actions if isinstance(a, Rebind)}
        gone = {("delete_local", a.address) for a in narrowed if a.pin_id in saved_again}
        assert deletes <= whole | gone


def shape(plan: Plan) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """A plan without the names of files."""
    return [(kind_of(a), a.address) for a in plan.actions], [(f.kind.value, f.address) for f in plan.findings]


def follow_renamed(world: SmallWorld, story: Story) -> None:
    """A file in the old folder of a renamed board: its pin is moved first, then the file with all others of the folder."""
    if {"rename_board", "sort"} <= dict(story).keys():
        world.apply()


def decompose(world: SmallWorld, dice: random.Random) -> None:
    """Names of some files and folders as a Mac writes them."""
    spelled: dict[str, str] = {"": ""}
    for path in sorted(world.library.files):
        above = ""
        for part in path.split("/"):
            whole = f"{above}/{part}"
            odd = unicodedata.normalize("NFD", part) if dice.random() < 0.7 else part
            spelled.setdefault(whole, f"{spelled[above]}/{odd}")
            above = whole
        world.library.rename(path, spelled[above].removeprefix("/"))


def folders(world: SmallWorld) -> set[str]:
    return {folder for path in world.library.files if (folder := path.rpartition("/")[0])}


@pytest.mark.promise("I23")
@given(boards, pins, stories, modes, st.randoms(use_true_random=False))
@example(["Café ザ"], [(0, "Crème", 1)] * 4, Story([("add", 0), ("remove", 1)]), Mode.TWO_WAY, random.Random(1))
@example(
    ["Café ザ", "cats"], [(0, "Crème", 1)] * 4, Story([("move_pin", 1), ("damage", 0)]), Mode.MIRROR, random.Random(2)
)
@example(["Café ザ"], [(0, "Crème", 3)], Story([("delete_pin", 0)]), Mode.TWO_WAY, random.Random(3))
def test_decomposed_names_are_the_same_names(names, made, story, mode, dice):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        plain = shape(world.plan())
        decompose(world, dice)
        plan = world.plan()
        assert shape(plan) == plain
        assert world.apply(plan).complete
        follow_renamed(world, story)
        assert world.plan().actions == ()
        composed = [unicodedata.normalize("NFC", folder) for folder in folders(world)]
        assert len(set(composed)) == len(composed)


def only_place(files: dict[str, bytes], data: bytes) -> str | None:
    """The path of a file, if no other has the same bytes."""
    found = [path for path, other in files.items() if other == data]
    return found[0] if len(found) == 1 else None


@pytest.mark.promise("I10")
@pytest.mark.meets("delete_local", "move_local", "rebind", "replace")
@given(boards, pins, stories, modes)
@example(*EVENTFUL, Mode.TWO_WAY)
def test_companions_are_never_torn_from_their_pictures(names, made, story, mode):
    with agreed(names, made) as world:
        tell(world, story)
        for record in world.state.base().tracked:
            if record.path in world.library.files:
                world.library.write(f"{record.path}.json", image_bytes(f"facts of {record.path}"))
        world.mode(mode)
        before = dict(world.library.files)
        assert world.apply().complete
        for path, data in before.items():
            now = only_place(world.library.files, data)
            companion = only_place(world.library.files, before.get(f"{path}.json", b""))
            # A pin that was saved again may bring the same bytes anew, while the old file and its companion are in the trash.
            trashed = data in world.library.kept_files.values()
            if now is not None and not trashed and f"{path}.json" in before and only_place(before, data) == path:
                assert companion == f"{now}.json"
        everything = {*world.library.files.values(), *world.library.kept_files.values()}
        assert {data for path, data in before.items() if path.endswith((".json", ".xmp"))} <= everything


@pytest.mark.promise("I9")
@pytest.mark.meets("delete_local", "delete_remote", "forget", "move_local", "replace")
@given(boards, pins, stories, modes, numbers)
@example(*EVENTFUL, Mode.TWO_WAY, 5)
@example(["cats"], [(0, "Title", 1)], Story([("add", 0), ("save_again", 0)]), Mode.TWO_WAY, 128)
@example(["cats"], [(0, "Title", 1)], Story([("save_again", 0)]), Mode.MIRROR, 2)
def test_leaving_pins_out_only_takes_actions_away(names, made, story, mode, number):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        whole = {(kind_of(a), a.address) for a in world.plan().actions}
        known = sorted({t.pin_id for t in world.state.base().tracked} | set(world.remote.pins_by_id))
        ignored = {pin_id for place, pin_id in enumerate(known) if number >> place & 1}
        plan = world.plan(ignore_pins=tuple(sorted(ignored)))
        assert not ignored & {one.pin_id for one in (*plan.actions, *plan.findings)}
        fewer = {(kind_of(a), a.address) for a in plan.actions}
        assert {change for change in fewer if change[0].startswith(("delete", "move", "replace", "forget"))} <= whole


@pytest.mark.promise("I14")
@pytest.mark.meets("delete_local", "delete_remote", "forget", "move_local", "replace")
@given(boards, pins, stories, modes, numbers)
@example(*EVENTFUL, Mode.TWO_WAY, 5)
@example(["cats"], [(0, "Title", 1), (0, "Title", 1)], Story([("add", 0), ("move_file", 0)]), Mode.TWO_WAY, 2)
def test_a_crash_at_any_effect_is_made_good_by_applying_again(names, made, story, mode, number):
    with agreed(names, made) as calm, agreed(names, made) as crashed:
        for world in (calm, crashed):
            tell(world, story)
            world.mode(mode)
        calm.effects.count = 0
        calm.apply(settings=ExecutorOptions(parallelism=1))
        plan = crashed.plan()
        crashed.effects.count = 0
        if calm.effects.count:
            crashed.effects.crash_at = 1 + number % calm.effects.count
            with pytest.raises(Crash):
                crashed.apply(plan, ExecutorOptions(parallelism=1))
            crashed.restart()
        result = crashed.resume(plan)
        assert result.complete or result.already_applied, crashed.events
        assert crashed.seen() == calm.seen()
        trash = {path.rpartition("/")[2]: data for path, data in calm.library.kept_files.items() if "/trash/" in path}
        assert (
            trash.items()
            <= {path.rpartition("/")[2]: data for path, data in crashed.library.kept_files.items()}.items()
        )

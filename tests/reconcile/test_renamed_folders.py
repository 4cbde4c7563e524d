"""A person who renames the folder of a board or section renames it on Pinterest, where the mode lets it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from pinplan.errors import ApiRefused, SafetyStop
from pinplan.model.ids import BoardId, PinId
from pinplan.plan.document import FindingKind, Scope
from pinplan.policies.bundle import BoardPolicy
from pinplan.policies.mode import Mode, MovedFile
from pinplan.policies.protect import Protect
from pinplan.policies.uploads import Uploads
from pinplan.records.journal import ActionOutcome
from tests.fakes import Answers, Crash, image_bytes
from tests.worlds import SmallWorld, findings, kinds


@pytest.fixture
def world() -> Iterator[SmallWorld]:
    made = SmallWorld()
    cats, dogs = made.board("Cats"), made.board("Dogs")
    section = made.section(cats, "Kittens")
    for title, board, at in (
        ("One", cats, None),
        ("Two", cats, section),
        ("Three", cats, section),
        ("Dog", dogs, None),
    ):
        made.pin(board, title, section_id=at)
    made.apply()
    made.mode(Mode.TWO_WAY)
    yield made
    made.close()


def rename(world: SmallWorld, old: str, new: str) -> None:
    for path in [path for path in world.library.files if path.startswith(f"{old}/")]:
        world.library.rename(path, f"{new}/{path.removeprefix(f'{old}/')}")


def names(world: SmallWorld) -> set[str]:
    sections = {one.name for of_board in world.remote.sections_of.values() for one in of_board.values()}
    return {board.name for board in world.remote.boards_by_id.values()} | sections


def board_called(world: SmallWorld, name: str) -> BoardId:
    return next(board.id for board in world.remote.boards_by_id.values() if board.name == name)


def pin_called(world: SmallWorld, title: str) -> PinId:
    return next(pin.id for pin in world.remote.pins_by_id.values() if pin.title == title)


def publish(world: SmallWorld) -> None:
    world.mode(Mode.PUBLISH)
    world.policies = replace(world.policies, uploads=Uploads(own_content=True))


def agree(world: SmallWorld) -> None:
    again = world.plan()
    assert (again.actions, again.findings) == ((), ())


RENAMES = [
    ("Cats", "Felines", "rename_board", {"Felines", "Kittens", "Dogs"}),
    ("Dogs", "Hounds 犬", "rename_board", {"Cats", "Kittens", "Hounds 犬"}),
    ("Cats/Kittens", "Cats/Small ones", "rename_section", {"Cats", "Small ones", "Dogs"}),
]


@pytest.mark.promise("I23")
@pytest.mark.parametrize(("old", "new", "kind", "after"), RENAMES)
def test_board_and_section_follow_their_folder_with_one_request(world, old, new, kind, after):
    places, before, records = world.places(), names(world), world.state.base().tracked
    rename(world, old, new)
    files = dict(world.library.files)
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([kind], [])
    world.remote.writes = 0
    assert world.apply(plan).complete
    assert (world.remote.writes, names(world), world.places()) == (1, after, places)
    assert world.library.files == files
    assert {record.path for record in world.state.base().tracked} == set(files)
    agree(world)
    assert world.apply(world.undo()).complete
    assert (names(world), world.state.base().tracked) == (before, records)
    assert kinds(world.plan()) == [kind]


def test_undo_after_the_folder_was_renamed_back_leaves_nothing_to_do(world):
    rename(world, "Cats", "Felines")
    world.apply()
    rename(world, "Felines", "Cats")
    assert world.apply(world.undo()).complete
    agree(world)


def test_what_else_is_planned_goes_into_the_new_folder(world):
    world.pin(board_called(world, "Dogs"), "New")
    rename(world, "Dogs", "Hounds")
    plan = world.plan()
    assert sorted(kinds(plan)) == ["download", "rename_board"]
    assert world.apply(plan).complete
    assert any(path.startswith("Hounds/New [") for path in world.library.files)
    agree(world)


@pytest.mark.promise("I31")
@pytest.mark.parametrize(("old", "new", "kind", "after"), RENAMES)
def test_new_pictures_in_a_renamed_folder_are_uploaded_to_its_board(world, old, new, kind, after):
    publish(world)
    rename(world, old, new)
    world.library.write(f"{new}/sunset.jpg", image_bytes("sunset"))
    plan = world.plan()
    assert (sorted(kinds(plan)), findings(plan)) == ([kind, "upload"], [])
    assert world.apply(plan).complete
    made = world.remote.pins_by_id[pin_called(world, "sunset")]
    assert world.path_of(made.id) == f"{new}/sunset [{made.id}].jpg"
    assert (made.section_id is not None, names(world)) == ("/" in new, after)
    agree(world)


def test_sections_of_a_renamed_board_are_listed_for_new_pictures_in_their_folders(world):
    publish(world)
    world.section(board_called(world, "Dogs"), "Puppies")
    rename(world, "Dogs", "Hounds")
    world.library.write("Hounds/Puppies/small.jpg", image_bytes("small"))
    plan = world.plan()
    assert (sorted(kinds(plan)), findings(plan)) == (["rename_board", "upload"], [])
    assert world.apply(plan).complete
    assert world.remote.pins_by_id[pin_called(world, "small")].section_id is not None
    agree(world)


@pytest.mark.parametrize(("old", "new", "kind", "after"), RENAMES)
@pytest.mark.parametrize("fails", [False, True])
def test_a_pin_moves_into_a_renamed_folder_even_if_the_rename_fails(world, old, new, kind, after, fails):
    board = world.board("Birds")
    world.pin(board, "Owl")
    world.pin(board, "Jay")
    world.apply()
    rename(world, old, new)
    owl = pin_called(world, "Owl")
    world.library.rename(world.path_of(owl), f"{new}/Owl [{owl}].jpg")
    plan = world.plan()
    assert (sorted(kinds(plan)), findings(plan)) == (sorted([kind, "move_remote"]), [])

    def refuse(*_: object) -> None:
        raise ApiRefused("PATCH /boards/1", 400, 1, "The board name is invalid or duplicated.", None)

    real = world.remote.rename_board, world.remote.rename_section
    if fails:
        world.remote.rename_board = world.remote.rename_section = refuse
    assert world.apply(plan).complete is not fails
    world.remote.rename_board, world.remote.rename_section = real
    assert world.remote.pins_by_id[owl].board_id != board
    if fails:
        again = world.plan()
        assert (kinds(again), findings(again)) == ([kind], [])
        assert world.apply(again).complete
    assert names(world) == {*after, "Birds"}
    agree(world)


@pytest.mark.promise("I7")
@pytest.mark.parametrize("mode", [Mode.ARCHIVE, Mode.MIRROR])
def test_archive_and_mirror_rename_nothing(world, mode):
    world.mode(mode)
    rename(world, "Dogs", "Hounds")
    assert kinds(world.plan()) == ["relocate"]
    assert world.apply().complete
    agree(world)
    world.mode(Mode.TWO_WAY)
    assert kinds(world.plan()) == ["rename_board"]
    assert world.apply().complete
    agree(world)


def test_an_override_decides_for_its_board(world):
    world.policies = replace(world.policies, overrides=(BoardPolicy(board="Dogs", moved_file=MovedFile.REPORT),))
    rename(world, "Dogs", "Hounds")
    assert kinds(world.plan()) == ["relocate"]


def test_a_board_and_its_section_follow_one_after_the_other(world):
    rename(world, "Cats/Kittens", "Cats/Small ones")
    rename(world, "Cats", "Felines")
    for _ in range(2):
        assert world.apply().complete
    assert names(world) == {"Felines", "Small ones", "Dogs"}
    agree(world)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Dogs", "Cats"),  # the folder of another board: its pins move there
        ("Dogs", "dogs"),  # only the case: the same folder
        ("Cats/Kittens", "Cats/kittens"),
        ("Cats/Kittens", "Dogs/Kittens"),  # a section cannot move to another board
        ("Cats/Kittens", "Kittens/x"),
        ("Dogs", "Hounds:"),  # no name that a folder keeps
        ("Dogs", "a/b/c"),
    ],
)
def test_what_is_no_new_name_renames_nothing(world, old, new):
    rename(world, old, new)
    assert not {"rename_board", "rename_section"} & set(kinds(world.plan()))


def test_a_folder_that_two_boards_claim_renames_none(world):
    rename(world, "Cats", "Pets")
    rename(world, "Dogs", "Pets")
    assert "rename_board" not in kinds(world.plan())


def test_a_folder_that_two_sections_claim_renames_none(world):
    other = world.section(board_called(world, "Cats"), "Toms")
    world.pin(board_called(world, "Cats"), "Tom", section_id=other)
    world.apply()
    rename(world, "Cats/Kittens", "Cats/All")
    rename(world, "Cats/Toms", "Cats/All")
    assert "rename_section" not in kinds(world.plan())


@pytest.mark.parametrize(("old", "one"), [("Cats/Kittens", "Two"), ("Cats", "One")])
def test_files_in_two_new_folders_rename_nothing(world, old, one):
    path = world.path_of(pin_called(world, one))
    rename(world, old, f"{old} new")
    world.library.rename(f"{old} new/{path.removeprefix(f'{old}/')}", f"{old} other/x.jpg")
    assert not {"rename_board", "rename_section"} & set(kinds(world.plan()))


def test_a_folder_that_is_still_here_is_not_renamed(world):
    rename(world, "Dogs", "Hounds")
    world.library.write("Dogs/mine.txt", b"mine")
    # Both folders are here: the new one is another board.
    assert kinds(world.plan()) == ["create_board", "move_remote"]


def test_a_file_that_was_changed_as_well_names_no_folder(world):
    rename(world, "Dogs", "Hounds")
    path = next(path for path in world.library.files if path.startswith("Hounds/"))
    world.library.write(path, image_bytes("edited"))
    assert kinds(world.plan()) == []


def test_a_file_with_the_name_of_another_pin_names_no_folder(world):
    new = world.pin(board_called(world, "Cats"), "New")
    world.library.rename(world.path_of(pin_called(world, "Dog")), f"Hounds/x [{new}].jpg")
    assert "rename_board" not in kinds(world.plan())


def test_a_board_that_was_renamed_there_as_well_is_not_renamed_over(world):
    rename(world, "Dogs", "Hounds")
    world.rename_board(board_called(world, "Dogs"), "Doggies")
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["conflict"])


def test_a_section_that_was_renamed_there_as_well_is_not_renamed_over(world):
    rename(world, "Cats/Kittens", "Cats/Small ones")
    section = next(iter(world.remote.sections_of[board_called(world, "Cats")].values()))
    world.remote.sections_of[board_called(world, "Cats")][section.id] = replace(section, name="Tiny")
    assert "rename_section" not in kinds(world.plan())


def test_a_board_that_is_listed_no_more_is_not_renamed(world):
    rename(world, "Cats/Kittens", "Cats/Small ones")
    rename(world, "Dogs", "Hounds")
    for name in ("Cats", "Dogs"):
        del world.remote.boards_by_id[board_called(world, name)]
    assert not {"rename_board", "rename_section"} & set(kinds(world.plan()))


def test_a_section_that_is_listed_no_more_is_not_renamed(world):
    rename(world, "Cats/Kittens", "Cats/Small ones")
    world.remote.sections_of[board_called(world, "Cats")].clear()
    assert "rename_section" not in kinds(world.plan())


def test_a_template_without_folders_of_boards_renames_nothing():
    world = SmallWorld()
    world.policies = replace(world.policies, template="{board}/[{pin_id}]{slot}{ext}")
    world.pin(world.board("Cats"), "One")
    world.apply()
    world.mode(Mode.TWO_WAY)
    rename(world, "Cats", "Felines")
    assert kinds(world.plan()) == ["relocate"]
    world.close()


@pytest.mark.promise("I1")
@pytest.mark.promise("I10")
@pytest.mark.parametrize("why", ["foreign", "broken", "excluded"])
def test_a_board_of_others_or_one_that_was_not_read_is_not_renamed(world, why):
    rename(world, "Dogs", "Hounds")
    board = world.remote.boards_by_id[board_called(world, "Dogs")]
    if why == "foreign":
        world.remote.boards_by_id[board.id] = replace(board, owner="somebody")
    elif why == "broken":
        world.remote.broken.add(board.id)
    plan = world.plan(exclude=("Dogs",) if why == "excluded" else ())
    assert "rename_board" not in kinds(plan)
    if why == "foreign":
        named = world.plan(written_of_others=("Dogs",))
        assert kinds(named) == ["rename_board"]
        with pytest.raises(SafetyStop):
            world.apply(world.sealed(replace(named, policies=world.policies)))
        assert world.apply(named).complete


@pytest.mark.promise("I10")
@pytest.mark.parametrize(
    "protect",
    [Protect(boards=("Cats",)), Protect(globs=("*/Two*",)), Protect(kinds=("rename_board",)), Protect(pins=())],
)
def test_what_is_protected_is_not_renamed(world, protect):
    rename(world, "Cats", "Felines")
    if protect == Protect():
        protect = Protect(pins=(pin_called(world, "Three"),))
    plan = world.plan(protect=protect)
    assert (kinds(plan), findings(plan)) == ([], ["blocked"])


@pytest.mark.promise("I12")
@pytest.mark.parametrize(("old", "new"), [("Cats", "Felines"), ("Cats/Kittens", "Cats/Small ones")])
@pytest.mark.parametrize("change", ["file gone", "renamed there", "gone there", "foreign"])
def test_what_changed_since_the_plan_is_not_renamed(world, old, new, change):
    rename(world, old, new)
    plan, cats = world.plan(), board_called(world, "Cats")
    section = next(iter(world.remote.sections_of[cats].values()))
    if change == "file gone":
        world.library.remove(next(path for path in world.library.files if path.startswith(f"{new}/")))
    elif change == "foreign":
        world.remote.boards_by_id[cats] = replace(world.remote.boards_by_id[cats], owner="somebody")
    elif change == "gone there":
        world.remote.sections_of[cats].clear()
        if "/" not in old:
            del world.remote.boards_by_id[cats]
    elif "/" in old:
        world.remote.sections_of[cats][section.id] = replace(section, name="Tiny")
    else:
        world.rename_board(cats, "Tiny")
    world.remote.writes = 0
    assert world.apply(plan).count(ActionOutcome.STALE) == 1
    assert world.remote.writes == 0


@pytest.mark.promise("I14")
@pytest.mark.parametrize(("old", "new", "kind", "after"), RENAMES)
@pytest.mark.parametrize("answers", [Answers.LOST_BEFORE, Answers.LOST_AFTER])
def test_a_lost_answer_is_settled_by_a_look(world, old, new, kind, after, answers):
    rename(world, old, new)
    plan = world.plan()
    world.remote.answers = answers
    assert world.apply(plan).complete is (answers is Answers.LOST_AFTER)
    world.remote.answers = Answers.COME
    assert world.apply(plan).complete
    assert (names(world), kinds(plan)) == (after, [kind])
    agree(world)


@pytest.mark.promise("I14")
@pytest.mark.parametrize(("old", "new", "kind", "after"), RENAMES)
def test_a_crash_around_the_request_is_made_good(world, old, new, kind, after):
    rename(world, old, new)
    plan = world.plan()
    for moment in (1, 2):
        world.effects.count, world.effects.crash_at = 0, moment
        with pytest.raises(Crash):
            world.apply(plan)
        world.restart()
    assert world.apply(plan).complete
    assert (names(world), kinds(plan)) == (after, [kind])
    agree(world)


def test_a_refusal_is_no_lost_answer_and_a_failing_look_settles_nothing(world):
    rename(world, "Dogs", "Hounds")
    plan = world.plan()

    def refuse(*_: object) -> None:
        raise ApiRefused("PATCH /boards/1", 400, 1, "The board name is invalid or duplicated.", None)

    real = world.remote.rename_board
    world.remote.rename_board = refuse
    assert world.apply(plan).count(ActionOutcome.FAILED) == 1
    world.remote.rename_board = real
    world.remote.answers = Answers.LOST_AFTER
    look, looks = world.remote.board, []

    def broken(board_id: BoardId) -> object:
        looks.append(board_id)
        if len(looks) == 2:
            raise ApiRefused("GET /boards/1", 500, None, "no", None)
        return look(board_id)

    world.remote.board = broken
    assert world.apply(plan).count(ActionOutcome.FAILED) == 1


def test_selectors_take_the_board_by_its_name_there(world):
    rename(world, "Dogs", "Hounds")
    assert kinds(world.plan(scope=Scope(targets=("Dogs",)))) == ["rename_board"]
    assert kinds(world.plan(scope=Scope(excludes=("Dogs",)))) == []


@pytest.mark.parametrize("change", ["renamed", "untracked", "gone"])
def test_what_changed_since_is_not_undone(world, change):
    rename(world, "Dogs", "Hounds")
    world.apply()
    if change == "renamed":
        world.rename_board(board_called(world, "Hounds"), "Doggies")
    elif change == "gone":
        world.library.remove(next(path for path in world.library.files if path.startswith("Hounds/")))
    else:
        run = world.state.runs()[-1].id
        del world.remote.pins_by_id[pin_called(world, "Dog")]
        world.library.remove(next(path for path in world.library.files if path.startswith("Hounds/")))
        assert kinds(world.plan()) == ["forget"]
        assert world.apply().complete
        assert kinds(world.undo(run)) == []
    assert "rename_board" not in kinds(world.undo())


def test_a_file_that_left_its_section_as_well_renames_no_board(world):
    for title in ("One", "Two"):
        world.library.remove(next(path for path in world.library.files if title in path))
    three = next(path for path in world.library.files if "Three" in path)
    world.library.rename(three, f"best/{three.rpartition('/')[2]}")
    plan = world.plan()
    assert {"create_board", "move_remote"} <= set(kinds(plan))
    assert "rename_board" not in kinds(plan)
    assert world.apply(plan).complete
    assert world.plan().actions == ()
    assert {"Cats", "best"} <= names(world)


WITHOUT_BOARD = [
    ("Cats", "Cats: all", "Cats: all", "a board of this name would have another folder"),
    ("Cats", "Cats  all", "Cats  all", "a board of this name would have another folder"),
    ("Cats", ".cats", ".cats", "a board of this name would have another folder"),
    ("Cats", "Cats [12]", "Cats [12]", "its name is one that pinplan gives"),
    ("Cats", "n" * 181, "n" * 181, "its name is longer than 180 characters"),
    ("Cats", "Best/Cats: all", "Best/Cats: all", "a board of this name would have another folder"),
    ("Cats", "Best/Of/All", "Best/Of/All", "the pictures lie deeper than a board and a section"),
    ("Cats", "Best/Of/All: of them", "Best/Of/All: of them", "the pictures lie deeper than a board and a section"),
]


@pytest.mark.promise("I23")
@pytest.mark.parametrize(("old", "new", "folder", "why"), WITHOUT_BOARD)
def test_a_folder_that_no_board_can_have_is_recorded_and_the_plan_says_why(world, old, new, folder, why):
    before = names(world)
    rename(world, old, new)
    plan = world.plan()
    assert set(kinds(plan)) == {"relocate"}
    assert {one.address for one in plan.findings} == {"Cats", "Cats/Kittens"}
    # The one that cannot be a board or section, not the folder below it.
    assert all(f"in {folder} now" in one.message or "deeper" in why for one in plan.findings)
    assert f"in {folder} now" in plan.findings[0].message
    assert {one.kind for one in plan.findings} == {FindingKind.MOVED_LOCALLY}
    assert all(one.message.endswith(f"; no board or section gets this folder: {why}") for one in plan.findings)
    assert sum(one.count for one in plan.findings) == len(plan.actions)
    assert world.apply(plan).complete
    assert names(world) == before
    agree(world)


def test_one_file_in_such_a_folder_is_named_and_says_nothing_where_pins_do_not_follow(world):
    (path,) = (path for path in world.library.files if path.startswith("Dogs/"))
    world.library.rename(path, f"Dogs: all/{path.rpartition('/')[2]}")
    (finding,) = world.plan().findings
    assert (finding.path, finding.count) == (f"Dogs: all/{path.rpartition('/')[2]}", 1)
    assert finding.message.startswith("1 file is in Dogs: all now, and its pin stays in Dogs; ")
    for mode in (Mode.ARCHIVE, Mode.MIRROR):
        world.mode(mode)
        assert (kinds(world.plan()), findings(world.plan())) == (["relocate"], [])
    world.mode(Mode.TWO_WAY)
    assert findings(world.plan(scope=Scope(accept=("Dogs: all/*",)))) == []
    assert world.apply().complete
    # Renamed once more, in the folder that was explained before.
    world.library.rename(finding.path, "Dogs: all/best.jpg")
    assert (kinds(world.plan()), findings(world.plan())) == (["relocate"], [])


def test_folders_of_the_template_below_board_and_section_do_not_count():
    made = SmallWorld()
    made.policies = replace(made.policies, template="{board}/{section}/{created_at:%Y}/{title} [{pin_id}]{slot}{ext}")
    made.pin(made.board("Dogs"), "Dog", created_at="2026-01-01T00:00:00Z")
    made.apply()
    made.mode(Mode.TWO_WAY)
    rename(made, "Dogs", "Dogs: all")
    (finding,) = made.plan().findings
    assert "1 file is in Dogs: all now, and its pin stays in Dogs; " in finding.message
    made.close()


def test_several_files_are_one_finding(world):
    rename(world, "Cats/Kittens", "Best: cats")
    (finding,) = world.plan().findings
    assert finding.message.startswith("2 files are in Best: cats now, and their pins stay in Cats/Kittens; no board")


def test_a_file_that_is_renamed_or_lies_at_the_top_has_nothing_to_explain(world):
    (path,) = (path for path in world.library.files if path.startswith("Dogs/"))
    for new in ("Dogs/best: of all.jpg", "best: of all.jpg"):
        world.library.rename(path, new)
        plan = world.plan()
        assert (kinds(plan), findings(plan)) == (["relocate"], [])
        path = new

"""A file that a person moves to another board's or section's folder moves its pin, where the mode lets it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from pinplan.actions import MoveRemote
from pinplan.apply.executor import ExecutorOptions
from pinplan.errors import ApiRefused, SafetyStop
from pinplan.model.base import Tracked
from pinplan.model.ids import BoardId, PinId
from pinplan.model.pins import Privacy
from pinplan.plan.document import Plan, Scope
from pinplan.policies.bundle import BoardPolicy
from pinplan.policies.duplicates import Duplicates, Remove
from pinplan.policies.limits import Limits
from pinplan.policies.mode import Mode, MovedFile
from pinplan.policies.protect import Protect
from pinplan.records.journal import ActionOutcome
from tests.fakes import Answers, Crash, image_bytes
from tests.worlds import SmallWorld, findings, kinds


@pytest.fixture
def world() -> Iterator[SmallWorld]:
    made = SmallWorld()
    cats, dogs = made.board("Cats"), made.board("Dogs")
    section = made.section(cats, "Kittens")
    for title, board, at in (("One", cats, None), ("Two", cats, section), ("Dog", dogs, None)):
        made.pin(board, title, section_id=at)
    made.apply()
    made.mode(Mode.TWO_WAY)
    yield made
    made.close()


def pin_called(world: SmallWorld, title: str) -> PinId:
    return next(pin.id for pin in world.remote.pins_by_id.values() if pin.title == title)


def record_of(world: SmallWorld, title: str) -> Tracked:
    pin = pin_called(world, title)
    return next(record for record in world.state.base().tracked if record.pin_id == pin)


def board_called(world: SmallWorld, name: str) -> BoardId:
    return next(board.id for board in world.remote.boards_by_id.values() if board.name == name)


def move(world: SmallWorld, title: str, target: str) -> str:
    """Where it was."""
    old = record_of(world, title).path
    world.library.rename(old, target)
    return old


def place_of(world: SmallWorld, title: str) -> str:
    """Board and section of a pin on Pinterest."""
    pin = world.remote.pins_by_id[pin_called(world, title)]
    section = world.remote.sections_of[pin.board_id].get(pin.section_id or "")
    name = world.remote.boards_by_id[pin.board_id].name
    return f"{name}/{section.name}" if section else name


def with_privacy(world: SmallWorld, name: str, privacy: Privacy) -> None:
    board = world.remote.boards_by_id[board_called(world, name)]
    world.remote.boards_by_id[board.id] = replace(board, privacy=privacy)


def agree(world: SmallWorld) -> None:
    again = world.plan()
    assert (again.actions, again.findings) == ((), ())


@pytest.mark.promise("I23")
@pytest.mark.parametrize(
    ("title", "target", "place"),
    [
        ("One", "Dogs/one.jpg", "Dogs"),
        ("One", "Cats/Kittens/one.jpg", "Cats/Kittens"),
        ("Two", "Cats/two.jpg", "Cats"),
        ("Two", "Dogs/two.jpg", "Dogs"),
        ("Two", "dogs/TWO.jpg", "Dogs"),
    ],
)
def test_the_pin_follows_its_file_with_one_request(world, title, target, place):
    before = world.remote.pins_by_id[pin_called(world, title)]
    old = move(world, title, target)
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == (["move_remote"], [])
    world.remote.writes = 0
    assert world.apply(plan).complete
    assert (world.remote.writes, world.remote.posts, world.remote.deleted) == (1, 0, [])
    after = world.remote.pins_by_id[before.id]
    assert (place_of(world, title), after.images, after.title) == (place, before.images, title)
    record = record_of(world, title)
    assert (record.path, record.board_id, record.section_id) == (target, after.board_id, after.section_id)
    assert target in world.library.files
    agree(world)
    assert world.apply(world.undo()).complete
    assert world.remote.pins_by_id[before.id] == before
    assert record_of(world, title).path == old
    assert kinds(world.plan()) == ["move_remote"]


@pytest.mark.promise("I23")
def test_undo_after_the_file_was_moved_back_leaves_nothing_to_do(world):
    old = move(world, "One", "Dogs/one.jpg")
    world.apply()
    world.library.rename("Dogs/one.jpg", old)
    assert world.apply(world.undo()).complete
    agree(world)


@pytest.mark.promise("I7")
@pytest.mark.parametrize("mode", [Mode.ARCHIVE, Mode.MIRROR])
def test_archive_and_mirror_only_report_it(world, mode):
    move(world, "One", "Dogs/one.jpg")
    world.mode(mode)
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["moved_locally"])


@pytest.mark.parametrize("accepted", [False, True])
def test_a_move_that_waited_is_made_once_the_mode_lets_it(world, accepted):
    world.mode(Mode.ARCHIVE)
    move(world, "One", "Dogs/one.jpg")
    if accepted:
        assert world.apply(world.plan(scope=Scope(accept=("Dogs/*",)))).complete
        agree(world)
    world.mode(Mode.TWO_WAY)
    assert kinds(world.plan()) == ["move_remote"]
    assert world.apply().complete
    assert place_of(world, "One") == "Dogs"
    agree(world)


def test_an_accepted_file_is_moved_back_by_name(world):
    world.mode(Mode.ARCHIVE)
    move(world, "One", "Dogs/one.jpg")
    world.apply(world.plan(scope=Scope(accept=("Dogs/*",))))
    world.mode(Mode.TWO_WAY)
    assert kinds(world.plan(scope=Scope(restore=("Dogs/one.jpg",)))) == ["move_local"]
    assert world.apply(world.plan(scope=Scope(restore=("Dogs/one.jpg",)))).complete
    assert record_of(world, "One").path.startswith("Cats/One [")
    agree(world)


def test_an_accepted_file_of_an_image_that_is_offered_no_more_stays(world):
    world.mode(Mode.ARCHIVE)
    move(world, "One", "Dogs/one.jpg")
    world.apply(world.plan(scope=Scope(accept=("Dogs/*",))))
    world.mode(Mode.TWO_WAY)
    pin = world.remote.pins_by_id[pin_called(world, "One")]
    world.remote.pins_by_id[pin.id] = replace(pin, images=())
    assert world.plan(scope=Scope(restore=("Dogs/one.jpg",))).actions == ()


@pytest.mark.promise("I23")
@pytest.mark.parametrize("mode", list(Mode))
def test_moved_here_and_there_to_the_same_place_is_agreed(world, mode):
    world.mode(mode)
    move(world, "One", "Dogs/one.jpg")
    world.move_pin(pin_called(world, "One"), board_called(world, "Dogs"))
    plan = world.plan()
    assert [(a.reason, a.describe().effect) for a in plan.actions] == [
        ("moved_on_both_sides", f"record Dogs/one.jpg as the new path of {record_of(world, 'One').path}")
    ]
    world.remote.writes = 0
    assert world.apply(plan).complete
    assert world.remote.writes == 0
    assert record_of(world, "One").container == "Dogs"
    agree(world)


def test_a_file_accepted_where_its_pin_moves_later_gets_the_pins_place(world):
    world.mode(Mode.ARCHIVE)
    move(world, "One", "Dogs/one.jpg")
    world.apply(world.plan(scope=Scope(accept=("Dogs/*",))))
    world.mode(Mode.TWO_WAY)
    world.move_pin(pin_called(world, "One"), board_called(world, "Dogs"))
    plan = world.plan()
    assert [a.describe().effect for a in plan.actions] == ["record Dogs as the place of Dogs/one.jpg"]
    assert world.apply(plan).complete
    agree(world)


def test_moved_here_and_there_to_different_places_is_a_conflict(world):
    move(world, "One", "Dogs/one.jpg")
    world.move_pin(pin_called(world, "One"), board_called(world, "Cats"), record_of(world, "Two").section_id)
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["conflict"])


def test_a_folder_renamed_on_both_sides_is_agreed(world):
    old = record_of(world, "Dog").path
    world.library.rename(old, old.replace("Dogs/", "Hounds/"))
    world.rename_board(board_called(world, "Dogs"), "Hounds")
    plan = world.plan()
    assert kinds(plan) == ["relocate"]
    assert world.apply(plan).complete
    agree(world)


def test_a_file_in_the_old_folder_of_a_renamed_board_belongs_to_that_board(world):
    world.rename_board(board_called(world, "Dogs"), "Hounds")
    move(world, "One", "Dogs/one.jpg")
    for _ in range(3):
        assert world.apply().complete
    assert place_of(world, "One") == "Hounds"
    assert record_of(world, "One").path.startswith("Hounds/")
    agree(world)


def test_a_folder_that_two_boards_may_mean_says_nothing(world):
    cats, dogs = board_called(world, "Cats"), board_called(world, "Dogs")
    world.rename_board(cats, "Pets")
    world.rename_board(dogs, "Cats")
    old = record_of(world, "Dog").path
    world.library.rename(old, "Cats/dog.jpg")
    plan = world.plan()
    assert "move_remote" not in kinds(plan)
    assert not {a.pin_id for a in plan.actions} & {pin_called(world, "Dog")}


def test_deeper_folders_are_a_finding(world):
    move(world, "One", "Dogs/best/of all/one.jpg")
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["moved_locally"])


@pytest.mark.parametrize(
    ("template", "moved"),
    [("{board}/{section}/{created_at:%Y}/[{pin_id}]{slot}{ext}", True), ("{board}/[{pin_id}]{slot}{ext}", False)],
)
def test_only_folders_that_begin_with_board_and_section_say_where_a_pin_belongs(template, moved):
    world = SmallWorld()
    world.policies = replace(world.policies, template=template)
    cats, dogs = world.board("Cats"), world.board("Dogs")
    pin = world.pin(cats, "One", created_at="2025-01-01T00:00:00Z")
    world.pin(dogs, "Dog", created_at="2025-01-01T00:00:00Z")
    world.apply()
    world.mode(Mode.TWO_WAY)
    world.library.rename(world.path_of(pin), world.path_of(pin).replace("Cats/", "Dogs/"))
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ((["move_remote"], []) if moved else ([], ["moved_locally"]))
    if moved:
        world.apply(plan)
        agree(world)
    world.close()


@pytest.mark.promise("I10")
@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("whose", ["target", "source"])
def test_boards_of_others_are_left_alone_unless_they_are_named(world, whose, named):
    theirs = world.board("Theirs", owner="somebody")
    world.pin(theirs, "Ours there")
    world.apply()
    title, target = ("One", "Theirs/one.jpg") if whose == "target" else ("Ours there", "Dogs/x.jpg")
    move(world, title, target)
    if named:
        world.policies = replace(world.policies, written_of_others=("Theirs",))
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ((["move_remote"], []) if named else ([], ["blocked"]))
    assert all("name the board in [sync] write_to_boards_of_others" in one.message for one in plan.findings)
    assert world.apply(plan).complete
    assert ("Theirs" in place_of(world, title)) is (named == (whose == "target"))


@pytest.mark.promise("I10")
def test_a_pin_of_another_person_is_never_moved(world):
    pin = world.remote.pins_by_id[pin_called(world, "One")]
    world.remote.pins_by_id[pin.id] = replace(pin, is_owner=False)
    world.policies = replace(world.policies, written_of_others=("*",))
    move(world, "One", "Dogs/one.jpg")
    assert findings(world.plan()) == ["blocked"]


@pytest.mark.promise("I9")
def test_no_pin_is_moved_to_a_board_that_the_config_excludes(world):
    move(world, "One", "Dogs/one.jpg")
    plan = world.plan(exclude=("Dogs",))
    assert (kinds(plan), findings(plan)) == ([], ["blocked"])


def test_no_pin_is_moved_to_a_board_that_is_listed_no_more(world):
    move(world, "One", "Dogs/one.jpg")
    del world.remote.boards_by_id[board_called(world, "Dogs")]
    plan = world.plan()
    assert "move_remote" not in kinds(plan)
    assert "blocked" in findings(plan)


@pytest.mark.promise("I1")
@pytest.mark.parametrize("board", ["Cats", "Dogs"])
def test_a_listing_that_broke_moves_nothing(world, board):
    move(world, "One", "Dogs/one.jpg")
    world.remote.broken.add(board_called(world, board))
    plan = world.plan()
    assert kinds(plan) == []
    assert "unknown" in findings(plan)


def test_an_override_decides_for_its_board(world):
    world.policies = replace(world.policies, overrides=(BoardPolicy(board="Cats", moved_file=MovedFile.REPORT),))
    move(world, "One", "Dogs/one.jpg")
    move(world, "Dog", "Cats/dog.jpg")
    plan = world.plan()
    assert ([a.pin_id for a in plan.actions], findings(plan)) == ([pin_called(world, "Dog")], ["moved_locally"])


@pytest.mark.promise("I20")
@pytest.mark.parametrize("together", [False, True])
def test_a_carousel_moves_as_a_whole_or_not_at_all(world, together):
    pin = world.pin(board_called(world, "Cats"), "Three", slots=3)
    world.apply()
    for slot in (1, 2, 3) if together else (1, 2):
        path = world.path_of(pin, slot)
        world.library.rename(path, path.replace("Cats/", "Dogs/"))
    plan = world.plan()
    assert (kinds(plan), set(findings(plan))) == ((["move_remote"], set()) if together else ([], {"moved_locally"}))
    if together:
        assert world.apply(plan).complete
        agree(world)
        assert world.apply(world.undo()).complete
        assert place_of(world, "Three") == "Cats"


@pytest.mark.promise("I31")
def test_a_move_out_of_a_secret_board_is_marked_and_limited(world):
    for name, privacy in (("Cats", Privacy.SECRET), ("Dogs", Privacy.PUBLIC)):
        with_privacy(world, name, privacy)
    move(world, "One", "Dogs/one.jpg")
    plan = world.plan()
    (action,) = plan.actions
    assert isinstance(action, MoveRemote)
    assert action.becomes_public is True
    assert "its image becomes public" in action.describe().effect
    assert "becomes public" in action.describe().detail
    strict = world.plan(limits=Limits(made_public="0"), allow={})
    assert [(c.name, c.figure) for c in strict.checks if c.status == "fail"] == [("made-public", "1/3")]
    assert world.plan(limits=Limits(made_public="0"), allow={"made-public": 1}).applyable
    assert world.apply(plan).complete
    back = world.undo()
    assert [getattr(a, "becomes_public", None) for a in back.actions] == [UNSET]


@pytest.mark.promise("I31")
def test_what_the_plan_did_not_name_as_public_is_not_made_public(world):
    for name in ("Cats", "Dogs"):
        with_privacy(world, name, Privacy.SECRET)
    move(world, "One", "Dogs/one.jpg")
    plan = world.plan()
    assert [getattr(a, "becomes_public", None) for a in plan.actions] == [UNSET]
    with_privacy(world, "Dogs", Privacy.PUBLIC)
    assert world.apply(plan).count(ActionOutcome.STALE) == 1
    assert place_of(world, "One") == "Cats"


@pytest.mark.promise("I5")
def test_more_moves_than_the_limit_allows_stop_the_plan_and_the_apply():
    world = SmallWorld()
    cats, dogs = world.board("Cats"), world.board("Dogs")
    pins = [world.pin(cats, f"Cat {n}") for n in range(20)]
    world.pin(dogs, "Dog")
    world.apply()
    world.mode(Mode.TWO_WAY)
    for pin in pins[:11]:
        world.library.rename(world.path_of(pin), f"Dogs/{pin}.jpg")
    plan = world.plan(allow={})
    (failed,) = (check for check in plan.checks if check.status == "fail")
    assert (failed.name, failed.figure) == ("moves", "11/21")
    assert "11 of 21 pins would be moved on Pinterest (limit 30%, at least 10)." in failed.message
    assert "moves=11" in failed.message
    assert world.plan(allow={"moves": 11}).applyable
    loose = world.plan(limits=Limits(moves="100%"), allow={})
    assert loose.applyable
    with pytest.raises(SafetyStop):
        world.apply(world.sealed(replace(loose, policies=world.policies)))
    assert all(pin.board_id == cats for pin in world.remote.pins_by_id.values() if pin.title != "Dog")
    world.close()


@pytest.mark.promise("I10")
@pytest.mark.parametrize(
    "protect",
    [
        Protect(boards=("Dogs",)),
        Protect(boards=("Cats",)),
        Protect(globs=("Dogs/*",)),
        Protect(globs=("Cats/One*",)),
        Protect(kinds=("move_remote",)),
    ],
)
def test_what_is_protected_is_not_moved(world, protect):
    move(world, "One", "Dogs/one.jpg")
    loose = world.plan()
    plan = world.plan(protect=protect)
    assert (kinds(plan), findings(plan)) == ([], ["blocked"])
    with pytest.raises(SafetyStop):
        world.apply(world.sealed(replace(loose, policies=replace(loose.policies, protect=protect))))


@pytest.mark.promise("I12")
@pytest.mark.parametrize(
    "change", ["file gone", "file back", "edited", "pin moved", "pin gone", "board gone", "foreign"]
)
def test_what_changed_since_the_plan_is_not_moved(world, change):
    old = move(world, "One", "Dogs/one.jpg")
    plan, pin = world.plan(), pin_called(world, "One")
    match change:
        case "file gone":
            world.library.remove("Dogs/one.jpg")
        case "file back":
            world.library.rename("Dogs/one.jpg", old)
        case "edited":
            world.library.write("Dogs/one.jpg", image_bytes("something else"))
        case "pin moved":
            world.move_pin(pin, board_called(world, "Cats"), record_of(world, "Two").section_id)
        case "pin gone":
            del world.remote.pins_by_id[pin]
        case "board gone":
            del world.remote.boards_by_id[board_called(world, "Dogs")]
        case _:
            board = world.remote.boards_by_id[board_called(world, "Dogs")]
            world.remote.boards_by_id[board.id] = replace(board, owner="somebody")
    world.remote.writes = 0
    assert world.apply(plan).count(ActionOutcome.STALE) == 1
    assert world.remote.writes == 0


@pytest.mark.promise("I14")
def test_a_pin_that_is_there_already_is_done(world):
    move(world, "One", "Dogs/one.jpg")
    plan = world.plan()
    world.move_pin(pin_called(world, "One"), board_called(world, "Dogs"))
    world.remote.writes = 0
    assert world.apply(plan).complete
    assert world.remote.writes == 0
    agree(world)


@pytest.mark.promise("I14")
@pytest.mark.parametrize("answers", [Answers.LOST_BEFORE, Answers.LOST_AFTER])
def test_a_lost_answer_is_settled_by_a_look(world, answers):
    move(world, "One", "Dogs/one.jpg")
    plan = world.plan()
    world.remote.answers = answers
    assert world.apply(plan).complete is (answers is Answers.LOST_AFTER)
    world.remote.answers = Answers.COME
    assert world.apply(plan).complete
    agree(world)


def test_a_refusal_is_no_lost_answer(world):
    move(world, "One", "Dogs/one.jpg")
    plan, calls = world.plan(), []

    def refuse(*_: object) -> None:
        calls.append(world.remote.asked)
        raise ApiRefused("PATCH /pins/1", 403, 29, "no", None)

    world.remote.move_pin = refuse
    assert world.apply(plan).count(ActionOutcome.FAILED) == 1
    assert calls == [world.remote.asked]


def test_a_look_that_fails_leaves_it_failed(world):
    move(world, "One", "Dogs/one.jpg")
    plan = world.plan()
    world.remote.answers = Answers.LOST_AFTER
    look = world.remote.pin
    looks: list[PinId] = []

    def broken(pin_id: PinId) -> object:
        looks.append(pin_id)
        if len(looks) == 2:
            raise ApiRefused("GET /pins/1", 500, None, "no", None)
        return look(pin_id)

    world.remote.pin = broken
    assert world.apply(plan).count(ActionOutcome.FAILED) == 1


@pytest.mark.promise("I14")
def test_a_crash_around_the_request_is_made_good(world):
    move(world, "One", "Dogs/one.jpg")
    plan = world.plan()
    for moment in (1, 2):
        world.effects.count, world.effects.crash_at = 0, moment
        with pytest.raises(Crash):
            world.apply(plan)
        world.restart()
    assert world.apply(plan).complete
    agree(world)


def test_selectors_take_the_place_of_the_pin(world):
    move(world, "One", "Dogs/one.jpg")
    assert kinds(world.plan(scope=Scope(targets=("Cats",)))) == ["move_remote"]
    assert kinds(world.plan(scope=Scope(excludes=("Cats",)))) == []


def test_two_files_for_one_pin_move_nothing(world: SmallWorld):
    old = move(world, "One", "Dogs/one.jpg")
    world.library.write("Dogs/two.jpg", world.library.files["Dogs/one.jpg"])
    plan: Plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["conflict"])
    assert old not in world.library.files


def test_one_file_moves_one_pin_only(world: SmallWorld):
    cats = board_called(world, "Cats")
    pins = [world.pin(cats, title, shown="same") for title in ("A", "B")]
    world.policies = replace(world.policies, duplicates=Duplicates(remove=Remove.OFF))
    world.apply()
    data = world.library.files[world.path_of(pins[0])]
    for pin in pins:
        world.library.remove(world.path_of(pin))
    world.library.write("Dogs/x.jpg", data)
    assert findings(world.plan()) == ["conflict", "conflict"]
    plan = world.plan(scope=Scope(accept=("Dogs/x.jpg",)))
    assert (kinds(plan), findings(plan)) == (["move_remote"], ["conflict"])


@pytest.mark.promise("I10")
@pytest.mark.promise("I11")
def test_a_plan_that_the_config_does_not_allow_any_more_changes_no_board_of_others(world):
    theirs = world.board("Theirs", owner="somebody")
    world.pin(theirs, "There")
    world.apply()
    move(world, "One", "Theirs/one.jpg")
    named = replace(world.policies, written_of_others=("Theirs",))
    plan = world.plan(written_of_others=("Theirs",))
    with pytest.raises(SafetyStop, match="no rule allows changing it"):
        world.apply(plan, ExecutorOptions(policies=world.policies))
    assert world.apply(plan, ExecutorOptions(policies=named)).complete

"""A folder without a board gets one, if pictures in it are uploaded or pins move there; nothing else makes a board or section."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from msgspec.structs import replace

from pinplan.actions.contexts import PlaceWanted
from pinplan.apply.executor import ExecutorOptions
from pinplan.apply.places import PlaceCreator, check_place, unconfirmed_place
from pinplan.errors import ApiRefused, ConfigError, CreatePending, SafetyStop, Unconfirmed
from pinplan.model.ids import ActionId, PinId, RunId
from pinplan.model.pins import Privacy
from pinplan.model.scopes import WRITE_PINS
from pinplan.plan.document import Plan, Scope, kind_of
from pinplan.policies.bundle import BoardPolicy
from pinplan.policies.limits import Limits
from pinplan.policies.mode import Mode, MovedFile, NewPicture
from pinplan.policies.protect import Protect
from pinplan.policies.uploads import NewBoards, Uploads
from pinplan.records.journal import ActionOutcome
from tests.fakes import Answers, Crash, image_bytes
from tests.worlds import SmallWorld, findings, kinds


@pytest.fixture
def world() -> Iterator[SmallWorld]:
    """Boards Cats, with the section Kittens, and Dogs; the library publishes."""
    made = SmallWorld()
    cats, dogs = made.board("Cats"), made.board("Dogs")
    section = made.section(cats, "Kittens")
    for title, board, at in (("One", cats, None), ("Two", cats, None), ("Small", cats, section), ("Dog", dogs, None)):
        made.pin(board, title, section_id=at)
    made.apply()
    publish(made)
    yield made
    made.close()


def publish(world: SmallWorld, mode: Mode = Mode.PUBLISH, **conditions: Any) -> None:
    world.mode(mode)
    world.policies = replace(
        world.policies, new_file=NewPicture.UPLOAD, uploads=Uploads(**({"own_content": True} | conditions))
    )


def put(world: SmallWorld, *paths: str) -> None:
    for path in paths:
        world.library.write(path, image_bytes(path.rpartition("/")[2].replace(" ", "_")))


def pin_called(world: SmallWorld, title: str) -> PinId:
    return next(pin.id for pin in world.remote.pins_by_id.values() if pin.title == title)


def move(world: SmallWorld, title: str, folder: str) -> PinId:
    pin_id = pin_called(world, title)
    path = world.path_of(pin_id)
    world.library.rename(path, f"{folder}/{path.rpartition('/')[2]}")
    return pin_id


def places(world: SmallWorld) -> dict[str, set[str]]:
    """Names of boards, each with those of its sections."""
    sections = world.remote.sections_of
    return {one.name: {s.name for s in sections[one.id].values()} for one in world.remote.boards_by_id.values()}


def place_of(world: SmallWorld, title: str) -> tuple[str, str | None]:
    pin = world.remote.pins_by_id[pin_called(world, title)]
    section = world.remote.sections_of[pin.board_id].get(pin.section_id) if pin.section_id else None
    return world.remote.boards_by_id[pin.board_id].name, section.name if section else None


def said(plan: Plan) -> list[str]:
    return [one.message for one in plan.findings]


def agree(world: SmallWorld) -> None:
    again = world.plan()
    assert (kinds(again), findings(again)) == ([], [])


BEFORE = {"Cats": {"Kittens"}, "Dogs": set()}
UPLOADS = [
    ("Birds/owl.jpg", ["create_board"], {"Birds": set()}, ("Birds", None)),
    ("Birds/Night/owl.jpg", ["create_board", "create_section"], {"Birds": {"Night"}}, ("Birds", "Night")),
    ("Dogs/Puppies/owl.jpg", ["create_section"], {"Dogs": {"Puppies"}}, ("Dogs", "Puppies")),
    ("Cats/Tom cats/owl.jpg", ["create_section"], {"Cats": {"Kittens", "Tom cats"}}, ("Cats", "Tom cats")),
]


@pytest.mark.promise("I31")
@pytest.mark.promise("I23")
@pytest.mark.parametrize(("path", "made", "after", "place"), UPLOADS)
def test_a_folder_with_new_pictures_gets_its_board_and_section(world, path, made, after, place):
    put(world, path)
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([*made, "upload"], [])
    ids = [action.id for action in plan.actions]
    # The section needs the board, the upload the place that it comes to.
    assert [set(action.requires) for action in plan.actions] == [set(), *({one} for one in ids[:-1])]
    assert all(not action.reversible for action in plan.actions[:-1])
    assert [action.reason for action in plan.actions[:-1]] == [one.replace("create", "folder_without") for one in made]
    assert world.apply(plan).complete
    assert (places(world), place_of(world, "owl")) == (BEFORE | after, place)
    new = world.remote.pins_by_id[pin_called(world, "owl")].id
    assert world.path_of(new) == f"{path.removesuffix('.jpg')} [{new}].jpg"
    agree(world)


@pytest.mark.promise("I31")
def test_nothing_is_put_on_a_board_that_came_out_public(world, monkeypatch):
    put(world, "Birds/owl.jpg")
    plan = world.plan()
    create, pins = world.remote.create_board, len(world.remote.pins_by_id)
    monkeypatch.setattr(world.remote, "create_board", lambda name, _privacy: create(name, Privacy.PUBLIC))
    for _ in range(2):  # nor by the same plan again
        assert not world.apply(plan).complete
        assert len(world.remote.pins_by_id) == pins
    (board,) = (board for board in world.remote.boards_by_id.values() if board.name == "Birds")
    world.remote.boards_by_id[board.id] = replace(board, privacy=Privacy.SECRET)
    assert world.apply(plan).complete
    assert len(world.remote.pins_by_id) == pins + 1
    agree(world)


@pytest.mark.promise("I23")
@pytest.mark.parametrize(("path", "made", "after", "place"), UPLOADS)
@pytest.mark.parametrize("mode", [Mode.TWO_WAY, Mode.PUBLISH])
def test_a_folder_with_moved_files_gets_its_board_and_section(world, mode, path, made, after, place):
    world.mode(mode)
    pin_id = move(world, "One", path.rpartition("/")[0])
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([*made, "move_remote"], [])
    assert world.apply(plan).complete
    assert (places(world), place_of(world, "One")) == (BEFORE | after, place)
    record = next(record for record in world.state.base().tracked if record.pin_id == pin_id)
    pin = world.remote.pins_by_id[pin_id]
    assert (record.board_id, record.section_id) == (pin.board_id, pin.section_id)
    agree(world)


@pytest.mark.parametrize("privacy", NewBoards)
def test_a_new_board_is_secret_unless_the_config_says_otherwise_and_the_plan_says_which(world, privacy):
    publish(world, new_boards=privacy)
    put(world, "Birds/owl.jpg", "Birds/jay.jpg")
    create = world.plan().actions[0]
    told = create.describe()
    assert (told.subject, told.detail) == ("Birds", f"{privacy.value} board, for 2 files here")
    assert told.effect.endswith("undo does not delete it")
    assert world.apply().complete
    made = next(board for board in world.remote.boards_by_id.values() if board.name == "Birds")
    assert made.privacy is privacy.privacy


@pytest.mark.promise("I31")
def test_what_moves_from_a_secret_board_to_a_new_public_one_becomes_public(world):
    for board in list(world.remote.boards_by_id.values()):
        world.remote.boards_by_id[board.id] = replace(board, privacy=Privacy.SECRET)
    move(world, "One", "Birds")
    secret = world.plan()
    assert [action.makes_public for action in secret.actions] == [False, False]
    public = world.plan(uploads=Uploads(own_content=True, new_boards=NewBoards.PUBLIC))
    assert [action.makes_public for action in public.actions] == [False, True]
    assert "made-public" in [check.name for check in public.checks]


@pytest.mark.promise("I31")
def test_a_public_board_is_not_created_where_the_config_wants_secret_ones(world):
    put(world, "Birds/owl.jpg")
    plan = world.plan(uploads=Uploads(own_content=True, new_boards=NewBoards.PUBLIC))
    with pytest.raises(SafetyStop, match="public board"):
        world.apply(plan, ExecutorOptions(policies=world.policies))
    forged = world.sealed(replace(plan, policies=world.policies))
    with pytest.raises(SafetyStop, match="public board"):
        world.apply(forged)
    assert places(world) == BEFORE


@pytest.mark.promise("I31")
@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("Birds/note.txt", None),
        (
            "Birds/Night/Late/owl.jpg",
            "1 picture is not uploaded: no board has this folder, and none is created: the pictures lie deeper",
        ),
        ("section 12/owl.jpg", "its name is one that pinplan gives"),
        ("Birds [12]/owl.jpg", "its name is one that pinplan gives"),
        ("Two  spaces/owl.jpg", "a board of this name would have another folder"),
        ("Birds:/owl.jpg", "a board of this name would have another folder"),
        ("b" * 181 + "/owl.jpg", "its name is longer than 180 characters"),
        ("owl.jpg", None),
        ("CATS/owl.jpg", "-"),
    ],
)
def test_what_makes_no_board(world, path, why):
    put(world, path)
    plan = world.plan()
    assert not {"create_board", "create_section"} & set(kinds(plan))
    if why is not None and why != "-":
        assert len(said(plan)) == 1
        assert why in said(plan)[0]


def test_pictures_too_deep_in_a_board_make_no_section(world):
    put(world, "Dogs/Puppies/Late/owl.jpg")
    assert kinds(world.plan()) == []
    put(world, "Dogs/Puppies/jay.jpg")
    plan = world.plan()
    assert kinds(plan) == ["create_section", "upload"]
    assert "is not the folder of a board or section on Pinterest" in said(plan)[0]


def test_two_spellings_of_one_folder_make_one_board(world):
    put(world, "Birds/owl.jpg", "birds/jay.jpg", "Birds/Night/a.jpg", "birds/night/b.jpg")
    plan = world.plan()
    assert kinds(plan) == ["create_board", "create_section", *["upload"] * 4]
    assert world.apply(plan).complete
    assert places(world) == BEFORE | {"Birds": {"Night"}}


@pytest.mark.parametrize("mode", [Mode.ARCHIVE, Mode.MIRROR])
def test_archive_and_mirror_create_nothing(world, mode):
    world.policies = replace(world.policies, new_file=NewPicture.REPORT)
    world.mode(mode)
    put(world, "Birds/owl.jpg")
    move(world, "One", "Best")
    assert kinds(world.plan()) == ["relocate"]
    assert world.apply().complete
    publish(world, Mode.TWO_WAY)
    # Accepted where it is, and still seen as moved once the mode lets it.
    assert kinds(world.plan()) == ["create_board", "create_board", "upload", "move_remote"]


@pytest.mark.parametrize("change", ["report", "excluded", "not own", "day", "closed scope"])
def test_a_board_to_which_nothing_comes_is_not_created(world, change):
    put(world, "Birds/owl.jpg")
    cases: dict[str, dict[str, Any]] = {
        "report": {"overrides": (BoardPolicy(board="Birds", new_file=NewPicture.REPORT),)},
        "excluded": {"exclude": ("Birds",)},
        "not own": {"uploads": Uploads()},
        "day": {"uploads": Uploads(own_content=True, per_day=0)},
        "closed scope": {"scope": Scope(excludes=("Birds/*",))},
    }
    assert kinds(world.plan(**cases[change])) == []


def test_an_override_decides_for_the_board_that_is_left(world):
    world.policies = replace(world.policies, overrides=(BoardPolicy(board="Cats", moved_file=MovedFile.REPORT),))
    move(world, "One", "Best")
    assert kinds(world.plan()) == ["relocate"]
    move(world, "Dog", "Best")
    world.library.write("Dogs/note.txt", b"stays")
    # The board is created for the pin of the one; that of the other stays where it is.
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == (["create_board", "move_remote"], ["moved_locally"])
    assert world.apply(plan).complete
    assert (kinds(world.plan()), findings(world.plan())) == ([], ["moved_locally"])


@pytest.mark.promise("I10")
@pytest.mark.parametrize(
    "protect",
    [
        Protect(boards=("Birds",)),
        Protect(kinds=("create_board",)),
        Protect(kinds=("upload",)),
        Protect(globs=("Birds/*",)),
    ],
)
def test_what_is_protected_gets_no_board(world, protect):
    put(world, "Birds/owl.jpg")
    plan = world.plan(protect=protect)
    assert kinds(plan) == []
    assert set(findings(plan)) == {"blocked"}


@pytest.mark.promise("I10")
def test_a_board_of_others_gets_a_section_only_if_it_is_named(world):
    dogs = next(one for one in world.remote.boards_by_id.values() if one.name == "Dogs")
    world.remote.boards_by_id[dogs.id] = replace(dogs, owner="somebody")
    put(world, "Dogs/Puppies/owl.jpg")
    move(world, "One", "Dogs/Puppies")
    plan = world.plan()
    assert not {"create_section", "upload", "move_remote"} & set(kinds(plan))
    named = world.plan(written_of_others=("Dogs",))
    assert kinds(named) == ["create_section", "move_remote", "upload"]
    with pytest.raises(SafetyStop):
        world.apply(world.sealed(replace(named, policies=world.policies)))
    assert world.apply(named).complete
    assert place_of(world, "One") == ("Dogs", "Puppies")


@pytest.mark.promise("I1")
@pytest.mark.parametrize("why", ["boards", "broken", "sections", "section"])
def test_what_could_not_be_seen_is_not_created_again(world, why):
    put(world, "Birds/owl.jpg", "Dogs/Puppies/jay.jpg")
    dogs = next(one.id for one in world.remote.boards_by_id.values() if one.name == "Dogs")
    if why == "boards":
        world.remote.odd_boards = [1]
    elif why == "broken":
        world.remote.broken.add(dogs)
    elif why == "section":
        world.remote.odd_sections[dogs] = [1]
    else:

        def refuse(*_: object) -> None:
            raise ApiRefused("GET /boards/1/sections", 500, None, "no", None)

        world.remote.sections = refuse
    made = {kind_of(one): one.address for one in world.plan().actions}
    assert ("create_board" in made) is (why != "boards")
    assert "create_section" not in made


@pytest.mark.promise("I5")
def test_too_many_new_boards_stop_the_plan(world):
    put(world, *(f"New {n}/{n}.jpg" for n in range(11)))
    plan = world.plan(allow={})
    assert [(check.name, check.figure) for check in plan.checks if check.status.value == "fail"] == [
        ("new-boards", "11")
    ]
    with pytest.raises(SafetyStop):
        world.apply(plan)
    assert world.plan(allow={"new-boards": 11}).applyable
    strict = replace(world.policies, limits=Limits(new_places=3))
    wide = world.plan(allow={}, limits=Limits(new_places=20))
    assert wide.applyable
    with pytest.raises(SafetyStop):
        world.apply(wide, ExecutorOptions(policies=strict))


@pytest.mark.promise("I12")
@pytest.mark.parametrize("path", ["Birds/owl.jpg", "Dogs/Puppies/owl.jpg"])
@pytest.mark.parametrize("change", ["created there", "files gone", "board gone", "foreign"])
def test_what_changed_since_the_plan_is_not_created(world, path, change):
    put(world, path)
    plan = world.plan()
    dogs = next(one for one in world.remote.boards_by_id.values() if one.name == "Dogs")
    if change == "created there":
        if path.startswith("Birds"):
            world.board("birds")
        else:
            world.section(dogs.id, "puppies")
    elif change == "files gone":
        world.library.remove(path)
    elif path.startswith("Birds"):
        return
    elif change == "foreign":
        world.remote.boards_by_id[dogs.id] = replace(dogs, owner="somebody")
    else:
        del world.remote.boards_by_id[dogs.id]
    world.remote.posts = 0
    result = world.apply(plan)
    assert (result.count(ActionOutcome.STALE), result.count(ActionOutcome.SKIPPED)) == (1, 1)
    assert world.remote.posts == 0


@pytest.mark.promise("I29")
@pytest.mark.parametrize(("path", "made", "after", "place"), UPLOADS)
@pytest.mark.parametrize("answers", [Answers.LOST_BEFORE, Answers.LOST_AFTER])
def test_a_lost_answer_creates_nothing_twice(world, path, made, after, place, answers):
    put(world, path)
    plan = world.plan()
    world.remote.answers = answers
    result = world.apply(plan)
    world.remote.answers = Answers.COME
    if answers is Answers.LOST_AFTER:
        assert result.complete
        assert places(world) == BEFORE | after
        assert world.remote.posts == len(plan.actions)
        agree(world)
        return
    assert (result.count(ActionOutcome.UNCONFIRMED), world.remote.posts) == (1, 1)
    assert world.clock.waited <= 121
    again = world.plan()
    assert (kinds(again), findings(again)[-1]) == ([], "unconfirmed")
    assert world.apply(plan).count(ActionOutcome.UNCONFIRMED) == 1
    assert (world.remote.posts, places(world)) == (1, BEFORE)


@pytest.mark.promise("I29")
@pytest.mark.parametrize(("path", "made", "after", "place"), UPLOADS)
def test_what_is_listed_later_is_used_and_not_created_again(world, path, made, after, place):
    put(world, path)
    plan = world.plan()
    world.remote.hides_created, world.remote.answers = True, Answers.LOST_AFTER
    assert world.apply(plan).count(ActionOutcome.UNCONFIRMED) == 1
    world.remote.hides_created, world.remote.answers = False, Answers.COME
    assert [kind for kind in kinds(world.plan()) if kind.startswith("create")] == []
    assert "unconfirmed" in findings(world.plan())
    world.remote.unlisted.clear()
    fresh = world.plan()
    assert kinds(fresh) == [*made[1:], "upload"]
    assert world.apply(fresh).complete
    assert places(world) == BEFORE | after
    agree(world)


@pytest.mark.promise("I29")
def test_a_board_that_was_created_and_is_not_listed_yet_is_not_created_again(world):
    put(world, "Birds/owl.jpg")
    plan = world.plan()
    world.remote.hides_created = True

    def refuse(*_: object) -> None:
        raise ApiRefused("POST /pins", 400, 1, "no", None)

    create_pin, world.remote.create_pin = world.remote.create_pin, refuse
    assert not world.apply(plan).complete
    world.remote.create_pin, world.remote.hides_created = create_pin, False
    again = world.plan()
    assert (kinds(again), sorted(findings(again))) == ([], ["new_here", "unknown"])
    made = next(one.id for one in world.remote.boards_by_id.values() if one.name == "Birds")
    real = world.remote.board
    world.remote.board = refuse
    assert kinds(world.plan()) == []
    world.remote.board = real
    del world.remote.boards_by_id[made]
    assert kinds(world.plan()) == ["create_board", "upload"]


@pytest.mark.promise("I14")
@pytest.mark.promise("I29")
@pytest.mark.parametrize(("path", "made", "after", "place"), UPLOADS)
@pytest.mark.parametrize("moved", [False, True])
def test_a_crash_at_every_effect_is_made_good(world, path, made, after, place, moved):
    if moved:
        move(world, "One", path.rpartition("/")[0])
    else:
        put(world, path)
    plan = world.plan()
    for moment in range(1, 12):
        world.effects.count, world.effects.crash_at = 0, moment
        with suppress(Crash):
            world.apply(plan)
        world.restart()
        nothing_was_created(world)
    assert world.apply(plan).complete
    assert places(world) == BEFORE | after
    assert sum(pin.title == "owl" for pin in world.remote.pins_by_id.values()) == (not moved)
    agree(world)


def nothing_was_created(world: SmallWorld) -> None:
    """A person looks at Pinterest for what is unconfirmed."""
    at, remote = "2026-01-01T00:00:00Z", world.remote
    there = {*(one.name for one in remote.boards_by_id.values())}
    there |= {section.name for of_board in remote.sections_of.values() for section in of_board.values()}
    for place in world.state.places.pending():
        if place.intent.name not in there:
            world.state.resolve_place(place, None, at)
    for create in world.state.creates.pending():
        if create.created is None and all(pin.title != create.intent.pin.title for pin in remote.pins_by_id.values()):
            world.state.resolve(create, None, at)


@pytest.mark.parametrize(("path", "made", "after", "place"), UPLOADS)
@pytest.mark.parametrize("moved", [False, True])
def test_undo_takes_the_pins_back_and_leaves_the_board(world, path, made, after, place, moved):
    if moved:
        move(world, "One", path.rpartition("/")[0])
    else:
        put(world, path)
    assert world.apply().complete
    back = world.undo()
    assert findings(back) == ["not_undone"] * len(made)
    assert all("pinplan deletes no board and no section" in message for message in said(back))
    assert kinds(back) == (["move_remote"] if moved else ["move_local", "delete_remote"])
    assert world.apply(back).complete
    assert places(world) == BEFORE | after
    assert pin_called(world, "One")


def test_an_upload_that_is_unconfirmed_in_a_new_board_is_confirmed_there(world):
    put(world, "Birds/owl.jpg")
    plan = world.plan()
    real = world.remote.create_pin

    def lost(*arguments: Any) -> Any:
        world.remote.answers, world.remote.hides_created = Answers.LOST_AFTER, True
        try:
            return real(*arguments)
        finally:
            world.remote.answers, world.remote.hides_created = Answers.COME, False

    world.remote.create_pin = lost
    assert world.apply(plan).count(ActionOutcome.UNCONFIRMED) == 1
    world.remote.create_pin = real
    world.remote.hidden.clear()
    again = world.plan()
    assert kinds(again) == ["confirm_create"]
    assert world.apply(again).complete
    record = next(one for one in world.state.base().tracked if one.container == "Birds")
    assert record.board_id in world.remote.boards_by_id
    agree(world)


def test_a_board_renamed_there_as_well_is_a_conflict_and_no_new_board(world):
    for path in [path for path in world.library.files if path.startswith("Dogs/")]:
        world.library.rename(path, path.replace("Dogs/", "Hounds/"))
    dogs = next(one.id for one in world.remote.boards_by_id.values() if one.name == "Dogs")
    world.rename_board(dogs, "Doggies")
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["conflict"])


def test_a_section_moved_to_another_board_is_created_there_and_its_pins_move(world):
    for path in [path for path in world.library.files if path.startswith("Cats/Kittens/")]:
        world.library.rename(path, path.replace("Cats/", "Dogs/"))
    plan = world.plan()
    assert kinds(plan) == ["create_section", "move_remote"]
    assert world.apply(plan).complete
    assert place_of(world, "Small") == ("Dogs", "Kittens")
    agree(world)


def test_an_empty_section_that_is_there_is_used(world):
    """The sections of a board without pins in one are listed only for those who ask."""
    dogs = next(one.id for one in world.remote.boards_by_id.values() if one.name == "Dogs")
    world.section(dogs, "Puppies")
    world.mode(Mode.TWO_WAY)
    move(world, "One", "Dogs/Puppies")
    plan = world.plan()
    assert kinds(plan) == ["move_remote"]
    assert world.apply(plan).complete
    agree(world)


def test_a_folder_whose_board_is_gone_gets_none(world):
    """Its files are on record: the board was made by a person, and deleted by one."""
    dogs = next(one.id for one in world.remote.boards_by_id.values() if one.name == "Dogs")
    del world.remote.boards_by_id[dogs]
    put(world, "Dogs/owl.jpg")
    assert "create_board" not in kinds(world.plan())


@pytest.mark.parametrize("target", ["Birds", "Birds/owl.jpg", "Birds/*"])
def test_a_target_in_a_new_board_brings_its_create_along(world, target):
    put(world, "Birds/owl.jpg", "Reptiles/gecko.jpg")
    plan = world.plan(scope=Scope(targets=(target,)))
    assert kinds(plan) == ["create_board", "upload"]
    assert world.plan(scope=Scope(excludes=("Birds",))).actions[0].address == "Reptiles"


def test_a_refusal_is_no_lost_answer(world):
    put(world, "Birds/owl.jpg")
    plan = world.plan()

    def refuse(*_: object) -> None:
        raise ApiRefused("POST /boards", 400, 1, "The board name is invalid or duplicated.", None)

    real = world.remote.create_board
    world.remote.create_board = refuse
    result = world.apply(plan)
    assert (result.count(ActionOutcome.FAILED), result.count(ActionOutcome.SKIPPED)) == (1, 1)
    world.remote.create_board = real
    assert world.apply(plan).complete
    agree(world)


def test_a_secret_board_needs_the_scopes_for_secret_boards(world):
    put(world, "Birds/owl.jpg")
    world.remote.granted = WRITE_PINS
    plan = world.plan()
    assert [message for message in said(plan) if "boards:write_secret" in message and "pins:write_secret" in message]
    result = world.apply(plan)
    assert result.count(ActionOutcome.SKIPPED) == 2
    assert world.remote.posts == 0
    public = world.plan(uploads=Uploads(own_content=True, new_boards=NewBoards.PUBLIC))
    assert findings(public) == []
    assert world.apply(public).complete


@pytest.mark.promise("I14")
def test_a_create_whose_receipt_was_lost_is_not_done_again(world, monkeypatch):
    put(world, "Birds/Night/owl.jpg")
    plan = world.plan()

    def crash(*_: object) -> None:
        raise Crash

    for _ in range(2):
        monkeypatch.setattr(world.state, "record", crash)
        with pytest.raises(Crash):
            world.apply(plan)
        monkeypatch.undo()
        world.restart()
    assert world.apply(plan).complete
    assert (world.remote.posts, places(world)) == (3, BEFORE | {"Birds": {"Night"}})


def test_a_board_that_is_gone_again_gets_no_pin(world, monkeypatch):
    move(world, "One", "Birds")
    plan = world.plan()
    real = world.remote.create_board

    def gone_at_once(*arguments: Any) -> Any:
        made = real(*arguments)
        del world.remote.boards_by_id[made.id]
        return made

    monkeypatch.setattr(world.remote, "create_board", gone_at_once)
    result = world.apply(plan)
    assert (result.count(ActionOutcome.DONE), result.count(ActionOutcome.STALE)) == (1, 1)


@pytest.mark.promise("I29")
@pytest.mark.promise("I31")
@pytest.mark.parametrize(
    ("path", "method", "lie"),
    [
        ("Birds/owl.jpg", "create_board", "another board"),
        ("Birds/owl.jpg", "create_board", "another board, unlisted"),
        ("Birds/owl.jpg", "create_board", "another name"),
        ("Cats/Tom cats/owl.jpg", "create_section", "another section"),
        ("Dogs/Puppies/owl.jpg", "create_section", "another section"),
        ("Dogs/Puppies/owl.jpg", "create_section", "another name"),
    ],
)
def test_an_answer_that_names_another_board_or_section_is_not_believed(world, monkeypatch, path, method, lie):
    put(world, path)
    plan = world.plan()
    kittens = next(record for record in world.state.base().tracked if record.section_id is not None)
    other = kittens.board_id if method == "create_board" else kittens.section_id
    real = getattr(world.remote, method)
    if lie.endswith("unlisted"):
        world.remote.unlisted.add(other)

    def lies(*arguments: Any) -> Any:
        made = real(*arguments)
        return replace(made, id="4242", name="Elsewhere") if lie == "another name" else replace(made, id=other)

    monkeypatch.setattr(world.remote, method, lies)
    assert world.apply(plan).complete
    world.remote.unlisted.clear()
    (record,) = world.state.places.all()
    assert record.created not in {"4242", other}
    assert place_of(world, "owl") == (path.split("/")[0], path.split("/")[1] if path.count("/") > 1 else None)
    monkeypatch.undo()
    agree(world)


@pytest.mark.promise("I29")
def test_another_run_does_not_create_what_is_unconfirmed(world):
    wanted = PlaceWanted(name="Birds", container="Birds", privacy=Privacy.SECRET)
    one, other = (PlaceCreator(RunId(name), world.state.places, world.remote, world.clock) for name in ("a", "b"))
    world.remote.answers = Answers.LOST_BEFORE
    with pytest.raises(Unconfirmed):
        one.create(ActionId("0001"), wanted)
    world.remote.answers = Answers.COME
    with pytest.raises(CreatePending, match="action 0001 of run a"):
        other.create(ActionId("0001"), replace(wanted, name="birds", container="birds"))
    assert world.remote.posts == 1


@pytest.mark.promise("I29")
@pytest.mark.parametrize("path", ["Birds/owl.jpg", "Dogs/Puppies/owl.jpg"])
def test_a_persons_word_is_compared_with_pinterest(world, path):
    put(world, path)
    world.remote.answers, world.remote.hides_created = Answers.LOST_AFTER, True
    world.apply()
    world.remote.answers, world.remote.hides_created = Answers.COME, False
    (record,) = world.state.places.pending()
    assert unconfirmed_place(world.state.places, record.run, record.action) == record
    assert unconfirmed_place(world.state.places, record.run, ActionId("0009")) is None
    check_place(world.remote, record, None)
    (made,) = world.remote.unlisted
    with pytest.raises(ConfigError, match=f"{record.thing} 1 does not exist"):
        check_place(world.remote, record, "1")
    if record.thing == "board":
        # Not listed yet, and there: a board can be asked for by its id.
        check_place(world.remote, record, made)
        with pytest.raises(ConfigError, match="was there before anything was sent"):
            check_place(world.remote, record, record.intent.before[0])
    world.remote.unlisted.clear()
    check_place(world.remote, record, made)
    with pytest.raises(ConfigError, match=f"it is now listed as {made}"):
        check_place(world.remote, record, None)


def test_a_moved_file_is_no_new_picture(world):
    move(world, "One", "Best")
    plan = world.plan(moved_file=MovedFile.REPORT)
    assert (kinds(plan), findings(plan)) == (["relocate"], [])


def test_a_picture_whose_board_may_exist_already_waits(world):
    put(world, "Birds/owl.jpg", "Reptiles [12]/gecko.jpg")
    world.remote.answers = Answers.LOST_BEFORE
    world.apply()
    world.remote.answers = Answers.COME
    assert sorted(said(world.plan()))[:2] == [
        "1 picture is not uploaded: no board has this folder, and none is created: its name is one that pinplan gives",
        "1 picture is not uploaded: no board has this folder, and one may have been created already",
    ]


def test_an_excluded_folder_without_a_board_is_no_difference(world):
    put(world, "Reptiles [12]/gecko.jpg", "Birds/owl.jpg")
    plan = world.plan(scope=Scope(excludes=("Reptiles [[]12]",)))
    assert (kinds(plan), findings(plan)) == (["create_board", "upload"], [])

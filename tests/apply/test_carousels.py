"""A folder with a file called ``.pin`` becomes one pin; its files are tracked as those of a downloaded carousel."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.actions import UploadCarousel
from pinplan.apply.executor import ExecutorOptions
from pinplan.errors import SafetyStop
from pinplan.model.ids import BoardId, PinId
from pinplan.plan.document import Plan
from pinplan.policies.limits import Limits
from pinplan.policies.mode import Mode
from pinplan.policies.protect import Protect
from pinplan.policies.uploads import Uploads
from tests.fakes import Answers, Crash, image_bytes
from tests.worlds import SmallWorld, findings, kinds

TRIP = "Cats/Trip"


@pytest.fixture
def studio(world: SmallWorld) -> SmallWorld:
    """Board Cats with one pin; the library publishes."""
    world.pin(world.board("Cats"), "Old")
    world.apply()
    world.mode(Mode.PUBLISH)
    world.policies = replace(world.policies, uploads=Uploads(own_content=True))
    return world


def put(world: SmallWorld, *names: str, folder: str = TRIP, mark: bool = True) -> None:
    for name in names:
        world.library.write(f"{folder}/{name}", image_bytes(name))
    if mark:
        world.library.write(f"{folder}/.pin", b"")


def cats(world: SmallWorld) -> BoardId:
    return next(iter(world.remote.boards_by_id))


def pin_called(world: SmallWorld, title: str) -> PinId:
    return next(pin.id for pin in world.remote.pins_by_id.values() if pin.title == title)


def said(plan: Plan) -> list[tuple[str, str]]:
    return [(one.kind.value, one.message) for one in plan.findings]


def settled(world: SmallWorld) -> bool:
    again = world.plan()
    return (kinds(again), findings(again)) == ([], [])


@pytest.mark.promise("I31")
def test_a_marked_folder_becomes_one_pin(studio):
    put(studio, "1.jpg", "2~png.webp", "3.jpg")
    studio.library.write(f"{TRIP}/1.jpg.xmp", b"stars")
    plan = studio.plan()
    assert (kinds(plan), said(plan)) == (["upload_carousel"], [])
    (action,) = plan.actions
    assert isinstance(action, UploadCarousel)
    assert (action.address, action.sent_as) == (TRIP, "JPEG")
    assert studio.apply(plan).complete
    made = pin_called(studio, "Trip")
    assert [image.slot for image in studio.remote.pins_by_id[made].images] == [1, 2, 3]
    assert sorted(path for path in studio.library.files if "Trip" in path) == [
        f"Cats/Trip [{made}]-1.jpg",
        f"Cats/Trip [{made}]-1.jpg.xmp",
        f"Cats/Trip [{made}]-2.webp",
        f"Cats/Trip [{made}]-3.jpg",
        "Cats/Trip/.pin",
    ]
    for mode in Mode:
        studio.mode(mode)
        assert settled(studio)


@pytest.mark.parametrize("mode", [Mode.ARCHIVE, Mode.MIRROR, Mode.TWO_WAY])
def test_other_modes_report_its_pictures(studio, mode):
    put(studio, "1.jpg", "2.jpg")
    studio.mode(mode)
    plan = studio.plan()
    assert (kinds(plan), findings(plan), plan.findings[0].count) == ([], ["new_here"], 2)


def test_a_folder_without_the_mark_becomes_a_section(studio):
    put(studio, "1.jpg", "2.jpg", mark=False)
    assert sorted(kinds(studio.plan())) == ["create_section", "upload", "upload"]


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (("1.jpg",), "Trip, 1 picture for one pin: 1 picture, a carousel takes 2 to 5"),
        (tuple(f"{number}.jpg" for number in range(6)), "6 pictures, a carousel takes 2 to 5"),
        (("1.jpg", "2~300x400.jpg"), "1.jpg is 100×200, 2~300x400.jpg is 300×400; the pictures of a carousel need"),
        (("1.jpg", "2~moving.jpg"), "it is animated"),
        (("1.jpg", "x [4711].jpg"), "the file name is that of pin 4711"),
    ],
)
def test_what_is_no_carousel_is_said(studio, names, why):
    put(studio, *names)
    plan = studio.plan()
    assert kinds(plan) == []
    (finding,) = plan.findings
    assert (finding.address, finding.path, finding.count) == (TRIP, TRIP, len(names))
    assert why in finding.message


def test_the_folder_of_a_board_itself_is_no_carousel(studio):
    put(studio, "1.jpg", "2.jpg", folder="Cats")
    plan = studio.plan()
    assert kinds(plan) == []
    assert ".pin is in the folder of a board or section itself; put them into a folder below it" in said(plan)[0][1]


def test_a_folder_further_down_is_not_uploaded(studio):
    put(studio, "1.jpg", "2.jpg", folder="Cats/Somewhere/Else/Trip")
    assert (kinds(studio.plan()), findings(studio.plan())) == ([], ["new_here"])


def test_a_marked_folder_makes_no_section_but_the_board_above_it(studio):
    put(studio, "1.jpg", "2.jpg", folder="Birds/Trip")
    put(studio, "3.jpg", "4.jpg", folder="Cats/Young/Nap")
    put(studio, "5.jpg", "6.jpg", folder="Alone")
    plan = studio.plan()
    assert sorted(kinds(plan)) == ["create_board", "create_section", *(["upload_carousel"] * 2)]
    assert [one.address for one in plan.findings] == ["Alone"]
    assert studio.apply(plan).complete
    (young,) = studio.remote.sections_of[cats(studio)].values()
    assert (young.name, sorted(pin.title or "" for pin in studio.remote.pins_by_id.values())) == (
        "Young",
        ["Nap", "Old", "Trip"],
    )
    assert findings(studio.plan()) == ["new_here"]


@pytest.mark.promise("I29")
def test_pictures_that_pinterest_shows_already_are_not_uploaded(studio):
    put(studio, "1.jpg", "2.jpg")
    studio.library.write("Cats/1.jpg", image_bytes("1.jpg"))
    assert studio.apply(studio.plan()).complete
    again = studio.plan()
    assert (kinds(again), findings(again)) == ([], ["already_pinned"])


@pytest.mark.promise("I5")
def test_a_carousel_counts_as_one(studio):
    put(studio, "1.jpg", "2.jpg")
    put(studio, "3.jpg", "4.jpg", folder="Cats/Voyage")
    studio.policies = replace(studio.policies, uploads=Uploads(own_content=True, per_day=1), limits=Limits(uploads=2))
    plan = studio.plan(allow={})
    assert (kinds(plan), plan.applyable, findings(plan)) == (["upload_carousel"], True, ["new_here"])
    with pytest.raises(SafetyStop, match="1 picture would be uploaded"):
        studio.apply(plan, ExecutorOptions(policies=replace(studio.policies, limits=Limits(uploads=0))))


@pytest.mark.promise("I10")
def test_protection_and_boards_of_others(studio):
    put(studio, "1.jpg", "2.jpg")
    for protect in (Protect(globs=("*2.jpg",)), Protect(boards=("Cats",)), Protect(kinds=("upload_carousel",))):
        plan = studio.plan(protect=protect)
        assert (kinds(plan), findings(plan)) == ([], ["blocked"])
    plan = studio.plan()
    studio.remote.boards_by_id[cats(studio)] = replace(studio.remote.boards_by_id[cats(studio)], owner="somebody")
    assert not studio.apply(plan).complete
    assert (findings(studio.plan()), studio.remote.posts) == (["new_here"], 0)


@pytest.mark.promise("I29")
@pytest.mark.promise("I14")
@pytest.mark.parametrize("moment", range(1, 10))
def test_killed_at_any_moment_it_is_uploaded_once(studio, moment):
    put(studio, "1.jpg", "2.jpg")
    studio.library.write(f"{TRIP}/1.jpg.xmp", b"stars")
    plan = studio.plan()
    studio.effects.count, studio.effects.crash_at = 0, moment
    try:
        studio.apply(plan)
    except Crash:
        studio.restart()
        assert studio.resume(plan).complete
    made = pin_called(studio, "Trip")
    assert (len(studio.remote.pins_by_id), len([path for path in studio.library.files if made in path])) == (2, 3)
    assert settled(studio)


@pytest.mark.promise("I29")
def test_a_lost_answer_is_never_sent_again_and_found_later(studio):
    put(studio, "1.jpg", "2.jpg")
    studio.remote.answers, studio.remote.hides_created = Answers.LOST_AFTER, True
    plan = studio.plan()
    assert not studio.apply(plan).complete
    studio.apply(plan)
    later = studio.plan()
    assert (studio.remote.posts, kinds(later), findings(later)) == (1, [], ["unconfirmed"])
    studio.remote.hidden.clear()
    studio.remote.answers = Answers.COME
    assert kinds(studio.plan()) == ["confirm_create"]
    assert studio.apply().complete
    assert (settled(studio), studio.remote.posts) == (True, 1)


def test_a_file_that_the_user_moves_during_the_upload_is_not_tracked(studio, monkeypatch):
    put(studio, "1.jpg", "2.jpg")
    plan = studio.plan()
    create = studio.remote.create_pin

    def meanwhile(pin, images):
        studio.library.rename(f"{TRIP}/2.jpg", "mine again.jpg")
        return create(pin, images)

    monkeypatch.setattr(studio.remote, "create_pin", meanwhile)
    assert studio.apply(plan).complete
    assert len(studio.state.base().tracked) == 2
    assert studio.state.journal()[-1].reason == "a file was moved or changed while it was uploaded; it is not tracked"


@pytest.mark.promise("I24")
def test_undo_deletes_the_pin_and_gives_the_files_their_names_back(studio):
    put(studio, "1.jpg", "2.jpg")
    before = dict(studio.library.files)
    studio.apply()
    undo = studio.undo()
    assert sorted(kinds(undo)) == ["delete_remote", "move_local", "move_local"]
    assert studio.apply(undo).complete
    assert (studio.library.files, len(studio.remote.pins_by_id)) == (before, 1)
    assert len(studio.state.base().tracked) == 1

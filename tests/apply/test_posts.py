"""Pictures from elsewhere become pins, each once; their copies come into the library, or are not wanted there."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from pinplan.actions import PostPin
from pinplan.adapters import PlanRequest
from pinplan.apply.executor import ExecutorOptions
from pinplan.errors import ApprovalNeeded, ConfigError, ImageRefused, SafetyStop
from pinplan.history.verify import PinStatus
from pinplan.model.ids import BoardId, PinId, SectionId
from pinplan.model.images import FileFact
from pinplan.model.post import PostPicture, PostWanted, PostWords, carousel_problem, filled
from pinplan.pipeline import make_post, verify
from pinplan.plan.document import Plan, Scope
from pinplan.policies.limits import Limits
from pinplan.policies.mode import Mode
from pinplan.policies.protect import Protect
from pinplan.policies.uploads import Uploads
from pinplan.records.plan_file import with_digest
from pinplan.render.text import Screen, cost_line, plan_lines
from pinplan.snapshot import new_pictures
from pinplan.snapshot.post_pictures import PostSource, clear_outbox, copy_to_outbox
from tests.fakes import Answers, Crash, image_bytes
from tests.worlds import EVERYTHING, SmallWorld, findings, kinds


@pytest.fixture
def studio(world: SmallWorld) -> SmallWorld:
    """Board Cats with the section Young, and one pin."""
    board = world.board("Cats")
    world.section(board, "Young")
    world.pin(board, "Old")
    world.apply()
    return world


def cats(world: SmallWorld) -> BoardId:
    return next(iter(world.remote.boards_by_id))


def pictures(
    world: SmallWorld, *names: str, data: bytes | None = None, url: str = "", words: PostWords | None = None
) -> tuple[PostPicture, ...]:
    given = [
        PostSource(source=f"/home/{name}", name=name, read=lambda n=name: data or image_bytes(n), url=url)  # type: ignore[misc] # bound here
        for name in names
    ]
    return copy_to_outbox(world.library, given, words or PostWords(), world.policies.about_uploads)


def posted(world: SmallWorld, *names: str, allow: dict[str, int] | None = None, **how: object) -> Plan:
    some = pictures(world, *names)
    wanted = PostWanted(**({"board_id": cats(world), "pictures": some, "words": PostWords()} | how))  # type: ignore[arg-type] # changed fields
    request = PlanRequest(policies=world.policies, allow=EVERYTHING if allow is None else allow)
    return make_post(world.adapters(), request, wanted)


def said(plan: Plan) -> list[tuple[str, str]]:
    return [(one.kind.value, one.message) for one in plan.findings]


def titles(world: SmallWorld) -> list[str]:
    return sorted(pin.title or "" for pin in world.remote.pins_by_id.values())


def pin_called(world: SmallWorld, title: str) -> PinId:
    return next(pin.id for pin in world.remote.pins_by_id.values() if pin.title == title)


def settled(world: SmallWorld) -> bool:
    again = world.plan()
    return (kinds(again), findings(again)) == ([], [])


@pytest.mark.promise("I31")
def test_a_picture_becomes_a_pin_and_its_copy_a_file(studio):
    plan = posted(studio, "sunset.jpg", "night~png.jpg")
    assert (kinds(plan), said(plan)) == (["post", "post"], [])
    assert studio.apply(plan).complete
    made = {pin.title: pin.id for pin in studio.remote.pins_by_id.values()}
    assert studio.path_of(made["sunset"]) == f"Cats/sunset [{made['sunset']}].jpg"
    assert studio.path_of(made["night~png"]) == f"Cats/night~png [{made['night~png']}].png"
    assert settled(studio)


@pytest.mark.promise("I8")
def test_the_same_pictures_give_the_same_plan(studio):
    one, other = posted(studio, "a.jpg", "b.jpg"), posted(studio, "b.jpg", "a.jpg")
    assert (one.digest, one.actions) == (other.digest, other.actions)


def test_a_section_without_pins_is_posted_to(studio):
    plan = posted(studio, "a.jpg", section_id=next(iter(studio.remote.sections_of[cats(studio)].values())).id)
    assert [one.address for one in plan.actions] == ["Cats/Young/a.jpg"]
    assert studio.apply(plan).complete
    assert any(path.startswith("Cats/Young/a [") for path in studio.library.files)


def test_a_post_plans_nothing_else(studio):
    studio.pin(cats(studio), "New there")
    studio.library.write("Cats/mine.jpg", image_bytes("mine"))
    studio.mode(Mode.PUBLISH)
    studio.policies = replace(studio.policies, uploads=Uploads(own_content=True))
    assert kinds(posted(studio, "a.jpg")) == ["post"]


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.promise("I10")
def test_what_is_not_kept_is_wanted_in_no_mode(studio, mode):
    assert studio.apply(posted(studio, "a.jpg", keep=False)).complete
    made = pin_called(studio, "a")
    studio.mode(mode)
    assert (settled(studio), len(studio.library.files), "a" in titles(studio)) == (True, 1, True)
    report = verify(studio.adapters(), PlanRequest(policies=studio.policies))
    assert {status: count for status, count in (report.pins or {}).items() if count} == {
        PinStatus.ON_DISK: 1,
        PinStatus.IGNORED: 1,
    }
    # Until it is asked for, in a mode that fetches, or the user puts a file there.
    asked_for = studio.plan(scope=Scope(restore=(made,)))
    assert kinds(asked_for) == ([] if mode is Mode.PUBLISH else ["download"])
    studio.library.write(f"Cats/a [{made}].jpg", image_bytes("a.jpg"))
    assert kinds(studio.plan()) == ["adopt"]


@pytest.mark.promise("I10")
def test_what_was_not_kept_can_be_downloaded_and_deleted_like_any_other(studio):
    studio.apply(posted(studio, "a.jpg", keep=False))
    made = pin_called(studio, "a")
    studio.apply(studio.plan(scope=Scope(restore=(made,))))
    assert settled(studio)
    studio.library.remove(studio.path_of(made))
    studio.mode(Mode.TWO_WAY)
    assert kinds(studio.plan()) == ["delete_remote"]


@pytest.mark.promise("I29")
def test_what_was_not_kept_is_not_posted_again_before_a_listing_shows_it(studio):
    studio.remote.hides_created = True
    studio.apply(posted(studio, "a.jpg", keep=False))
    assert findings(posted(studio, "a.jpg")) == ["already_pinned"]
    studio.library.write("Cats/again.jpg", image_bytes("a.jpg"))
    studio.mode(Mode.PUBLISH)
    studio.policies = replace(studio.policies, uploads=Uploads(own_content=True))
    assert findings(studio.plan()) == ["already_pinned"]
    del studio.remote.pins_by_id[pin_called(studio, "a")]
    assert kinds(posted(studio, "a.jpg")) == ["post"]


# -- why not ------------------------------------------------------------------------------------------------------------


@pytest.mark.promise("I29")
def test_a_picture_that_pinterest_shows_already_is_not_posted(studio):
    studio.apply(posted(studio, "a.jpg"))
    plan = posted(studio, "a.jpg")
    assert (kinds(plan), findings(plan)) == ([], ["already_pinned"])
    assert "shows the same picture" in said(plan)[0][1]


@pytest.mark.parametrize("names", [("a.jpg", "b.jpg"), ("b.jpg", "a.jpg")])
def test_of_two_copies_of_a_picture_the_first_is_posted(studio, names):
    one, other = (pictures(studio, name, data=image_bytes(f"twice~q{number}")) for number, name in enumerate(names))
    plan = posted(studio, pictures=(*one, *other))
    assert [action.address for action in plan.actions] == [f"Cats/{names[0]}"]
    assert said(plan) == [
        ("already_pinned", f"/home/{names[1]}: /home/{names[0]}, which is posted, shows the same picture")
    ]


def test_of_two_equal_files_the_first_is_posted(studio):
    # In a folder with a copy of a file nobody can "give it once".
    data = image_bytes("twice")
    plan = posted(studio, pictures=pictures(studio, "a.jpg", "copy of a.jpg", "b.jpg", data=data))
    assert [action.address for action in plan.actions] == ["Cats/a.jpg"]
    assert said(plan) == [
        ("already_pinned", f"/home/{name}: the same file as /home/a.jpg, which was named before")
        for name in ("b.jpg", "copy of a.jpg")
    ]
    assert studio.apply(plan).complete
    assert titles(studio) == ["Old", "a"]


def test_what_cannot_be_compared_is_not_posted(studio, monkeypatch):
    studio.pin(cats(studio), "Only there")
    monkeypatch.setattr(new_pictures, "MAX_FETCHES", 0)
    plan = posted(studio, "a.jpg")
    assert kinds(plan) == []
    assert "not posted yet: 1 pins are not compared with it yet; run the same command again" in said(plan)[0][1]


def test_a_copy_that_changed_before_the_look_is_not_posted(studio):
    some = pictures(studio, "a.jpg")
    studio.library.kept_files[some[0].file.path] = b"broken"
    plan = posted(studio, pictures=some)
    assert (kinds(plan), findings(plan)) == ([], ["cannot_upload"])
    assert said(plan)[0][1].startswith("/home/a.jpg: not posted: ")


@pytest.mark.promise("I31")
@pytest.mark.parametrize("columns", [None, 70, 200])
def test_every_text_that_is_published_is_shown_before(studio, columns):
    description, alternative = "All of it " * 60 + "!", "A bridge " * 40 + "!"
    words = PostWords(title="Rome", link="https://example.com/rome", description=description, alt_text=alternative)
    plan = posted(studio, "a.jpg", words=words)
    lines = plan_lines(plan, screen=Screen(columns=columns))
    shown = "".join("".join(line.text.split()) for line in lines)
    for text in ("“Rome”", words.link, f"description “{description}”", f"alternative text “{alternative}”"):
        assert "".join(text.split()) in shown
        assert text in plan.actions[0].describe().effect


@pytest.mark.parametrize(("pins", "time"), [(10, "under a minute"), (11, "about 2 minutes"), (42, "about 5 minutes")])
def test_the_time_that_a_plan_takes_includes_the_pauses_between_creates(studio, pins, time):
    plan = posted(studio, "a.jpg")
    assert f"({time}; " in cost_line(replace(plan, actions=plan.actions * pins))


def test_an_animation_is_posted_by_its_address_only(studio):
    with pytest.raises(ConfigError, match="with --by-url"):
        pictures(studio, "a~moving.gif")
    plan = posted(studio, pictures=pictures(studio, "a~moving.gif", url="https://example.com/a.gif"))
    (action,) = plan.actions
    assert isinstance(action, PostPin)
    assert (action.url, action.pin.title) == ("https://example.com/a.gif", None)
    assert studio.apply(plan).complete
    assert studio.remote.by_url == ["https://example.com/a.gif"]


def test_a_board_that_is_not_listed_takes_nothing(studio):
    studio.remote.broken.add(cats(studio))
    plan = posted(studio, "a.jpg")
    assert kinds(plan) == []
    assert any("the listing of the board is incomplete" in message for _, message in said(plan))


@pytest.mark.promise("I10")
def test_only_boards_of_ones_own_in_scope_are_posted_to(studio):
    theirs = studio.board("Theirs", owner="somebody")
    with pytest.raises(ConfigError, match="Theirs: the board may belong to another account"):
        posted(studio, "a.jpg", board_id=theirs)
    strict = studio.policies
    studio.policies = replace(strict, written_of_others=("Theirs",))
    plan = posted(studio, "a.jpg", board_id=theirs)
    assert "on a board of another account" in plan.actions[0].describe().effect
    with pytest.raises(SafetyStop, match="belongs to another account, and no rule allows changing it"):
        studio.apply(plan, ExecutorOptions(policies=strict))
    assert studio.apply(plan, ExecutorOptions(policies=studio.policies)).complete
    studio.policies = strict
    studio.policies = replace(studio.policies, exclude=("Cats",))
    with pytest.raises(ConfigError, match="the config leaves this board out"):
        posted(studio, "a.jpg")
    with pytest.raises(ConfigError, match="the config leaves this board out"):
        posted(studio, "a.jpg", board_id=BoardId("4711"))


@pytest.mark.promise("I5")
def test_the_limits_of_uploads_hold(studio):
    studio.policies = replace(studio.policies, limits=Limits(uploads=1), uploads=Uploads(per_day=2))
    plan = posted(studio, "a.jpg", "b.jpg", "c.jpg", allow={})
    (failed,) = [check for check in plan.checks if check.status == "fail"]
    assert (failed.name, failed.figure) == ("uploads", "3")
    allowed = posted(studio, "a.jpg", "b.jpg", "c.jpg")
    assert kinds(allowed) == ["post", "post"]
    assert said(allowed) == [
        ("cannot_upload", "/home/c.jpg: not posted today: the limit is 2 uploads a day, in UTC ([upload] per_day)")
    ]


@pytest.mark.promise("I11")
def test_an_apply_judges_again(studio):
    plan = posted(studio, "a.jpg", "b.jpg")
    strict = replace(studio.policies, uploads=Uploads(per_day=1))
    assert not studio.apply(plan, ExecutorOptions(policies=strict)).complete
    assert len(titles(studio)) == 2
    limited = replace(studio.policies, limits=Limits(uploads=1))
    with pytest.raises(SafetyStop, match="2 pictures would be uploaded"):
        studio.apply(
            replace(posted(studio, "c.jpg", "d.jpg"), allow={}), ExecutorOptions(policies=limited, answered=True)
        )


@pytest.mark.promise("I5")
def test_the_pin_of_a_picture_that_was_not_kept_is_protected_as_any_other(studio):
    studio.apply(posted(studio, "a.jpg", keep=False))
    unprotected = studio.undo()
    made = pin_called(studio, "a")
    for protect in (Protect(boards=("Cats",)), Protect(pins=(made,))):
        strict = replace(studio.policies, protect=protect)
        with pytest.raises(SafetyStop, match="is protected"):
            studio.apply(unprotected, ExecutorOptions(policies=strict))
        plain, studio.policies = studio.policies, strict
        undo = studio.undo()
        assert (kinds(undo), findings(undo)) == ([], ["blocked"])
        studio.policies = plain
    studio.policies = replace(studio.policies, protect=Protect(boards=("Katzen",)))
    assert not studio.undo(allow={}).applyable
    assert "a" in titles(studio)


@pytest.mark.promise("I10")
def test_protection_holds(studio):
    studio.policies = replace(studio.policies, protect=Protect(kinds=("post",)))
    plan = posted(studio, "a.jpg")
    assert (kinds(plan), findings(plan)) == ([], ["blocked"])


@pytest.mark.promise("I10")
def test_a_plan_that_does_not_say_whose_board_it_is_posts_nothing_to_it(studio):
    plan = posted(studio, "a.jpg")
    studio.remote.boards_by_id[cats(studio)] = replace(studio.remote.boards_by_id[cats(studio)], owner="somebody")
    assert not studio.apply(plan).complete
    assert studio.remote.posts == 0


@pytest.mark.promise("I31")
def test_a_copy_that_changed_since_the_plan_is_not_sent(studio):
    plan = posted(studio, "a.jpg")
    (action,) = plan.actions
    assert isinstance(action, PostPin)
    studio.library.kept_files[action.files[0].source] = image_bytes("private")
    assert not studio.apply(plan).complete
    del studio.library.kept_files[action.files[0].source]
    assert not studio.apply(plan).complete
    assert studio.remote.posts == 0


# -- at most once ---------------------------------------------------------------------------------------------------------


@pytest.mark.promise("I29")
@pytest.mark.promise("I14")
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("moment", range(1, 5))
def test_killed_at_any_moment_it_is_posted_once(studio, moment, keep):
    plan = posted(studio, "a.jpg", keep=keep)
    studio.effects.count, studio.effects.crash_at = 0, moment
    try:
        studio.apply(plan)
    except Crash:
        studio.restart()
        assert studio.resume(plan).complete
    assert titles(studio) == ["Old", "a"]
    assert len(studio.library.files) == (2 if keep else 1)
    assert settled(studio)


@pytest.mark.promise("I29")
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("answers", [Answers.LOST_BEFORE, Answers.LOST_AFTER])
def test_a_lost_answer_is_never_sent_again(studio, answers, keep):
    plan = posted(studio, "a.jpg", keep=keep)
    studio.remote.answers, studio.remote.hides_created = answers, True
    assert not studio.apply(plan).complete
    studio.apply(plan)
    assert studio.remote.posts == 1
    studio.remote.answers = Answers.COME
    again = posted(studio, "a.jpg")
    assert (kinds(again), findings(again)) == ([], ["cannot_upload", "unconfirmed"])
    assert "was sent before, which is not confirmed yet" in said(again)[0][1]
    (finding,) = [one for one in studio.plan().findings if one.kind == "unconfirmed"]
    assert finding.path is None


@pytest.mark.promise("I29")
@pytest.mark.parametrize("keep", [True, False])
def test_a_pin_that_shows_up_later_is_confirmed(studio, keep):
    studio.remote.answers, studio.remote.hides_created = Answers.LOST_AFTER, True
    studio.apply(posted(studio, "a.jpg", keep=keep))
    studio.remote.hidden.clear()
    studio.remote.answers = Answers.COME
    plan = studio.plan()
    assert kinds(plan) == ["confirm_create"]
    assert studio.apply(plan).complete
    assert (settled(studio), len(studio.library.files), studio.remote.posts) == (True, 2 if keep else 1, 1)


@pytest.mark.promise("I29")
def test_a_file_that_cannot_be_placed_is_brought_by_the_next_plan(studio, monkeypatch):
    plan = posted(studio, "a.jpg")
    place = studio.library.place
    monkeypatch.setattr(studio.library, "place", lambda *_: (_ for _ in ()).throw(ImageRefused("a", "no room")))
    assert not studio.apply(plan).complete
    monkeypatch.setattr(studio.library, "place", place)
    assert kinds(studio.plan()) == ["confirm_create"]
    assert studio.apply().complete
    assert (settled(studio), len(studio.library.files), studio.remote.posts) == (True, 2, 1)


def test_a_name_that_is_taken_leaves_the_pin_without_a_file(studio, monkeypatch):
    plan = posted(studio, "a.jpg")
    create = studio.remote.create_pin

    def meanwhile(pin, images):
        made = create(pin, images)
        studio.library.write(f"Cats/a [{made.id}].jpg", image_bytes("another"))
        return made

    monkeypatch.setattr(studio.remote, "create_pin", meanwhile)
    assert studio.apply(plan).complete
    assert studio.state.journal()[-1].reason == "the file could not be kept in the library; it is not tracked"


def test_a_copy_that_vanished_after_the_create_is_not_waited_for(studio):
    plan = posted(studio, "a.jpg")
    (action,) = plan.actions
    assert isinstance(action, PostPin)
    studio.effects.count, studio.effects.crash_at = 0, 3
    with pytest.raises(Crash):
        studio.apply(plan)
    studio.restart()
    studio.library.kept_files.pop(action.files[0].source, None)
    assert studio.resume(plan).complete
    assert titles(studio) == ["Old", "a"]


# -- back, and forth again ------------------------------------------------------------------------------------------------


@pytest.mark.promise("I24")
@pytest.mark.parametrize("keep", [True, False])
def test_undo_deletes_the_pin_and_the_file_stays(studio, keep):
    studio.apply(posted(studio, "a.jpg", keep=keep))
    undo = studio.undo()
    assert kinds(undo) == ["delete_remote"]
    assert ("its file stays" in undo.actions[0].describe().effect) is keep
    assert studio.apply(undo).complete
    assert (titles(studio), len(studio.library.files)) == (["Old"], 2 if keep else 1)
    assert studio.state.base().tracked[0].path.startswith("Cats/Old")
    again = studio.undo()
    assert kinds(again) == ["create_pin"]
    assert studio.apply(again).complete
    assert titles(studio) == ["Old", "a"]


@pytest.mark.promise("I20")
@pytest.mark.parametrize("trip", [False, True])
def test_a_pin_whose_picture_is_nowhere_here_goes_only_if_its_host_gives_what_was_posted(studio, trip):
    names = TRIP if trip else ("a.jpg",)
    studio.apply(posted(studio, *names, keep=False, carousel=trip))
    made = next(pin for pin in studio.remote.pins_by_id.values() if pin.title != "Old")
    undo = studio.undo()
    # Another picture of the same size, with 200; of a carousel only the last one.
    other = {one.url: image_bytes("stranger~300x400.jpg") for one in made.images[-1].renditions}
    studio.images.answers |= other
    result = studio.apply(undo)
    assert (result.complete, made.id in studio.remote.pins_by_id) == (False, True)
    assert "it does not show the picture that was sent" in str(studio.state.journal())
    for url in other:
        del studio.images.answers[url]
    assert studio.apply(undo).complete
    assert titles(studio) == ["Old"]


# -- carousels ------------------------------------------------------------------------------------------------------------


TRIP = ("one~300x400.jpg", "two~png~300x400.jpg", "three~300x400.jpg")


def carousel(world: SmallWorld, *names: str, **how: Any) -> Plan:
    return posted(world, *names, carousel=True, **how)


@pytest.mark.promise("I31")
def test_several_pictures_become_one_pin_and_its_slots(studio):
    plan = carousel(studio, *TRIP)
    assert (kinds(plan), said(plan)) == (["post"], [])
    assert "3 images" in plan.actions[0].describe().effect
    assert studio.apply(plan).complete
    made = pin_called(studio, "one~300x400")
    assert [image.slot for image in studio.remote.pins_by_id[made].images] == [1, 2, 3]
    assert sorted(path for path in studio.library.files if made in path) == [
        f"Cats/one~300x400 [{made}]-1.jpg",
        f"Cats/one~300x400 [{made}]-2.png",
        f"Cats/one~300x400 [{made}]-3.jpg",
    ]
    assert settled(studio)
    for mode in Mode:
        studio.mode(mode)
        assert settled(studio)


@pytest.mark.promise("I29")
@pytest.mark.promise("I14")
@pytest.mark.parametrize("moment", range(1, 9))
def test_killed_at_any_moment_a_carousel_is_posted_once(studio, moment):
    plan = carousel(studio, *TRIP)
    studio.effects.count, studio.effects.crash_at = 0, moment
    try:
        studio.apply(plan)
    except Crash:
        studio.restart()
        assert studio.resume(plan).complete
    assert (len(titles(studio)), len(studio.library.files), settled(studio)) == (2, 4, True)


@pytest.mark.promise("I29")
def test_a_lost_carousel_is_found_by_all_of_its_pictures(studio):
    studio.remote.answers, studio.remote.hides_created = Answers.LOST_AFTER, True
    assert not studio.apply(carousel(studio, *TRIP)).complete
    studio.remote.answers = Answers.COME
    assert findings(carousel(studio, *TRIP)) == ["cannot_upload", "unconfirmed"]
    studio.remote.hidden.clear()
    assert studio.apply(studio.plan()).complete
    assert (settled(studio), len(studio.library.files), studio.remote.posts) == (True, 4, 1)


@pytest.mark.promise("I29")
@pytest.mark.parametrize("keep", [True, False])
def test_a_carousel_that_pinterest_shows_already_is_not_posted(studio, keep):
    studio.apply(carousel(studio, *TRIP, keep=keep))
    plan = carousel(studio, *TRIP)
    assert (kinds(plan), findings(plan)) == ([], ["already_pinned"])
    assert "shows the same pictures" in said(plan)[0][1]
    assert kinds(carousel(studio, *TRIP[1:], "four~300x400.jpg")) == ["post"]


@pytest.mark.promise("I29")
def test_a_carousel_whose_files_are_not_here_is_compared_image_by_image(studio):
    there = studio.pin(cats(studio), "There", slots=2)
    one, two = (pictures(studio, f"{slot}.jpg", data=image_bytes(f"{there}-{slot}.jpg")) for slot in (1, 2))
    new = pictures(studio, "new.jpg")
    assert findings(posted(studio, pictures=(*one, *two), carousel=True)) == ["already_pinned"]
    assert findings(posted(studio, pictures=two)) == ["already_pinned"]
    assert kinds(posted(studio, pictures=(*one, *new), carousel=True)) == ["post"]


def test_a_carousel_counts_as_one(studio):
    studio.policies = replace(studio.policies, uploads=Uploads(per_day=1), limits=Limits(uploads=1))
    assert kinds(carousel(studio, *TRIP, allow={})) == ["post"]
    assert studio.apply(carousel(studio, *TRIP, allow={})).complete
    assert findings(carousel(studio, "x.jpg", "y.jpg")) == ["cannot_upload"]


@pytest.fixture
def empty(world: SmallWorld) -> SmallWorld:
    """Board Cats without a pin, and a library without a file."""
    world.board("Cats")
    world.apply()
    return world


@pytest.mark.promise("I5")
@pytest.mark.promise("I20")
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("count", [1, 12])
def test_what_was_posted_by_mistake_is_taken_back_without_raising_a_limit(empty, keep, count):
    assert empty.apply(posted(empty, *(f"{number}.jpg" for number in range(count)), keep=keep)).complete
    undo = empty.undo(allow={})
    assert (undo.applyable, kinds(undo)) == (True, ["delete_remote"] * count)
    assert f"[library] 0 of 0 pins would be deleted on Pinterest (all, limit 10%, at least 10), besides {count}" in [
        check.message.partition(" that")[0] for check in undo.checks
    ]
    assert empty.apply(undo, ExecutorOptions(policies=empty.policies)).complete
    assert titles(empty) == []
    # Each image is in the trash, and the pins can be created again.
    assert sum(path.endswith(".jpeg") and "/trash/" in path for path in empty.library.kept_files) == count
    assert empty.apply(empty.undo(allow={})).complete
    assert len(titles(empty)) == count


@pytest.mark.promise("I5")
@pytest.mark.promise("I11")
def test_a_number_limits_what_is_taken_back_in_plan_and_apply(empty):
    assert empty.apply(posted(empty, "a.jpg")).complete
    undo = empty.undo(allow={})
    strict = replace(empty.policies, max_remote_deletes="0")
    with pytest.raises(SafetyStop, match="1 of 1 pins would be deleted on Pinterest"):
        empty.apply(undo, ExecutorOptions(policies=strict))
    empty.policies = strict
    assert not empty.undo(allow={}).applyable


@pytest.mark.promise("I5")
@pytest.mark.promise("I11")
def test_an_ordinary_delete_of_a_posted_pin_counts_as_any(empty):
    assert empty.apply(posted(empty, "a.jpg")).complete
    empty.library.remove(next(iter(empty.library.files)))
    empty.mode(Mode.TWO_WAY)
    plan = empty.plan(allow={})
    assert (kinds(plan), plan.applyable) == (["delete_remote"], False)
    # Nor does it become one by an edited plan that calls itself an undo.
    forged = replace(plan.actions[0], files_stay=True, reason="undo")
    edited = with_digest(replace(plan, actions=(forged,), checks=(), applyable=True))
    with pytest.raises((SafetyStop, ApprovalNeeded)):
        empty.apply(edited)
    with pytest.raises(SafetyStop, match="1 of 1 pins would be deleted"):
        empty.apply(edited, ExecutorOptions(answered=True))
    assert titles(empty) == ["a"]


@pytest.mark.promise("I24")
def test_undo_of_a_carousel_deletes_the_pin_and_its_files_stay(studio):
    studio.apply(carousel(studio, *TRIP))
    undo = studio.undo()
    assert kinds(undo) == ["delete_remote"]
    assert "its files stay" in undo.actions[0].describe().effect
    assert studio.apply(undo).complete
    assert (titles(studio), len(studio.library.files)) == (["Old"], 4)
    assert len(studio.state.base().tracked) == 1
    assert studio.apply(studio.undo()).complete
    assert len(titles(studio)) == 2


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (("one~300x400.jpg",), "1 picture, a carousel takes 2 to 5"),
        (tuple(f"{number}.jpg" for number in range(6)), "6 pictures, a carousel takes 2 to 5"),
        (
            ("a~300x400.jpg", "b~300x400.jpg", "c~400x300.jpg"),
            "/home/a~300x400.jpg is 300×400, /home/c~400x300.jpg is 400×300; the pictures of a carousel need equal width and height",
        ),
        (TRIP, ""),
    ],
)
def test_slots_are_checked(studio, names, problem):
    assert carousel_problem([(one.source, one.file) for one in pictures(studio, *names)]) == problem


# -- texts and copies -----------------------------------------------------------------------------------------------------


def test_texts_are_filled_in():
    picture = PostPicture(
        source="/home/x.jpg",
        name="x.jpg",
        file=FileFact(path="x", size=1, mtime_ns=1),  # type: ignore[arg-type] # a path is a str
        values={"stem": "x", "number": "3", "exif.title": "Däwn"},
    )
    assert filled("{number}. {exif.title} {exif.artist} {{{stem}}}", picture.values) == "3. Däwn  {x}"
    words = PostWords(
        title="{exif.artist}", description=" {stem} ", link="https://example.com/", alt_text="{exif.date}"
    )
    made = words.of(picture, BoardId("1"), SectionId("2"))
    assert (made.title, made.description, made.link, made.alt_text) == (None, "x", "https://example.com/", None)
    assert PostWords().of(picture, BoardId("1"), None).title == "x"
    assert PostWords().of(replace(picture, source="HTTPS://example.com/x.jpg"), BoardId("1"), None).title is None
    assert list(PostWords(title="{stem}" * 101).too_long(picture)) == [
        "--title for /home/x.jpg: 101 characters, at most 100 are allowed; shorten it"
    ]


@pytest.mark.parametrize(
    ("words", "problems"),
    [
        (PostWords(title="{", description="{}", alt_text="{stem!r}"), 3),
        (PostWords(title="{stem.__class__}"), 1),
        (PostWords(title="{number:>9}"), 1),
        (PostWords(link="https://["), 1),
        (PostWords(link="https://example.com/a b"), 1),
        (PostWords(link="example.com"), 1),
        (PostWords(link="https://example.com/" + "x" * 2048), 1),
        (PostWords(link="http://example.com", title="{exif.title}"), 0),
    ],
)
def test_templates_and_links_are_checked(words, problems):
    assert len(list(words.problems())) == problems


def test_old_copies_are_deleted_unless_they_are_needed(studio):
    old, needed, wanted = pictures(studio, "old.jpg", "pending.jpg", "wanted.jpg")
    studio.remote.answers, studio.remote.hides_created = Answers.LOST_BEFORE, True
    studio.apply(posted(studio, pictures=(needed,)))
    studio.clock.present = studio.clock.present.replace(year=studio.clock.present.year + 1)
    clear_outbox(studio.library, studio.state.creates, studio.clock, [wanted])
    left = {file.path for file in studio.library.in_outbox()}
    assert left == {needed.file.path, wanted.file.path}
    assert old.file.path not in left

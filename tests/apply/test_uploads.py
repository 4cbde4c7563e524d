"""Pictures put into the folder of a board become pins, each once, and nothing else is published."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from pinplan.adapters import PlanRequest
from pinplan.apply.executor import ExecutorOptions
from pinplan.apply.result import ApplyResult
from pinplan.build_plan import take_snapshots
from pinplan.duplicates.marked_different import signature_of
from pinplan.errors import SafetyStop, Unreachable
from pinplan.model.ids import BoardId, Sha256
from pinplan.model.similarity import ALGORITHM_VERSION, Fingerprint
from pinplan.pipeline import decide
from pinplan.plan.document import Plan, Scope
from pinplan.policies.bundle import BoardPolicy
from pinplan.policies.limits import Limits
from pinplan.policies.mode import Mode, NewPicture
from pinplan.policies.protect import Protect
from pinplan.policies.uploads import Uploads
from pinplan.reconcile import new_files
from pinplan.reconcile.on_record import OnRecord
from pinplan.snapshot import new_pictures
from tests.fakes import Answers, Crash, image_bytes
from tests.worlds import SmallWorld, findings, kinds

MINE = "Cats/sunset.jpg"
LATER = 10_000_000_000


@pytest.fixture
def studio(world: SmallWorld) -> SmallWorld:
    """Board Cats with the section Young, and one pin; the library publishes."""
    board = world.board("Cats")
    world.section(board, "Young")
    world.pin(board, "Old")
    world.apply()
    world.mode(Mode.PUBLISH)
    world.policies = replace(world.policies, uploads=Uploads(own_content=True))
    return world


def put(world: SmallWorld, *paths: str, data: bytes | None = None) -> None:
    for path in paths:
        world.library.write(path, data or image_bytes(path.rpartition("/")[2].replace(" ", "_")))


def cats(world: SmallWorld) -> BoardId:
    return next(iter(world.remote.boards_by_id))


def said(plan: Plan) -> list[tuple[str, str]]:
    return [(one.kind.value, one.message) for one in plan.findings]


def uploads(world: SmallWorld, **conditions: Any) -> Plan:
    return world.plan(uploads=Uploads(**({"own_content": True} | conditions)))


@pytest.mark.promise("I31")
def test_a_new_picture_becomes_a_pin_and_its_file_gets_the_id(studio):
    put(studio, MINE, "Cats/Young/kitten.png")
    plan = studio.plan()
    assert (kinds(plan), said(plan)) == (["upload", "upload"], [])
    assert studio.apply(plan).complete
    made = {pin.title: pin for pin in studio.remote.pins_by_id.values()}
    assert (made["sunset"].board_id, made["sunset"].section_id) == (cats(studio), None)
    assert made["kitten"].section_id is not None
    assert sorted(studio.library.files)[:2] == [
        f"Cats/Old [{made['Old'].id}].jpg",
        f"Cats/Young/kitten [{made['kitten'].id}].png",
    ]
    assert studio.path_of(made["sunset"].id) == f"Cats/sunset [{made['sunset'].id}].jpg"
    again = studio.plan()
    assert (kinds(again), findings(again)) == ([], [])


def test_companions_follow(studio):
    put(studio, MINE)
    studio.library.write(f"{MINE}.xmp", b"stars")
    studio.apply()
    made = next(pin.id for pin in studio.remote.pins_by_id.values() if pin.title == "sunset")
    assert studio.library.files[f"Cats/sunset [{made}].jpg.xmp"] == b"stars"


def test_undo_deletes_the_pin_and_gives_the_old_name_back(studio):
    put(studio, MINE)
    studio.library.write(f"{MINE}.xmp", b"stars")
    before = studio.seen()
    result = studio.apply()
    back = studio.undo()
    assert kinds(back) == ["move_local", "delete_remote"]
    assert studio.apply(back).complete
    files, pins, base = studio.seen()
    assert (files, pins, base) == before
    again = studio.undo()
    assert studio.apply(again).complete
    assert len(studio.remote.pins_by_id) == 2
    assert result.complete


@pytest.mark.parametrize("change", ["moved", "changed", "gone", "old name taken"])
def test_undo_leaves_a_file_that_the_user_moved_or_changed(studio, change):
    put(studio, MINE)
    studio.apply()
    made = next(pin.id for pin in studio.remote.pins_by_id.values() if pin.title == "sunset")
    path = studio.path_of(made)
    match change:
        case "moved":
            studio.library.rename(path, "Cats/elsewhere.jpg")
        case "changed":
            studio.library.write(path, image_bytes("edited"))
        case "gone":
            studio.library.remove(path)
        case _:
            put(studio, MINE, data=image_bytes("another"))
    before = dict(studio.library.files)
    back = studio.undo()
    assert kinds(back) == ["delete_remote"]
    assert studio.apply(back).complete
    assert (studio.library.files, made in studio.remote.pins_by_id) == (before, False)


def test_an_upload_whose_pin_is_gone_is_not_undone(studio):
    put(studio, MINE)
    studio.apply()
    made = next(pin.id for pin in studio.remote.pins_by_id.values() if pin.title == "sunset")
    del studio.remote.pins_by_id[made]
    assert findings(studio.undo()) == ["not_undone"]


# -- what is not uploaded ---------------------------------------------------------------------------------------------


@pytest.mark.promise("I31")
@pytest.mark.parametrize("mode", [Mode.ARCHIVE, Mode.MIRROR, Mode.TWO_WAY])
def test_other_modes_only_report(studio, mode):
    studio.mode(mode)
    put(studio, MINE)
    plan = studio.plan()
    assert (kinds(plan), [kind for kind, _ in said(plan)]) == ([], ["new_here"])
    assert 'on_new_file = "upload"' in said(plan)[0][1]


@pytest.mark.promise("I31")
def test_nothing_is_uploaded_before_the_user_may_publish_it(studio):
    put(studio, MINE, "Cats/b.jpg")
    plan = studio.plan(uploads=Uploads())
    assert (kinds(plan), said(plan)[0][0]) == ([], "new_here")
    assert said(plan)[0][1].startswith("2 pictures: not uploaded")
    assert "own_content = true" in said(plan)[0][1]


def test_the_missing_consent_is_one_finding_for_all_folders(studio):
    put(studio, MINE, "Cats/b.jpg", "Dogs/c.jpg")
    (finding,) = (one for one in studio.plan(uploads=Uploads()).findings if one.kind.value == "new_here")
    assert (finding.address, finding.count, finding.reason) == (".", 3, "own_content")
    assert finding.message.startswith("3 files: not uploaded: Pinterest allows only content that you may publish")


def test_an_override_decides_for_its_boards(studio):
    studio.board("Dogs")
    put(studio, MINE, "Dogs/b.jpg")
    quiet = (BoardPolicy(board="Dogs", new_file=NewPicture.REPORT),)
    plan = studio.plan(overrides=quiet)
    assert ([one.address for one in plan.actions], findings(plan)) == (["Cats/sunset.jpg"], ["new_here"])
    studio.mode(Mode.ARCHIVE)
    for only in (BoardPolicy(board="Dogs", mode=Mode.PUBLISH), BoardPolicy(board="Dogs", new_file=NewPicture.UPLOAD)):
        assert [one.address for one in studio.plan(overrides=(only,)).actions] == ["Dogs/b.jpg"]


@pytest.mark.promise("I10")
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("Cats/deeper/still/a.jpg", "Cats/deeper/still is not the folder of a board or section on Pinterest"),
        ("Cats/a [123].jpg", "the file name is that of pin 123"),
        ("Cats/.trashed-1-a.jpg", "the file is hidden"),
        ("Nobody's, new/.a.jpg", "the file is hidden"),
        ("Theirs/a.jpg", "another account; to upload to it, name it in [sync] write_to_boards_of_others"),
        ("Broken/a.jpg", "the listing of the board is incomplete"),
        ("Nobody's, deep/er/still/a.jpg", "no board has this folder"),
    ],
)
def test_a_place_that_says_no_board_of_ones_own_uploads_nothing(studio, path, message):
    studio.board("Theirs", owner="somebody")
    studio.remote.broken.add(studio.board("Broken"))
    put(studio, path)
    plan = studio.plan()
    assert kinds(plan) == []
    assert [text for kind, text in said(plan) if kind == "new_here" and message in text]


@pytest.mark.promise("I31")
def test_where_names_differ_only_in_case_the_folder_must_be_spelled_as_its_own(studio):
    put(studio, "CATS/a.jpg", "Cats/YOUNG/b.jpg")
    assert kinds(studio.plan()) == ["upload", "upload"]
    studio.section(cats(studio), "YOUNG")
    studio.board("CATS")
    plan = studio.plan()
    assert kinds(plan) == []
    assert [text.rpartition("spelled ")[2] for _, text in said(plan)] == ["Cats", "Cats/Young"]
    put(studio, "Cats/c.jpg", "Cats/Young/d.jpg")
    assert [one.address for one in studio.plan().actions] == ["Cats/Young/d.jpg", "Cats/c.jpg"]


@pytest.mark.promise("I10")
def test_a_board_of_another_account_gets_pictures_only_where_the_config_names_it(studio):
    for name in ("Group", "Theirs"):
        studio.board(name, owner="somebody")
        put(studio, f"{name}/{name}.jpg")
    named = replace(studio.policies, written_of_others=("Group",))
    plan = studio.plan(written_of_others=("Group",))
    assert [one.address for one in plan.actions] == ["Group/Group.jpg"]
    assert "on a board of another account" in plan.actions[0].describe().effect
    assert [(kind, path) for kind, path in ((one.kind.value, one.path) for one in plan.findings)] == [
        ("new_here", "Theirs/Theirs.jpg")
    ]
    with pytest.raises(SafetyStop, match="belongs to another account, and no rule allows changing it"):
        studio.apply(plan, ExecutorOptions(policies=studio.policies))
    assert studio.remote.posts == 0
    assert studio.apply(plan, ExecutorOptions(policies=named)).complete
    assert studio.remote.posts == 1
    assert kinds(studio.plan(written_of_others=("Group",))) == []


@pytest.mark.promise("I10")
def test_a_plan_that_does_not_say_whose_board_it_is_uploads_nothing_into_it(studio):
    put(studio, MINE)
    plan = studio.plan()
    studio.remote.boards_by_id[cats(studio)] = replace(studio.remote.boards_by_id[cats(studio)], owner="somebody")
    result = studio.apply(plan)
    assert (studio.remote.posts, outcome(result)) == (0, {"upload": {"stale": 1}})


@pytest.mark.promise("I31")
@pytest.mark.parametrize(
    ("data", "conditions", "message"),
    [
        (b"", {}, "it is empty"),
        (b"broken", {}, "its end is missing"),
        (b"HEIC x", {}, "cannot decode"),
        (image_bytes("a~moving"), {}, "animated"),
        (image_bytes("a~99x400"), {}, "99×400 pixels, at least 100"),
        (image_bytes("a~40000x10"), {}, "40000×10 pixels"),
        (image_bytes("a"), {"max_bytes": 6}, "7 bytes, at most 6 are allowed"),
    ],
)
def test_a_file_that_pinterest_would_refuse_is_not_sent(studio, data, conditions, message):
    put(studio, MINE)
    studio.library.files[MINE] = data
    plan = uploads(studio, **conditions)
    (finding,) = plan.findings
    assert (kinds(plan), finding.kind, finding.path) == ([], "cannot_upload", MINE)
    assert message in finding.message
    assert finding.kind.hinders


def test_a_name_that_leaves_no_room_for_a_companion_is_none_to_ask_for(studio):
    name = f"Cats/{'n' * 248}.jpg"
    put(studio, name)
    result = studio.apply()
    assert result.complete, studio.events
    assert name not in studio.library.files


def test_a_file_that_changed_a_moment_ago_waits(studio):
    put(studio, MINE)
    studio.library.times[MINE] = int(studio.clock.present.timestamp() * 1e9)
    plan = studio.plan()
    assert kinds(plan) == []
    assert "changed in the last 10 seconds" in said(plan)[0][1]
    assert kinds(uploads(studio, settle_seconds=0)) == ["upload"]


def test_a_file_that_changes_while_it_is_read_waits(studio, monkeypatch):
    put(studio, MINE)
    upload = studio.library.upload

    def growing(path, preparation=None):
        found = upload(path, preparation)
        put(studio, MINE, data=image_bytes("more"))
        return found

    monkeypatch.setattr(studio.library, "upload", growing)
    assert "it changed while it was read" in said(studio.plan())[0][1]


@pytest.mark.promise("I31")
def test_a_picture_that_pinterest_shows_already_is_not_uploaded(studio):
    old = next(iter(studio.remote.pins_by_id.values()))
    put(studio, MINE, data=studio.library.files[studio.path_of(old.id)])
    put(studio, "Cats/same.jpg", data=image_bytes(f"{old.id}-0~q50"))
    plan = studio.plan()
    assert kinds(plan) == []
    assert [kind for kind, _ in said(plan)] == ["already_pinned"]
    assert said(plan)[0][1] == f"2 pictures: pin {old.id} shows the same picture"


@pytest.mark.promise("I31")
def test_a_picture_of_a_pin_that_is_not_here_is_not_uploaded(studio):
    there = studio.pin(cats(studio), "Only there")
    put(studio, MINE, data=image_bytes(f"{there}-0.jpg"))
    assert ("already_pinned", f"sunset.jpg: pin {there} shows the same picture") in said(studio.plan())


@pytest.mark.promise("I29")
@pytest.mark.parametrize("here", [True, False])
def test_a_mark_on_two_that_look_the_same_makes_no_third_copy_a_new_picture(studio, here):
    """Someone wants to keep both; a tagged copy of them in the folder is still on the account."""
    for _ in range(2):
        studio.pin(cats(studio), "Same", shown="same")
    if here:
        studio.mode(Mode.TWO_WAY)
        assert studio.apply().complete
        studio.mode(Mode.PUBLISH)
    copy = image_bytes("same.jpg").removesuffix(b".jpg") + b"~same.jpg"
    put(studio, "Cats/tagged.jpg", data=copy)
    assert findings(uploads(studio)).count("already_pinned") == 1
    stored = studio.state.fingerprints.stored_one(Sha256(hashlib.sha256(copy).hexdigest()), ALGORITHM_VERSION)
    assert stored is not None
    looks = signature_of(msgspec.msgpack.decode(stored, type=Fingerprint))
    studio.state.fingerprints.mark_different(looks, looks)
    plan = uploads(studio)
    assert (kinds(plan), findings(plan).count("already_pinned")) == ([], 1)


def test_a_pin_that_cannot_be_compared_holds_uploads_back(studio, monkeypatch):
    url = studio.remote.pins_by_id[studio.pin(cats(studio), "Only there")].images[0].renditions[1].url
    put(studio, MINE)
    studio.images.answers = {one: Unreachable("no answer") for one in (url, url.replace("600x", "1200x"))}
    plan = studio.plan()
    assert "1 pins are not compared with it yet" in str(said(plan)) or kinds(plan) == []
    studio.images.answers = {}
    monkeypatch.setattr(new_pictures, "MAX_FETCHES", 0)
    assert kinds(studio.plan()) == []
    monkeypatch.undo()
    assert kinds(studio.plan()) == ["upload"]


def test_of_two_new_files_with_the_same_picture_one_is_uploaded(studio):
    put(studio, "Cats/a.jpg", "Cats/b.jpg", data=image_bytes("twice"))
    plan = studio.plan()
    assert [one.address for one in plan.actions] == ["Cats/a.jpg"]
    assert said(plan) == [("already_pinned", "b.jpg: Cats/a.jpg, which is uploaded, shows the same picture")]


# -- how many -----------------------------------------------------------------------------------------------------------


@pytest.mark.promise("I5")
@pytest.mark.promise("I31")
def test_six_hundred_new_files_trip_the_limit(studio):
    put(studio, *(f"Cats/{number:03}.jpg" for number in range(600)))
    plan = studio.plan(allow={})
    (failed,) = [check for check in plan.checks if check.status == "fail"]
    assert (failed.name, failed.figure, len(plan.actions)) == ("uploads", "600", 50)
    allowed = studio.plan(allow={"uploads": 600})
    assert allowed.applyable
    assert said(allowed) == [
        ("new_here", "550 pictures: not uploaded today: the limit is 50 uploads a day, in UTC ([upload] per_day)")
    ]
    assert studio.apply(allowed).complete
    assert kinds(studio.plan()) == []
    studio.clock.present = studio.clock.present.replace(day=2)
    assert len(kinds(studio.plan())) == 50


@pytest.mark.promise("I11")
def test_an_apply_counts_the_day_and_the_limit_again(studio):
    put(studio, "Cats/a.jpg", "Cats/b.jpg")
    plan = studio.plan()
    strict = replace(studio.policies, uploads=Uploads(own_content=True, per_day=1))
    result = studio.apply(plan, ExecutorOptions(policies=strict))
    assert (len(studio.remote.pins_by_id), result.complete) == (2, False)
    studio.clock.present = studio.clock.present.replace(day=2)
    assert studio.apply(plan, ExecutorOptions(policies=strict)).complete


@pytest.mark.promise("I11")
def test_a_plan_that_was_edited_uploads_no_more_than_the_config_allows(studio):
    put(studio, "Cats/a.jpg", "Cats/b.jpg")
    strict = replace(studio.policies, limits=Limits(uploads=1))
    with pytest.raises(SafetyStop, match="2 pictures would be uploaded"):
        studio.apply(
            replace(studio.plan(), allow={}), ExecutorOptions(policies=strict, expect_digest=None, answered=True)
        )


def test_creates_are_paced(studio):
    put(studio, *(f"Cats/{number}.jpg" for number in range(12)))
    studio.clock.waited = 0
    studio.apply()
    assert 0 < studio.clock.waited <= 60


# -- safety -------------------------------------------------------------------------------------------------------------


@pytest.mark.promise("I31")
def test_a_file_that_changed_since_the_plan_is_not_sent(studio):
    put(studio, MINE)
    plan = studio.plan()
    put(studio, MINE, data=image_bytes("private"))
    result = studio.apply(plan)
    assert (studio.remote.posts, outcome(result)) == (0, {"upload": {"stale": 1}})


@pytest.mark.promise("I31")
def test_a_file_that_changes_between_check_and_request_is_not_sent(studio, monkeypatch):
    put(studio, MINE)
    plan = studio.plan()
    upload = studio.library.upload

    def swapped(path, preparation=None):
        put(studio, MINE, data=image_bytes("private"))
        return upload(path, preparation)

    monkeypatch.setattr(studio.library, "upload", swapped)
    result = studio.apply(plan)
    assert (studio.remote.posts, outcome(result)) == (0, {"upload": {"failed": 1}})


def outcome(result: ApplyResult) -> object:
    return {kind: {str(one): number for one, number in counts.items()} for kind, counts in result.ended.items()}


def test_a_file_that_the_user_moves_during_the_upload_is_not_tracked(studio, monkeypatch):
    put(studio, MINE)
    plan = studio.plan()
    create = studio.remote.create_pin

    def meanwhile(pin, images):
        studio.library.rename(MINE, "mine again.jpg")
        return create(pin, images)

    monkeypatch.setattr(studio.remote, "create_pin", meanwhile)
    assert studio.apply(plan).complete
    assert len(studio.state.base().tracked) == 1
    assert studio.state.journal()[-1].reason == "the file was moved or changed while it was uploaded; it is not tracked"


@pytest.mark.promise("I11")
def test_a_file_that_is_tracked_is_not_uploaded_again(studio):
    put(studio, MINE)
    plan = studio.plan()
    (upload,) = plan.actions
    known = replace(studio.state.base().tracked[0], path=upload.expect.path)
    assert OnRecord((known,)).why_not(upload) == f"the library already tracks {MINE}"


def test_a_saved_snapshot_without_facts_uploads_nothing(studio):
    put(studio, MINE)
    studio.mode(Mode.ARCHIVE)
    taken = take_snapshots(studio.adapters(), PlanRequest(policies=studio.policies))
    studio.mode(Mode.PUBLISH)
    plan = decide(taken, PlanRequest(policies=studio.policies), "")
    assert said(plan) == [("cannot_upload", "sunset.jpg: it cannot be read")]


@pytest.mark.promise("I10")
def test_protected_files_and_boards_are_not_uploaded(studio):
    put(studio, MINE)
    for protect in (Protect(globs=("*sunset*",)), Protect(boards=("Cats",)), Protect(kinds=("upload",))):
        plan = studio.plan(protect=protect)
        assert (kinds(plan), findings(plan)) == ([], ["blocked"])


@pytest.mark.promise("I9")
def test_uploads_follow_the_scope(studio):
    put(studio, MINE, "Cats/Young/kitten.jpg")
    for scope, addresses in (
        (Scope(targets=("Cats/Young",)), ["Cats/Young/kitten.jpg"]),
        (Scope(targets=("Cats/sunset.jpg",)), ["Cats/sunset.jpg"]),
        (Scope(excludes=("Cats",)), []),
    ):
        assert [one.address for one in studio.plan(scope=scope).actions] == addresses


# -- at most once ---------------------------------------------------------------------------------------------------------


@pytest.mark.promise("I29")
@pytest.mark.promise("I14")
@pytest.mark.parametrize("moment", range(1, 7))
def test_killed_at_any_moment_it_is_uploaded_once(studio, moment):
    put(studio, MINE)
    studio.library.write(f"{MINE}.xmp", b"stars")
    plan = studio.plan()
    studio.effects.count, studio.effects.crash_at = 0, moment
    with pytest.raises(Crash):
        studio.apply(plan)
    studio.restart()
    assert studio.resume(plan).complete
    names = sorted(path.partition(" [")[0] for path in studio.library.files)
    assert names == ["Cats/Old", "Cats/sunset", "Cats/sunset"]
    assert [pin.title for pin in studio.remote.pins_by_id.values()].count("sunset") == 1


@pytest.mark.promise("I29")
@pytest.mark.parametrize("answers", [Answers.LOST_BEFORE, Answers.LOST_AFTER])
def test_a_lost_answer_is_never_sent_again(studio, answers):
    put(studio, MINE)
    studio.remote.answers = answers
    studio.remote.hides_created = True
    plan = studio.plan()
    result = studio.apply(plan)
    assert (result.complete, studio.remote.posts) == (False, 1)
    studio.apply(plan)
    later = studio.plan()
    assert (studio.remote.posts, kinds(later), findings(later)) == (1, [], ["unconfirmed"])
    assert later.findings[0].path == MINE
    studio.library.rename(MINE, "Cats/renamed.jpg")
    assert kinds(studio.plan()) == []


@pytest.mark.promise("I29")
def test_a_pin_that_shows_up_later_is_confirmed(studio):
    put(studio, MINE)
    studio.remote.answers, studio.remote.hides_created = Answers.LOST_AFTER, True
    studio.apply()
    studio.remote.hidden.clear()
    plan = studio.plan()
    assert kinds(plan) == ["confirm_create"]
    assert studio.apply(plan).complete
    made = next(pin.id for pin in studio.remote.pins_by_id.values() if pin.title == "sunset")
    assert studio.path_of(made) == f"Cats/sunset [{made}].jpg"
    again = studio.plan()
    assert (kinds(again), findings(again), studio.remote.posts) == ([], [], 1)


def test_where_no_picture_is_new_nothing_is_looked_for_before_the_decision(studio, monkeypatch):
    def unneeded(*_args: object) -> None:
        raise AssertionError

    for name in ("layout_of", "layout_and_new_places"):
        monkeypatch.setattr(new_files, name, unneeded)
    for path in ("Cats/notes.txt", "notes.txt"):
        studio.library.write(path, b"mine")
    assert kinds(studio.plan()) == []
    put(studio, MINE)
    with pytest.raises(AssertionError):
        studio.plan()

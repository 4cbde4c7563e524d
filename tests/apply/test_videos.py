"""Videos put into the folder of a board become pins, each with the picture of the same name as its cover, once, and nothing else is published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import pytest
from msgspec.structs import replace

from pinplan.actions import UploadVideo
from pinplan.apply import video_uploads
from pinplan.apply.executor import ExecutorOptions
from pinplan.errors import Unreachable, VideoRefused
from pinplan.events import Uploading
from pinplan.model.ids import BoardId, PinId, RelPath
from pinplan.model.images import Content
from pinplan.model.snapshots import UnknownPath
from pinplan.model.videos import Video, VideoPlace, VideoStatus
from pinplan.plan.document import Plan, Scope
from pinplan.policies.mode import Mode
from pinplan.policies.protect import Protect
from pinplan.policies.uploads import MAX_COVER_BYTES, Uploads
from pinplan.reconcile.new_videos import why_video_is_not_sent
from tests.fakes import Answers, Crash, FakeVideoBytes, digest_of, image_bytes, video_bytes
from tests.worlds import SmallWorld, findings, kinds

VIDEO, COVER = "Cats/clip.mp4", "Cats/clip.jpg"


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


def put(world: SmallWorld, *paths: str) -> None:
    for path in paths:
        name = path.rpartition("/")[2].replace(" ", "_")
        moving = path.lower().endswith((".mp4", ".mov", ".m4v"))
        world.library.write(path, video_bytes(name) if moving else image_bytes(name))


def said(plan: Plan) -> list[tuple[str, str]]:
    return [(one.kind.value, one.message) for one in plan.findings]


def made(world: SmallWorld) -> PinId:
    """The pin that was created."""
    return next(pin.id for pin in world.remote.pins_by_id.values() if pin.title == "clip")


def cats(world: SmallWorld) -> BoardId:
    return next(iter(world.remote.boards_by_id))


def settled(world: SmallWorld) -> bool:
    """Whether one pin shows the video, and its files have its name."""
    pin = made(world)
    sent = world.videos.sent[world.remote.videos[pin]]
    names = {f"Cats/clip [{pin}].mp4", f"Cats/clip [{pin}].jpg"}
    titles = [one.title for one in world.remote.pins_by_id.values()]
    return (
        titles.count("clip") == 1
        and sent == video_bytes("clip.mp4")
        and names < set(world.library.files)
        and world.path_of(pin) == f"Cats/clip [{pin}].jpg"
    )


def test_how_much_was_sent_is_told_a_hundred_times_at_most(studio, monkeypatch):
    put(studio, COVER)
    studio.library.write(VIDEO, video_bytes("clip" * 300))
    size = len(studio.library.files[VIDEO])
    whole = FakeVideoBytes.chunks

    def by_byte(self: FakeVideoBytes) -> Iterator[bytes]:
        for chunk in whole(self):
            yield from (chunk[at : at + 1] for at in range(len(chunk)))

    monkeypatch.setattr(FakeVideoBytes, "chunks", by_byte)
    studio.events.clear()
    assert studio.apply().complete
    told = [event for event in studio.events if isinstance(event, Uploading)]
    assert {(event.id, event.path, event.total) for event in told} == {("0001", VIDEO, size)}
    sent = [event.sent for event in told]
    assert (sent, sent[-1], 50 <= len(sent) <= 100) == (sorted(set(sent)), size, True)


@pytest.mark.promise("I31")
def test_a_video_becomes_a_pin_and_both_files_get_the_id(studio):
    put(studio, VIDEO, COVER)
    studio.library.write("Cats/clip.xmp", b"stars")
    plan = studio.plan()
    assert (kinds(plan), said(plan)) == (["upload_video"], [])
    (action,) = plan.actions
    assert isinstance(action, UploadVideo)
    assert (action.describe().subject, action.describe().detail) == (
        "clip.mp4",
        "“clip”, 12 s, 0.1 kB, cover clip.jpg, with clip.xmp",
    )
    assert studio.apply(plan).complete
    assert settled(studio)
    assert studio.library.files[f"Cats/clip [{made(studio)}].xmp"] == b"stars"
    again = studio.plan()
    # Only its cover is on record, but the video is here: nothing to say of that.
    assert (kinds(again), findings(again)) == ([], [])


def test_a_video_in_a_section_and_one_in_a_new_board(studio):
    put(studio, "Cats/Young/clip.mov", "Cats/Young/clip.png", "New/other.m4v", "New/other.jpg")
    plan = studio.plan()
    assert sorted(kinds(plan)) == ["create_board", "upload_video", "upload_video"]
    assert studio.apply(plan).complete
    pin = studio.remote.pins_by_id[made(studio)]
    assert pin.section_id is not None
    assert f"Cats/Young/clip [{pin.id}].mov" in studio.library.files
    assert (kinds(studio.plan()), findings(studio.plan())) == ([], [])


@pytest.mark.promise("I31")
@pytest.mark.parametrize(
    ("paths", "messages"),
    [
        (["clip.mp4"], ["clip.mp4: put a picture named clip.jpg beside it: it becomes the cover"]),
        (
            ["clip.mp4", "other.MOV"],
            ["2 videos: put a picture of the same name beside each (clip.jpg for clip.mp4): it becomes the cover"],
        ),
        (
            ["clip.mp4", "clip.mov", "clip.jpg"],
            ["2 videos: clip.mov and clip.mp4 have one name, so their cover is unclear; rename one of them"],
        ),
        (
            ["clip.mp4", "clip.png", "clip.jpg"],
            ["clip.mp4: clip.jpg and clip.png both have its name, so its cover is unclear; rename one of them"],
        ),
        (
            [".pin", "clip.mp4", "clip.jpg"],
            ["clip.mp4: its folder becomes one pin (.pin), which shows pictures only; move the video elsewhere"],
        ),
        ([".clip.mp4", ".clip.jpg"], [".clip.mp4: not uploaded: the file is hidden; rename it to upload it"]),
        (
            ["deep/er/clip.mp4", "deep/er/clip.jpg"],
            [
                "clip.mp4: not uploaded: Cats/deep/er is not the folder of a board or section on Pinterest",
            ],
        ),
    ],
)
def test_where_it_is_not_clear_what_is_meant_nothing_is_uploaded(studio, paths, messages):
    put(studio, *(f"Cats/{path}" for path in paths))
    plan = studio.plan()
    assert [kind for kind in kinds(plan) if "upload" in kind] == []
    found = [text for kind, text in said(plan) if kind in {"cannot_upload", "new_here"}]
    assert [text for text in found if ".pin is in the folder" not in text] == messages


@pytest.mark.promise("I31")
@pytest.mark.parametrize(
    ("data", "cover", "message"),
    [
        (b"text", image_bytes("c"), "clip.mp4: it is not an MP4 or QuickTime video"),
        (video_bytes("c"), b"broken", "clip.mp4: its cover clip.jpg: it is cut off: its end is missing"),
        (video_bytes("c"), image_bytes("c~60x200"), "clip.mp4: its cover clip.jpg: 60×200 pixels, at least 100"),
        (video_bytes("c"), image_bytes("c~moving"), "clip.mp4: its cover clip.jpg: it is animated"),
        (video_bytes("c"), b"old", "clip.mp4: its cover clip.jpg: pin 1 shows the same picture"),
        (video_bytes("c" * 100), image_bytes("c"), "clip.mp4: 106 bytes, at most 50 are allowed"),
    ],
)
def test_what_pinterest_would_not_take_is_not_uploaded(studio, data, cover, message):
    studio.library.write(VIDEO, data)
    old = next(iter(studio.remote.pins_by_id))
    studio.library.write(COVER, studio.library.files[studio.path_of(old)] if cover == b"old" else cover)
    plan = studio.plan(uploads=Uploads(own_content=True, max_video_bytes=50))
    assert kinds(plan) == []
    (text,) = (text for _, text in said(plan))
    assert message.replace("pin 1 ", f"pin {old} ") in text


def test_a_cover_has_a_limit_of_its_own(studio):
    put(studio, VIDEO)
    studio.library.write(COVER, image_bytes("c ").ljust(MAX_COVER_BYTES + 1))
    (text,) = (text for _, text in said(studio.plan()))
    assert text == "clip.mp4: its cover clip.jpg: 10,000,001 bytes, at most 10,000,000 are allowed for a cover"


@pytest.mark.parametrize(("seconds", "refused"), [(3.9, True), (4, False), (900, False), (900.1, True)])
def test_a_video_has_a_length(studio, monkeypatch, seconds, refused):
    put(studio, VIDEO, COVER)
    real = studio.library.inspect_video
    monkeypatch.setattr(
        studio.library, "inspect_video", lambda path: replace(real(path), duration_ms=int(seconds * 1000))
    )
    plan = studio.plan()
    assert bool(kinds(plan)) is not refused
    if refused:
        assert f"clip.mp4: {seconds} seconds long, between 4 seconds and 15 minutes are allowed" in said(plan)[0][1]


@pytest.mark.parametrize(
    ("covers", "second"),
    [
        ((), "put a picture named clip.jpg beside it: it becomes the cover"),
        (
            (COVER, "Cats/clip.png"),
            "clip.jpg and clip.png both have its name, so its cover is unclear; rename one of them",
        ),
        (("Cats/clip.gif",), "its cover clip.gif: it is animated; the API takes still pictures only"),
    ],
)
def test_everything_that_is_wrong_is_said_at_once(studio, monkeypatch, covers, second):
    put(studio, VIDEO, "Cats/fine.mp4", *covers)
    if "Cats/clip.gif" in covers:
        studio.library.write("Cats/clip.gif", image_bytes("clip~moving"))
    real = studio.library.inspect_video

    def shorter(path: RelPath) -> Video:
        video: Video = real(path)
        return replace(video, duration_ms=2_000 if path == VIDEO else 12_000)

    monkeypatch.setattr(studio.library, "inspect_video", shorter)
    texts = sorted(text for _, text in said(studio.plan()))
    # Nobody is to draw a cover for a video that is not taken.
    short = "clip.mp4: 2.0 seconds long, between 4 seconds and 15 minutes are allowed; "
    assert [text.startswith(f"{short}{second.partition(';')[0]}") for text in texts] == [True, False]
    assert texts[1] == "fine.mp4: put a picture named fine.jpg beside it: it becomes the cover"


def test_what_could_not_be_looked_at_is_not_sent():
    assert why_video_is_not_sent(1, None, 2) == "it cannot be read"


@pytest.mark.parametrize("what", [VIDEO, COVER])
def test_a_file_that_is_being_written_waits(studio, what):
    put(studio, VIDEO, COVER)
    studio.library.times[what] = int(studio.clock.present.timestamp() * 1e9)
    (text,) = (text for _, text in said(studio.plan()))
    assert "not uploaded yet: changed in the last 10 seconds" in text


def test_a_video_that_changes_while_it_is_read_waits(studio, monkeypatch):
    put(studio, VIDEO, COVER)
    real = studio.library.digest

    def growing(path: Any) -> Any:
        found = real(path)
        studio.library.write(path, video_bytes("longer"))
        return found

    monkeypatch.setattr(studio.library, "digest", growing)
    assert said(studio.plan()) == [("cannot_upload", "clip.mp4: it changed while it was read")]


def test_without_consent_or_beyond_the_limit_of_a_day_nothing_is_uploaded(studio):
    put(studio, VIDEO, COVER)
    (text,) = (text for _, text in said(studio.plan(uploads=Uploads())))
    assert "own_content = true" in text
    plan = studio.plan(uploads=Uploads(own_content=True, per_day=0))
    assert "not uploaded today" in said(plan)[0][1]
    for protect in (Protect(globs=("*.mp4",)), Protect(globs=("*/clip.jpg",)), Protect(kinds=("upload_video",))):
        assert findings(studio.plan(protect=protect)) == ["blocked"]


def test_videos_are_reported_by_folder_and_within_the_scope(studio):
    old = next(iter(studio.remote.pins_by_id))
    put(studio, "Cats/a.MP4", "Cats/b.mov", "Cats/Young/c.m4v", "elsewhere/d.mp4", f"Cats/Old [{old}].mp4")
    put(studio, "Cats/Young/kitten.png")
    assert kinds(studio.plan()) == ["upload"]
    assert [text.partition(":")[0] for _, text in said(studio.plan())] == ["2 videos", "c.m4v"]
    assert said(studio.plan(scope=Scope(targets=("Cats/Young",))))[0][1].startswith("c.m4v")
    assert [kind for kind, _ in said(studio.plan(exclude=("Cats",)))] == ["untracked"]


def test_where_pictures_are_only_reported_videos_are_not_mentioned(studio):
    put(studio, VIDEO, COVER)
    studio.mode(Mode.TWO_WAY)
    assert [text for _, text in said(studio.plan())] == [
        '1 picture is only here, not on Pinterest: uploaded only with [sync] on_new_file = "upload", in the modes two-way and publish'
    ]


def test_the_digest_of_a_video_is_taken_once(studio, monkeypatch):
    put(studio, VIDEO, COVER)
    studio.plan()
    monkeypatch.setattr(studio.library, "digest", pytest.fail)
    assert kinds(studio.plan()) == ["upload_video"]
    # Another file of the same name is another matter.
    monkeypatch.undo()
    studio.library.write(VIDEO, video_bytes("other"))
    (action,) = studio.plan().actions
    assert isinstance(action, UploadVideo)
    assert action.video.sha256 == digest_of(video_bytes("other"))


# -- on the way --------------------------------------------------------------------------------------------------------


@pytest.mark.promise("I31")
@pytest.mark.parametrize(
    ("path", "reason"),
    [(VIDEO, "Cats/clip.mp4 has changed since the plan"), (COVER, "the file has changed since the plan")],
)
def test_only_the_planned_bytes_are_sent(studio, path, reason):
    put(studio, VIDEO, COVER)
    plan = studio.plan()
    studio.library.write(path, video_bytes("else") if path == VIDEO else image_bytes("else"))
    assert not studio.apply(plan).complete
    assert (studio.state.journal()[-1].reason, studio.remote.posts, studio.videos.sent) == (reason, 0, {})


@pytest.mark.promise("I31")
def test_a_video_that_changes_while_it_is_sent_becomes_no_pin(studio, monkeypatch):
    put(studio, VIDEO, COVER)
    plan = studio.plan()
    real = studio.remote.register_video

    def meanwhile() -> Any:
        studio.library.write(VIDEO, video_bytes("else"))
        return real()

    opened = studio.library.open_video

    def late(path: Any, preparation: Any) -> Any:
        studio.library.write(VIDEO, video_bytes("else"))
        return opened(path, preparation)

    monkeypatch.setattr(studio.library, "open_video", late)
    monkeypatch.setattr(studio.remote, "register_video", meanwhile)
    assert not studio.apply(plan).complete
    assert studio.remote.posts == 0
    assert "the file has changed since the plan" in (studio.state.journal()[-1].reason or "")


def test_processing_is_waited_for_with_growing_pauses(studio):
    put(studio, VIDEO, COVER)
    plan = studio.plan()
    studio.remote.video_answers = [VideoStatus.REGISTERED] + [VideoStatus.PROCESSING] * 5
    assert studio.apply(plan).complete
    assert studio.clock.waited == 1 + 2 + 4 + 8 + 10 + 10
    assert settled(studio)


@pytest.mark.promise("I29")
@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([VideoStatus.PROCESSING, VideoStatus.FAILED], "Pinterest cannot process the video; nothing was created"),
        ([VideoStatus.PROCESSING] * 99, "Pinterest has not processed the video in 8 minutes; nothing was created"),
    ],
)
def test_a_video_that_is_not_processed_becomes_no_pin_and_may_be_sent_again(studio, answers, reason):
    put(studio, VIDEO, COVER)
    plan = studio.plan()
    studio.remote.video_answers = list(answers)
    assert not studio.apply(plan).complete
    assert reason in (studio.state.journal()[-1].reason or "")
    assert studio.clock.waited <= video_uploads.LONGEST
    studio.remote.video_answers = []
    assert not list(studio.state.creates.pending())
    assert studio.apply().complete
    assert (settled(studio), studio.remote.posts) == (True, 1)


def test_an_interrupt_ends_the_waiting_for_a_video(studio, monkeypatch):
    put(studio, VIDEO, COVER)
    plan, stop = studio.plan(), Event()
    studio.remote.video_answers = [VideoStatus.PROCESSING] * 99
    real: Callable[[], VideoPlace] = studio.remote.register_video

    def interrupted() -> VideoPlace:
        stop.set()
        return real()

    monkeypatch.setattr(studio.remote, "register_video", interrupted)
    result = studio.apply(plan, ExecutorOptions(stop=stop))
    assert (result.interrupted, studio.clock.waited, studio.remote.posts) == (True, 0, 0)
    studio.remote.video_answers = []
    monkeypatch.undo()
    assert studio.apply(plan).complete
    assert settled(studio)


@pytest.mark.parametrize("error", [VideoRefused("HTTP 403"), Unreachable("no answer")])
def test_a_host_that_does_not_take_it_ends_one_action(studio, error):
    put(studio, VIDEO, COVER, "Cats/picture.jpg")
    plan = studio.plan()
    studio.videos.refuses = error
    result = studio.apply(plan)
    assert result.ended["upload_video"] == {"failed": 1}
    assert result.ended["upload"] == {"done": 1}
    assert studio.remote.posts == 1


@pytest.mark.promise("I29")
@pytest.mark.promise("I14")
def test_a_crash_at_any_moment_creates_it_once(studio, tmp_path):
    put(studio, VIDEO, COVER)
    plan = studio.plan()
    crashes = 0
    for moment in range(1, 100):
        studio.effects.crash_at = studio.effects.count + moment
        try:
            studio.apply(plan)
        except Crash:
            crashes += 1
            studio.restart()
            # Each further attempt gets one effect further, or resolves what is open.
            continue
        break
    studio.effects.crash_at = None
    assert studio.resume(plan).complete
    assert crashes >= 5
    assert (settled(studio), studio.remote.posts <= 2) == (True, True)
    assert kinds(studio.plan()) == []


@pytest.mark.promise("I29")
@pytest.mark.parametrize("moment", range(1, 13))
def test_after_a_crash_the_same_plan_ends_where_it_would_have(studio, moment):
    put(studio, VIDEO, COVER)
    plan = studio.plan()
    studio.effects.crash_at = studio.effects.count + moment
    try:
        studio.apply(plan)
    except Crash:
        studio.restart()
    assert studio.resume(plan).complete
    assert settled(studio)
    assert kinds(studio.plan()) == []


@pytest.mark.promise("I29")
def test_a_lost_answer_is_recognised_by_the_cover(studio):
    put(studio, VIDEO, COVER)
    plan = studio.plan()
    studio.remote.answers = Answers.LOST_AFTER
    assert studio.apply(plan).complete
    assert (settled(studio), studio.remote.posts, studio.remote.registered) == (True, 1, 1)


@pytest.mark.promise("I29")
def test_one_that_is_not_listed_yet_is_confirmed_later_and_not_sent_again(studio):
    put(studio, VIDEO, COVER)
    plan = studio.plan()
    studio.remote.answers, studio.remote.hides_created = Answers.LOST_AFTER, True
    assert studio.apply(plan).ended["upload_video"] == {"unconfirmed": 1}
    # A plan meanwhile sends nothing: the video waits with its cover.
    meanwhile = studio.plan()
    assert (kinds(meanwhile), findings(meanwhile)) == ([], ["unconfirmed"])
    studio.remote.hidden.clear()
    studio.remote.answers = Answers.COME
    assert kinds(studio.plan()) == ["confirm_create"]
    assert studio.apply().complete
    assert (settled(studio), studio.remote.posts) == (True, 1)


# -- afterwards --------------------------------------------------------------------------------------------------------


@pytest.mark.promise("I24")
def test_undo_deletes_the_pin_and_gives_both_files_their_names_back(studio):
    put(studio, VIDEO, COVER)
    before = studio.seen()
    studio.apply()
    back = studio.undo()
    assert kinds(back) == ["move_local", "delete_remote"]
    assert studio.apply(back).complete
    assert studio.seen() == before
    # The pin of a video is not created again by an undo; its files are here to be uploaded.
    again = studio.undo()
    assert [text for kind, text in said(again) if kind == "not_undone" and "cannot create videos" in text]
    assert kinds(studio.plan()) == ["upload_video"]


@pytest.mark.promise("I24")
def test_undo_leaves_a_video_alone_whose_old_name_is_taken(studio):
    put(studio, VIDEO, COVER)
    studio.apply()
    pin = made(studio)
    put(studio, VIDEO)
    back = studio.undo()
    assert studio.apply(back).complete
    assert studio.library.files[VIDEO] == video_bytes("clip.mp4")
    # The two stay together.
    assert {f"Cats/clip [{pin}].mp4", f"Cats/clip [{pin}].jpg"} < set(studio.library.files)


@pytest.mark.promise("I31")
def test_bytes_that_changed_under_the_same_size_and_time_are_not_sent(studio):
    put(studio, VIDEO, COVER)
    plan = studio.plan()
    studio.library.files[VIDEO] = video_bytes("CLIP.mp4")
    assert not studio.apply(plan).complete
    assert studio.state.journal()[-1].reason == "clip.mp4: the file has changed since the plan"


@pytest.mark.promise("I2")
def test_deleting_the_cover_alone_deletes_no_pin(studio):
    put(studio, VIDEO, COVER)
    studio.apply()
    pin = made(studio)
    studio.library.remove(studio.path_of(pin))
    plan = studio.plan()
    text = f"Cats/clip [{pin}].jpg was removed here, its video Cats/clip [{pin}].mp4 is still here; nothing is done"
    assert (kinds(plan), said(plan)) == ([], [("partly_removed", text)])
    # Nor does a person make a video the picture of its pin; but they get its cover again.
    named = studio.plan(scope=Scope(accept=(f"Cats/clip [{pin}].mp4",)))
    assert (kinds(named), findings(named)) == ([], ["partly_removed"])
    assert kinds(studio.plan(scope=Scope(restore=(f"Cats/clip [{pin}].jpg",)))) == ["download"]
    # What cannot be read may be the cover.
    studio.library.unknown.append(UnknownPath(path="Cats/x.jpg", reason="broken disk"))
    assert "Cats/x.jpg cannot be read: it may be this file" in said(studio.plan())[-1][1] + said(studio.plan())[0][1]
    studio.library.unknown.clear()
    # Without the video nothing of the pin is left here.
    studio.library.remove(f"Cats/clip [{pin}].mp4")
    plan = studio.plan()
    assert kinds(plan) == ["delete_remote"]
    assert studio.apply(plan).complete
    assert pin not in studio.remote.pins_by_id


@pytest.mark.promise("I2")
@pytest.mark.promise("I12")
def test_a_video_that_comes_back_before_the_delete_keeps_the_pin(studio):
    put(studio, VIDEO, COVER)
    studio.apply()
    pin = made(studio)
    for path in (f"Cats/clip [{pin}].mp4", f"Cats/clip [{pin}].jpg"):
        studio.library.remove(path)
    plan = studio.plan()
    assert kinds(plan) == ["delete_remote"]
    put(studio, f"Cats/clip [{pin}].mp4")
    assert not studio.apply(plan).complete
    assert pin in studio.remote.pins_by_id
    assert studio.state.journal()[-1].reason == (
        f"Cats/clip [{pin}].jpg is missing, but its video Cats/clip [{pin}].mp4 is still here"
    )


def test_the_cover_of_a_video_comes_again_where_missing_files_do(studio):
    put(studio, VIDEO, COVER)
    studio.apply()
    pin = made(studio)
    studio.library.remove(f"Cats/clip [{pin}].jpg")
    studio.mode(Mode.MIRROR)
    assert kinds(studio.plan()) == ["download"]
    del studio.remote.pins_by_id[pin]
    assert kinds(studio.plan()) == ["forget"]


def test_a_video_of_a_pin_is_not_read_again(studio, monkeypatch):
    put(studio, VIDEO, COVER)
    studio.apply()
    real: Callable[[RelPath], Content] = studio.library.inspect

    def inspect(path: RelPath) -> Content:
        assert not path.endswith(".mp4")
        return real(path)

    monkeypatch.setattr(studio.library, "inspect", inspect)
    assert kinds(studio.plan()) == []


def test_deleting_the_video_alone_deletes_no_pin(studio):
    put(studio, VIDEO, COVER)
    studio.apply()
    pin = made(studio)
    studio.library.remove(f"Cats/clip [{pin}].mp4")
    plan = studio.plan()
    assert (kinds(plan), findings(plan)) == ([], ["cover_only"])


def test_a_video_follows_its_cover_to_another_board(studio):
    put(studio, VIDEO, COVER, "Cats/film.mp4")
    studio.apply()
    pin = made(studio)
    other = studio.board("Dogs")
    studio.mode(Mode.MIRROR)
    studio.remote.pins_by_id[pin] = replace(studio.remote.pins_by_id[pin], board_id=other)
    plan = studio.plan()
    assert kinds(plan) == ["move_local"]
    assert studio.apply(plan).complete
    assert {f"Dogs/clip [{pin}].mp4", f"Dogs/clip [{pin}].jpg"} < set(studio.library.files)


def test_a_video_goes_to_the_trash_with_its_cover_and_comes_back_with_it(studio):
    put(studio, VIDEO, COVER)
    studio.apply()
    pin = made(studio)
    names = {f"Cats/clip [{pin}].mp4", f"Cats/clip [{pin}].jpg"}
    studio.mode(Mode.MIRROR)
    del studio.remote.pins_by_id[pin]
    plan = studio.plan()
    assert kinds(plan) == ["delete_local"]
    assert studio.apply(plan).complete
    assert not names & set(studio.library.files)
    assert studio.apply(studio.undo()).complete
    assert names < set(studio.library.files)


def test_a_film_beside_a_picture_of_another_name_or_without_an_id_stays(studio):
    # The film of a phone beside its still: not a part of the pin.
    old = next(iter(studio.remote.pins_by_id))
    path = studio.path_of(old)
    put(studio, path.replace(f" [{old}].jpg", ".mov"))
    other = studio.board("Dogs")
    studio.mode(Mode.MIRROR)
    studio.remote.pins_by_id[old] = replace(studio.remote.pins_by_id[old], board_id=other)
    assert studio.apply().complete
    assert path.replace(f" [{old}].jpg", ".mov") in studio.library.files

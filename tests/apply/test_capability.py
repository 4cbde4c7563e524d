"""An app to which Pinterest does not offer a feature, PATCH on pins or creates: found once, said once, and the rest goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

import pytest
from msgspec.structs import replace

from pinplan.errors import ApiRefused, FeatureRestricted, TrialRefused
from pinplan.model.features import Feature
from pinplan.model.ids import BoardId, PinId
from pinplan.plan.document import Scope
from pinplan.policies.duplicates import Duplicates, Merge, Remove
from pinplan.policies.mode import Mode, MovedFile
from pinplan.policies.uploads import Uploads
from pinplan.records.journal import ActionOutcome
from tests.fakes import image_bytes, video_bytes
from tests.worlds import SmallWorld, findings, kinds


class Kept:
    """Port `Features`, in memory."""

    def __init__(self) -> None:
        self.refused: set[Feature] = set()

    def closed(self, now: datetime) -> tuple[Feature, ...]:
        return tuple(self.refused)

    def learn(self, refused: Collection[Feature], worked: Collection[Feature], now: datetime) -> None:
        self.refused = (self.refused | set(refused)) - set(worked)


@pytest.fixture
def world() -> Iterator[SmallWorld]:
    made = SmallWorld()
    made.features = Kept()
    cats, dogs = made.board("Cats"), made.board("Dogs")
    for title in ("One", "Two"):
        made.pin(cats, title)
    made.pin(dogs, "Dog")
    made.apply()
    made.mode(Mode.TWO_WAY)
    for record in made.state.base().tracked:
        if record.container == "Cats":
            made.library.rename(record.path, record.path.replace("Cats/", "Dogs/"))
    made.pin(dogs, "New")
    yield made
    made.close()


def refuse(world: SmallWorld) -> list[PinId]:
    """From now on Pinterest refuses it; what was asked."""
    asked: list[PinId] = []

    def move_pin(pin_id: PinId, board_id: BoardId, section_id: object) -> None:
        asked.append(pin_id)
        raise FeatureRestricted(f"PATCH /pins/{pin_id}", 401, 3, "restricted feature", None)

    world.remote.move_pin = move_pin  # type: ignore[method-assign] # this Pinterest refuses
    return asked


def test_it_is_asked_once_and_the_rest_goes_on(world):
    asked = refuse(world)
    result = world.apply()
    assert (result.count(ActionOutcome.FAILED), result.count(ActionOutcome.SKIPPED)) == (1, 1)
    assert result.count(ActionOutcome.DONE) == 1
    assert len(asked) == 1
    plan = world.plan()
    assert kinds(plan) == []
    assert [(f.kind.value, f.reason, f.count, f.address) for f in plan.findings] == [("blocked", "capability", 2, ".")]
    assert plan.findings[0].message.startswith(
        "not possible: 2 to move on Pinterest (move_remote). Pinterest does not offer apps like yours to"
    )
    assert len(asked) == 1


def test_it_is_tried_again_and_what_works_is_open(world):
    real = world.remote.move_pin
    refuse(world)
    world.apply()
    world.features.refused.clear()  # as after `full_refresh_days`
    world.remote.move_pin = real
    assert world.apply().complete
    world.features.refused.add(Feature.UPDATE_PINS)
    assert (world.plan().actions, world.plan().findings) == ((), ())
    plan = world.undo()
    assert (kinds(plan), findings(plan)) == ([], ["blocked"])


def test_a_run_that_moves_something_opens_the_feature(world):
    plan = world.plan()
    world.features.refused.add(Feature.UPDATE_PINS)
    assert world.apply(plan).complete
    assert world.features.refused == set()


def test_scopes_and_actions_that_rely_on_it_follow(world):
    board = world.board("Twins")
    world.pin(board, "Twin 0", shown="same", description="what it says")
    world.pin(board, "Twin 1", shown="same", link="https://example.org")
    world.apply(world.plan(scope=Scope(targets=("Twins",)), duplicates=Duplicates(remove=Remove.OFF)))
    merging = Duplicates(remove=Remove.BOTH, merge=(Merge.DESCRIPTION,))
    assert sorted(kinds(world.plan(scope=Scope(targets=("Twins",)), duplicates=merging))) == [
        "dedupe",
        "update_metadata",
    ]
    world.features.refused.add(Feature.UPDATE_PINS)
    plan = world.plan(scope=Scope(targets=("Twins",)), duplicates=merging)
    assert kinds(plan) == []
    assert (
        "not possible: 1 duplicates to remove (dedupe), 1 to update on Pinterest (update_metadata)."
        in plan.findings[0].message
    )
    assert kinds(world.plan(scope=Scope(targets=("Twins",)), duplicates=Duplicates(remove=Remove.BOTH))) == ["dedupe"]


def test_a_token_without_a_sign_in_keeps_nothing(world):
    refuse(world)
    world.features = None
    world.apply()
    assert kinds(world.plan()) == ["move_remote", "move_remote"]


# -- creates, which are refused to an app with Trial access ------------------------------------------------------------


@pytest.fixture
def studio(world: SmallWorld) -> SmallWorld:
    """The library publishes: a picture and a video for a board, a picture for a board that is to be created."""
    world.apply()
    world.mode(Mode.PUBLISH)
    world.policies = replace(world.policies, uploads=Uploads(own_content=True))
    for path in ("Cats/a clip.jpg", "Cats/owl.jpg", "Birds/Night/wren.jpg"):
        world.library.write(path, image_bytes(path.rpartition("/")[2].replace(" ", "_")))
    world.library.write("Cats/a clip.mp4", video_bytes("clip"))
    return world


def refuse_creates(
    world: SmallWorld,
    monkeypatch: pytest.MonkeyPatch,
    request: str,
    *methods: str,
    kind: type[ApiRefused] = TrialRefused,
) -> list[str]:
    """From now on Pinterest refuses these requests; which were sent."""
    asked: list[str] = []

    def refused(*_: object) -> None:
        asked.append(request)
        raise kind(request, 403, 29, "Apps with Trial access may not create Pins", None)

    for method in methods:
        monkeypatch.setattr(world.remote, method, refused)
    return asked


def boards(world: SmallWorld) -> set[str]:
    return {board.name for board in world.remote.boards_by_id.values()}


@pytest.mark.parametrize("kind", [TrialRefused, FeatureRestricted])
def test_the_first_refused_create_is_the_last_and_no_video_is_sent(studio, monkeypatch, kind):
    asked = refuse_creates(studio, monkeypatch, "POST /pins", "create_pin", "create_video_pin", kind=kind)
    plan = studio.plan()
    assert kinds(plan) == ["create_board", "create_section", "upload", "upload", "upload_video"]
    before = boards(studio)
    result = studio.apply(plan)
    # Tried with a picture for a board that is there: no board is left behind for nothing.
    assert (asked, studio.remote.registered, boards(studio)) == (["POST /pins"], 0, before)
    assert (result.count(ActionOutcome.FAILED), result.count(ActionOutcome.SKIPPED)) == (1, 4)
    assert studio.features.refused == {Feature.CREATE_PINS}
    again = studio.plan()
    # Nor a board for what is not uploaded.
    assert kinds(again) == []
    assert [(f.kind.value, f.reason, f.count) for f in again.findings] == [("blocked", "capability", 3)]
    assert again.findings[0].message == (
        "not possible: 2 to upload (upload), 1 to upload as a video (upload_video). Pinterest does not offer apps like yours to "
        "create pins (refused to apps with Trial access); pinplan tries again 7 days after the refusal, or after the next sign-in"
    )


def test_a_plan_of_before_sends_nothing_ahead_of_a_create_that_is_known_to_be_refused(studio, monkeypatch):
    plan = studio.plan()
    studio.features.refused.add(Feature.CREATE_PINS)
    asked = refuse_creates(studio, monkeypatch, "POST /pins", "create_pin", "create_video_pin")
    before = boards(studio)
    studio.apply(plan)
    # A picture is tried: perhaps the app has got Standard access by now.
    assert (asked, studio.remote.registered, boards(studio)) == (["POST /pins"], 0, before)
    monkeypatch.undo()
    # The picture proves that it is possible before anything depends on it.
    assert (studio.apply(plan).complete, studio.remote.registered) == (True, 1)
    assert (kinds(studio.plan()), studio.features.refused) == ([], set())


@pytest.fixture
def new_boards(studio: SmallWorld) -> SmallWorld:
    """Nothing is uploaded but to boards that are to be created."""
    for path in ("Cats/a clip.jpg", "Cats/owl.jpg", "Cats/a clip.mp4"):
        studio.library.remove(path)
    for path in ("Fish/carp.jpg", "Insects/Day/bee.jpg"):
        studio.library.write(path, image_bytes(path.rpartition("/")[2]))
    return studio


def test_of_several_new_boards_one_is_created_before_a_picture_is_refused(new_boards, monkeypatch):
    plan = new_boards.plan()
    assert kinds(plan).count("create_board") == 3
    before = boards(new_boards)
    asked = refuse_creates(new_boards, monkeypatch, "POST /pins", "create_pin", "create_video_pin")
    new_boards.apply(plan)
    # Fish: it needs one board, and no section.
    assert (asked, boards(new_boards) - before) == (["POST /pins"], {"Fish"})


def test_new_boards_are_filled_if_nothing_is_refused(new_boards):
    plan = new_boards.plan()
    assert new_boards.apply(plan).complete
    assert kinds(new_boards.plan()) == []


def test_a_new_board_for_pins_that_move_waits_for_a_move_that_shows_it_is_possible(world):
    records = [record for record in world.state.base().tracked if record.container == "Cats"]
    world.library.rename(records[0].path.replace("Cats/", "Dogs/"), records[0].path.replace("Cats/", "Birds/"))
    plan = world.plan(moved_file=MovedFile.MOVE, uploads=Uploads(own_content=True))
    assert kinds(plan).count("create_board") == 1
    before = boards(world)
    asked = refuse(world)
    world.apply(plan)
    assert (len(asked), boards(world)) == (1, before)


def test_a_section_for_something_that_may_be_possible_is_created(studio, monkeypatch):
    # To the section comes a picture, to its board a pin that moves there.
    pin = next(record for record in studio.state.base().tracked if record.container == "Dogs")
    studio.library.rename(pin.path, f"Birds/{pin.path.rpartition('/')[2]}")
    plan = studio.plan(moved_file=MovedFile.MOVE)
    assert {"create_board", "create_section", "move_remote"} < set(kinds(plan))
    studio.features.refused.add(Feature.CREATE_PINS)
    refuse_creates(studio, monkeypatch, "POST /pins", "create_pin", "create_video_pin")
    studio.apply(plan)
    assert "Birds" in boards(studio)
    (made,) = (board for board in studio.remote.boards_by_id.values() if board.name == "Birds")
    assert studio.remote.sections_of[made.id] == {}
    assert studio.remote.pins_by_id[pin.pin_id].board_id == made.id


def test_an_app_without_videos_uploads_pictures(studio, monkeypatch):
    asked = refuse_creates(studio, monkeypatch, "POST /media", "register_video")
    result = studio.apply(studio.plan())
    assert (asked, result.count(ActionOutcome.FAILED), result.count(ActionOutcome.SKIPPED)) == (["POST /media"], 1, 0)
    assert studio.features.refused == {Feature.UPLOAD_VIDEOS}
    assert kinds(studio.plan()) == []


def test_an_app_without_new_boards_uploads_to_those_there_are(studio, monkeypatch):
    asked = refuse_creates(studio, monkeypatch, "POST /boards", "create_board", "create_section")
    result = studio.apply(studio.plan())
    assert (asked, result.count(ActionOutcome.DONE)) == (["POST /boards"], 2)
    assert studio.features.refused == {Feature.CREATE_BOARDS}
    (finding,) = studio.plan().findings
    assert finding.message.startswith(
        "not possible: 1 board to create on Pinterest (create_board), 1 section to create on Pinterest (create_section), 1 to upload"
    )

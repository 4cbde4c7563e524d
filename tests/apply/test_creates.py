"""A create is done at most once (I29): whatever becomes of its answer, of this process and of the listings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from msgspec.structs import replace

from pinplan.actions import ConfirmCreate
from pinplan.adapters import PlanRequest
from pinplan.apply.creates import (
    LONGEST,
    Recogniser,
    check_nothing_is_listed,
    differences,
    pin_that_may_be,
    unconfirmed_create,
)
from pinplan.apply.executor import ExecutorOptions
from pinplan.apply.result import ApplyResult
from pinplan.errors import ApiRefused, ConfigError, NotPermitted, QuotaSpent, Unreachable
from pinplan.history.trash import to_empty, trash_of
from pinplan.model.creates import PinIntent
from pinplan.model.ids import ActionId, BoardId, PinId, RunId, SectionId
from pinplan.model.images import Upload
from pinplan.model.pins import NewPin, Pin
from pinplan.pipeline import make_restore
from pinplan.plan.document import Plan
from pinplan.policies.mode import Mode
from pinplan.records.audit import read
from pinplan.records.journal import ActionOutcome
from tests.fakes import Answers, Crash
from tests.worlds import EVERYTHING, SmallWorld, findings, kinds

LONG = "A title that is much longer than Pinterest takes " * 4
FIRST = ActionId("0001")


def deleted(world: SmallWorld, pins: int = 1, *, alike: bool = False, **facts: Any) -> list[PinId]:
    """Pins whose files were removed here were deleted on Pinterest."""
    board = world.board("Board")
    world.pin(board, "Stays")
    made = [
        world.pin(board, "Old" if alike else f"Old {n}", shown="same" if alike else None, **facts) for n in range(pins)
    ]
    world.apply()
    for record in world.state.base().tracked:
        if record.pin_id in made:
            world.library.remove(record.path)
    world.mode(Mode.TWO_WAY)
    assert world.apply().complete
    return made


def lost(world: SmallWorld, answers: Answers = Answers.LOST_AFTER, *, description: str | None = None) -> Plan:
    """The undo of such a delete was applied; its answer was lost."""
    deleted(world, description=description)
    plan = world.undo()
    world.remote.answers, world.remote.hides_created = answers, True
    assert unconfirmed(world.apply(plan))
    world.remote.answers = Answers.COME
    return plan


def unconfirmed(result: ApplyResult) -> int:
    assert not result.complete or not result.count(ActionOutcome.UNCONFIRMED)
    return result.count(ActionOutcome.UNCONFIRMED)


def created(world: SmallWorld) -> list[Pin]:
    return [pin for pin in world.remote.pins_by_id.values() if (pin.title or "").startswith(("Old", "A title"))]


def last_run(world: SmallWorld) -> RunId:
    return world.state.runs()[-1].id


def says(world: SmallWorld, pin: PinId | None) -> None:
    """A person resolves the create of the last run."""
    record = unconfirmed_create(world.state.creates, last_run(world), FIRST)
    world.state.resolve(record, pin, "2026-01-01T00:00:00Z")


@pytest.mark.promise("I29")
def test_an_answer_that_names_another_pin_is_not_believed(world, monkeypatch):
    deleted(world)
    plan = world.undo()
    other = next(iter(world.remote.pins_by_id))
    create = world.remote.create_pin
    monkeypatch.setattr(world.remote, "create_pin", lambda *sent: replace(create(*sent), id=other))
    assert world.apply(plan).complete
    (pin,) = created(world)
    assert pin.id in {record.pin_id for record in world.state.base().tracked}
    assert world.state.creates.created().keys() == {pin.id}
    assert kinds(world.plan()) == []


@pytest.mark.promise("I29")
@pytest.mark.parametrize(
    "lie",
    [{"board_id": BoardId("9999")}, {"section_id": SectionId("77")}, {"id": PinId("1"), "board_id": BoardId("9")}],
)
def test_an_answer_that_names_another_place_is_not_believed(world, monkeypatch, lie):
    deleted(world)
    plan = world.undo()
    create = world.remote.create_pin
    monkeypatch.setattr(world.remote, "create_pin", lambda *sent: replace(create(*sent), **lie))
    world.remote.hides_created = True
    assert unconfirmed(world.apply(plan))
    (ended,) = world.state.journal(run=last_run(world))
    assert "which is on another board or section" in (ended.reason or "")
    assert world.state.creates.created() == {}
    world.remote.hidden.clear()
    assert world.apply(plan).complete
    assert (world.remote.posts, len(created(world))) == (1, 1)
    assert world.state.creates.created().keys() == {pin.id for pin in created(world)}
    assert world.plan().actions == ()


@pytest.mark.promise("I29")
@pytest.mark.parametrize("downloaded", [True, False], ids=["downloaded", "listed"])
def test_an_answer_that_names_a_pin_of_another_board_is_not_believed(world, monkeypatch, downloaded):
    deleted(world)
    run = last_run(world)
    other = world.pin(world.board("Other"), "Of another board")
    assert world.apply().complete if downloaded else kinds(world.plan()) == ["download"]
    plan = world.undo(run)
    create = world.remote.create_pin
    monkeypatch.setattr(world.remote, "create_pin", lambda *sent: replace(create(*sent), id=other))
    assert world.apply(plan).complete
    assert world.state.creates.created().keys() == {pin.id for pin in created(world)}
    assert kinds(world.plan()) == ([] if downloaded else ["download"])


@pytest.mark.promise("I29")
@pytest.mark.parametrize(
    "texts", [{}, {"description": "word " * 400, "link": "https://example.org/", "alt_text": "a " * 400}]
)
def test_a_pin_whose_answer_was_lost_is_recognised_by_what_was_sent(world, texts):
    deleted(world, **texts)
    plan = world.undo()
    world.remote.answers = Answers.LOST_AFTER
    assert world.apply(plan).complete
    assert (world.remote.posts, len(created(world)), world.clock.waited) == (1, 1, 0)
    assert world.plan().actions == ()


@pytest.mark.promise("I29")
def test_texts_are_compared_as_they_were_cut(world):
    board = world.board("Board")
    world.pin(board, "Stays")
    pin = world.pin(board, LONG)
    world.apply()
    world.library.remove(world.path_of(pin))
    world.mode(Mode.TWO_WAY)
    world.apply()
    plan = world.undo()
    world.remote.answers = Answers.LOST_AFTER
    assert world.apply(plan).complete
    (made,) = created(world)
    assert (world.remote.posts, len(made.title or "")) == (1, 100)


@pytest.mark.promise("I29")
@pytest.mark.parametrize("lag", [1, 50, 119])
def test_a_listing_that_lags_is_waited_for(world, monkeypatch, lag):
    deleted(world)
    plan = world.undo()
    world.remote.answers, world.remote.hides_created = Answers.LOST_AFTER, True
    wait = world.clock.wait

    def wait_for_the_listing(seconds: float, stop: Event) -> None:
        wait(seconds, stop)
        if world.clock.waited >= lag:
            world.remote.hidden.clear()

    monkeypatch.setattr(world.clock, "wait", wait_for_the_listing)
    assert world.apply(plan).complete
    assert lag <= world.clock.waited <= LONGEST
    assert (world.remote.posts, len(created(world))) == (1, 1)


@pytest.mark.promise("I29")
@pytest.mark.parametrize("answers", [Answers.LOST_BEFORE, Answers.LOST_AFTER])
def test_what_no_listing_shows_is_unconfirmed_and_never_sent_again(world, answers):
    plan = lost(world, answers)
    assert world.clock.waited == LONGEST
    for _ in range(3):
        assert unconfirmed(world.apply(plan)) == 1
        world.clock.present += timedelta(days=400)  # time alone never permits a second request
        assert findings(world.plan()) == ["unconfirmed"]
        again = world.undo(world.state.runs()[1].id)
        assert (kinds(again), findings(again)) == ([], ["not_undone", "unconfirmed"])
    assert world.remote.posts == 1
    assert world.clock.waited == LONGEST, "a later try looks once"
    (finding,) = world.plan().findings
    assert f"pinplan resolve {last_run(world)} 0001 --is PIN, or if nothing was created: pinplan" in finding.message


@pytest.mark.promise("I29")
def test_a_later_plan_finds_the_pin_and_an_apply_records_it(world):
    lost(world)
    world.remote.hidden.clear()
    files = dict(world.library.files)
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == (["confirm_create"], [])
    assert world.library.files == files, "planning writes nothing"
    assert world.apply(plan).complete
    (made,) = created(world)
    assert world.remote.posts == 1
    assert any(made.id in path for path in world.library.files)
    assert (world.plan().actions, world.plan().findings) == ((), ())
    assert world.state.creates.pending() == []
    told = [entry for entry in read(world.state.audit.lines()) if entry.get("created") == made.id]
    assert len(told) == 2, "the result of the action that created it, and of the one that confirmed it"


@pytest.mark.promise("I29")
@pytest.mark.promise("I23")
def test_what_was_confirmed_is_undone_by_the_run_that_created_it(world):
    lost(world)
    creating = last_run(world)
    world.remote.hidden.clear()
    assert world.apply(world.plan()).complete
    nothing = world.undo()
    assert (kinds(nothing), findings(nothing)) == ([], ["not_undone"])
    assert f"pinplan undo {creating}" in nothing.findings[0].message
    assert world.apply(world.undo(creating)).complete
    assert created(world) == []


@pytest.mark.promise("I29")
def test_the_same_plan_finds_the_pin_as_well(world):
    plan = lost(world)
    world.remote.hidden.clear()
    assert world.apply(plan).complete
    assert (world.remote.posts, len(created(world))) == (1, 1)
    assert world.plan().actions == ()


@pytest.mark.promise("I29")
def test_a_pin_that_was_downloaded_before_it_was_recognised_keeps_its_file(world):
    lost(world)
    world.remote.hidden.clear()
    world.images.broken.update(image.renditions[0].url for pin in created(world) for image in pin.images)
    world.fingerprinter = None  # nothing can be recognised
    plan = world.plan()
    assert kinds(plan) == ["download"]
    world.images.broken.clear()
    assert world.apply(plan).complete
    plan = world.plan()
    assert kinds(plan) == ["confirm_create"]
    (action,) = plan.actions
    assert isinstance(action, ConfirmCreate)
    assert action.files == ()
    assert world.apply(plan).complete
    assert world.plan().findings == ()


@pytest.mark.promise("I29")
@pytest.mark.parametrize("other", ["texts", "picture", "place", "before"])
def test_another_pin_is_never_taken_for_the_created_one(world, other):
    (old,) = deleted(world)
    board = next(iter(world.remote.boards_by_id))
    title, shown, section = "Old 0", f"{old}-0", None
    match other:
        case "texts":
            title = "Old 1"
        case "picture":
            shown = "another"
        case "place":
            section = world.section(board, "Section")
        case _:
            world.pin(board, title, shown=shown)
    plan = world.undo()
    world.remote.answers = Answers.LOST_BEFORE
    assert unconfirmed(world.apply(plan)) == 1
    if other != "before":
        world.pin(board, title, shown=shown, section_id=section)
    world.remote.answers = Answers.COME
    assert "confirm_create" not in kinds(world.plan())
    assert unconfirmed(world.apply(plan)) == 1
    assert world.remote.posts == 1


@pytest.mark.promise("I29")
def test_what_surely_was_not_carried_out_is_tried_again(world, monkeypatch):
    deleted(world)
    plan = world.undo()
    for error in (NotPermitted("POST /pins", 403, 29, "no", None), Unreachable("no connection")):
        with monkeypatch.context() as patch:

            def refuse(*_: object, error: Exception = error) -> None:
                raise error

            patch.setattr(world.remote, "create_pin", refuse)
            assert world.apply(plan).count(ActionOutcome.FAILED) == 1
    assert world.plan().findings == ()
    assert world.apply(plan).complete
    assert (world.remote.posts, world.clock.waited) == (1, 0)


@pytest.mark.promise("I29")
def test_a_board_that_cannot_be_listed_before_gets_no_pin(world):
    deleted(world)
    plan = world.undo()
    world.remote.broken.update(world.remote.boards_by_id)
    assert world.apply(plan).count(ActionOutcome.FAILED) == 1
    assert world.remote.posts == 0


@pytest.mark.promise("I29")
@pytest.mark.parametrize("ends_waiting", [True, False])
def test_a_look_that_fails_leaves_it_unconfirmed(world, monkeypatch, ends_waiting):
    deleted(world)
    plan = world.undo()
    world.remote.answers = Answers.LOST_AFTER
    listing = world.remote.pin_pages

    def break_off(board: BoardId, bookmark: str | None = None) -> object:
        if not world.remote.posts:
            return listing(board, bookmark)
        if ends_waiting:
            raise QuotaSpent("the day's calls are used up", world.clock.present)
        raise ApiRefused("GET", 500, None, "broken", None)

    with monkeypatch.context() as patch:
        patch.setattr(world.remote, "pin_pages", break_off)
        result = world.apply(plan)
    assert unconfirmed(result) == 1
    assert isinstance(result.fatal, QuotaSpent) is ends_waiting
    assert world.clock.waited == (0 if ends_waiting else LONGEST)
    assert world.apply(plan).complete
    assert world.remote.posts == 1


@pytest.mark.promise("I22")
def test_an_interrupt_ends_the_waiting(world, monkeypatch):
    deleted(world)
    plan = world.undo()
    world.remote.answers, world.remote.hides_created = Answers.LOST_AFTER, True
    stop = Event()
    create: Callable[[NewPin, Sequence[Upload]], Pin] = world.remote.create_pin

    def interrupted(pin: NewPin, images: Sequence[Upload]) -> Pin:
        stop.set()
        return create(pin, images)

    monkeypatch.setattr(world.remote, "create_pin", interrupted)
    result = world.apply(plan, ExecutorOptions(stop=stop))
    assert (unconfirmed(result), result.interrupted, world.clock.waited) == (1, True, 0)


@pytest.mark.promise("I29")
def test_of_two_that_cannot_be_told_apart_the_second_waits_for_the_first(world):
    deleted(world, 2, alike=True)
    plan = world.undo()
    world.remote.answers, world.remote.hides_created = Answers.LOST_AFTER, True
    result = world.apply(plan)
    assert (unconfirmed(result), result.count(ActionOutcome.FAILED)) == (1, 1)
    world.remote.answers = Answers.COME
    world.remote.hidden.clear()
    assert world.apply(plan).complete
    assert (world.remote.posts, len(created(world))) == (2, 2)


@pytest.mark.promise("I29")
def test_a_pin_that_was_created_again_is_not_created_once_more(world):
    (old,) = deleted(world)
    world.apply(world.undo())
    for path in [path for path in world.library.files if "Old" in path]:
        run = world.state.runs()[1].id
        kept = world.library.trash(path, run, FIRST)  # as if a copy of its image were in the trash still
        world.library.kept_files[f".pinplan/trash/{run}/0001/{old}-0.jpeg"] = world.library.kept_files.pop(kept)
    request = PlanRequest(policies=world.policies, allow=EVERYTHING)
    plan = make_restore(world.adapters(), request, [old])
    assert (kinds(plan), findings(plan)) == ([], ["not_undone"])
    assert "it was already created again, as pin 7" in plan.findings[0].message
    world.remote.pins_by_id = {pin.id: pin for pin in world.remote.pins_by_id.values() if pin.title == "Stays"}
    assert kinds(make_restore(world.adapters(), request, [old])) == ["create_pin"]


# -- a person's word -----------------------------------------------------------------------------------------------


@pytest.mark.promise("I29")
def test_a_person_says_that_nothing_was_created(world):
    plan = lost(world, Answers.LOST_BEFORE)
    says(world, None)
    assert findings(world.plan()) == []
    assert kinds(world.undo(world.state.runs()[1].id)) == ["create_pin"]
    assert world.apply(plan).complete
    assert (world.remote.posts, len(created(world))) == (2, 1)
    assert world.state.audit.verify().breaks == ()
    (told,) = [entry for entry in read(world.state.audit.lines()) if entry["type"] == "resolved"]
    assert (told["action"], "created" in told) == (FIRST, False)


@pytest.mark.promise("I29")
@pytest.mark.parametrize("by", ["a new plan", "the same plan"])
def test_a_person_names_the_pin(world, by):
    plan = lost(world, description="words")
    (made,) = created(world)
    world.remote.hidden.clear()
    world.remote.pins_by_id[made.id] = replace(made, description="other words")  # a server that changes texts
    assert findings(world.plan()) == ["unconfirmed"]
    record = unconfirmed_create(world.state.creates, last_run(world), FIRST)
    pin = pin_that_may_be(world.remote, world.state.creates, record, made.id)
    assert differences(record, pin) == ["description: sent words, the pin has other words"]
    says(world, made.id)
    if by == "the same plan":
        assert world.apply(plan).complete
    else:
        new = world.plan()
        assert (kinds(new), findings(new)) == (["confirm_create"], [])
        assert world.apply(new).complete
    assert (world.remote.posts, world.plan().actions, world.plan().findings) == (1, (), ())


def test_a_persons_word_is_checked_as_far_as_it_can_be(world):
    lost(world)
    run = last_run(world)
    (made,) = created(world)
    stays = next(pin.id for pin in world.remote.pins_by_id.values() if pin.title == "Stays")
    with pytest.raises(ConfigError, match=f"has no unconfirmed create; unconfirmed: {run} 0001"):
        unconfirmed_create(world.state.creates, run, ActionId("0002"))
    record = unconfirmed_create(world.state.creates, run, FIRST)
    for pin, problem in ((stays, "was on its board before"), (PinId("1"), "pin 1 does not exist")):
        with pytest.raises(ConfigError, match=problem):
            pin_that_may_be(world.remote, world.state.creates, record, pin)
    look = (world.remote, world.images, world.library, world.fingerprinter, world.state.creates, record)
    check_nothing_is_listed(*look)
    world.remote.hidden.clear()
    with pytest.raises(ConfigError, match=f"it is now listed as {made.id}"):
        check_nothing_is_listed(*look)
    says(world, made.id)
    with pytest.raises(ConfigError, match="there is none"):
        unconfirmed_create(world.state.creates, run, FIRST)


@pytest.mark.promise("I29")
def test_a_pin_that_another_create_made_is_not_taken_for_this_one(world):
    lost(world)
    (made,) = created(world)
    record = unconfirmed_create(world.state.creates, last_run(world), FIRST)
    says(world, made.id)
    with pytest.raises(ConfigError, match=f"pin {made.id} was created by another action"):
        pin_that_may_be(world.remote, world.state.creates, record, made.id)


@pytest.mark.promise("I29")
@pytest.mark.parametrize("unseen", ["no rendition", "the sent file was changed"])
def test_a_picture_that_cannot_be_compared_with_what_was_sent_proves_nothing(world, unseen):
    lost(world)
    world.remote.hidden.clear()
    (made,) = created(world)
    intent = unconfirmed_create(world.state.creates, last_run(world), FIRST).intent
    assert isinstance(intent, PinIntent)
    recogniser = Recogniser(world.images, world.library, world.fingerprinter)
    assert recogniser.find(intent, [made], ()) == made.id
    if unseen == "no rendition":
        made = replace(made, images=tuple(replace(image, renditions=()) for image in made.images))
    else:
        world.library.kept_files[intent.pictures[0].source] += b"more"
    assert recogniser.find(intent, [made], ()) is None


# -- deaths ----------------------------------------------------------------------------------------------------------


@pytest.mark.promise("I14")
@pytest.mark.promise("I29")
@pytest.mark.parametrize("moment", range(1, 8))
@pytest.mark.parametrize("hidden", [True, False])
def test_death_at_any_effect_never_leads_to_a_second_request(world, moment, hidden):
    deleted(world)
    plan = world.undo()
    world.remote.hides_created = hidden
    world.effects.count, world.effects.crash_at = 0, moment
    try:
        assert world.apply(plan).complete
    except Crash:
        world.restart()
        if unconfirmed(world.apply(plan)):
            before = len(created(world))
            assert world.remote.posts == before
            world.remote.hidden.clear()
            if not before:
                says(world, None)
            assert world.apply(plan).complete
    assert (world.remote.posts, len(created(world))) == (1, 1)
    world.remote.hidden.clear()
    assert world.plan().actions == ()


@pytest.mark.promise("I14")
@pytest.mark.promise("I29")
@pytest.mark.parametrize("moment", range(1, 5))
def test_death_while_a_pin_is_recorded(world, moment):
    lost(world)
    world.remote.hidden.clear()
    plan = world.plan()
    world.effects.count, world.effects.crash_at = 0, moment
    try:
        world.apply(plan)
    except Crash:
        world.restart()
        assert world.apply(plan).complete
    assert (world.remote.posts, world.plan().actions, world.plan().findings) == (1, (), ())


@pytest.mark.promise("I29")
@pytest.mark.parametrize("noted", [["creating"], ["creating", "created 70001"]])
def test_a_run_of_an_earlier_version_is_not_sent_again(world, noted):
    deleted(world)
    plan = world.undo()
    world.remote.answers, world.remote.hides_created = Answers.LOST_AFTER, True
    assert unconfirmed(world.apply(plan))
    with world.state._db.transaction() as db:  # as it was before version 5 of the state
        db.execute("DELETE FROM creates")
    for note in noted:
        world.state.note(last_run(world), FIRST, note)
    if len(noted) == 1:
        assert unconfirmed(world.apply(plan))
        world.remote.hidden.clear()
    assert world.apply(plan).complete
    assert (world.remote.posts, len(created(world))) == (1, 1)


@pytest.mark.promise("I20")
def test_pictures_of_an_unconfirmed_create_stay_in_the_trash(world):
    lost(world, Answers.LOST_BEFORE)
    files = trash_of(world.library, world.state, world.clock)
    assert [file.was for file in to_empty(files, days=0)] == [file.was for file in files if file.was.endswith(".json")]
    says(world, None)
    assert world.state.creates.pending() == []

"""An image that was refused once, in its best size or at all: asked for again, and in the end only reported."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.adapters import PlanRequest
from pinplan.events import ActionEnded
from pinplan.history.verify import FileStatus, PinStatus
from pinplan.model.base import Refused, once_more
from pinplan.model.ids import PinId, RunId
from pinplan.pipeline import make_undo, verify
from pinplan.plan.document import Plan, Scope
from pinplan.policies.mode import Mode
from pinplan.records.journal import ActionOutcome
from pinplan.render.effects import closing_lines
from pinplan.render.text import plan_lines
from tests.apply.test_image_check import BUSY, PLACEHOLDER, SLOW, offered, refused
from tests.fakes import content_of, image_bytes
from tests.worlds import EVERYTHING, SmallWorld, findings, kinds


def lesser(world: SmallWorld, mode: Mode = Mode.MIRROR) -> tuple[PinId, list[str]]:
    """A pin whose best size was refused once: the smaller one is here."""
    pin, urls = offered(world, "1200x900", "736x552")
    world.images.answers[urls[0]] = refused(403)
    world.mode(mode)
    assert world.apply().complete
    return pin, urls


def width_of(world: SmallWorld, pin: PinId) -> int | None:
    return content_of(world.library.files[world.path_of(pin)]).width


def said(plan: Plan) -> str:
    return " | ".join(finding.message for finding in plan.findings)


def reasons(plan: Plan) -> list[str]:
    return [action.reason for action in plan.actions]


# -- a better size later ---------------------------------------------------------------------------------------------


def test_that_a_smaller_size_was_kept_is_said_and_recorded(world):
    _, urls = offered(world, "1200x900", "736x552")
    world.images.answers[urls[0]] = refused(403)
    result = world.apply()
    assert result.lesser == 1
    closing = "\n".join(
        line.text
        for line in closing_lines(run=result.run, already=False, ended=result.ended, left=0, fetched=1, lesser=1)
    )
    assert "1 image is kept in a smaller size: the best one was refused." in closing
    told = [event.reason for event in world.events if isinstance(event, ActionEnded)]
    assert told == ["kept in 736×552; 1200×900 was refused: HTTP 403"]
    (remembered,) = world.state.base().refused
    assert (remembered.reason, remembered.width, remembered.height, remembered.runs) == ("HTTP 403", 1200, 900, 1)


@pytest.mark.parametrize("mode", [Mode.MIRROR, Mode.TWO_WAY])
def test_the_better_size_is_fetched_by_the_next_plan(world, mode):
    pin, _ = lesser(world, mode)
    world.images.answers.clear()
    plan = world.plan()
    assert (kinds(plan), reasons(plan)) == (["replace"], ["better_size"])
    assert "in a better size; move the smaller" in plan.actions[0].describe().effect
    assert world.apply(plan).complete
    assert width_of(world, pin) == 1200
    assert world.plan().actions == ()
    assert world.state.base().refused == ()


def test_an_archive_only_says_how_to_get_it(world):
    pin, _ = lesser(world, Mode.ARCHIVE)
    world.images.answers.clear()
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["better_size"])
    assert f"Pinterest has 1200×900; fetch it with: pinplan plan --restore {pin}" in said(plan)
    named = world.plan(scope=Scope(restore=(pin,)))
    assert (kinds(named), reasons(named)) == (["replace"], ["better_size"])
    assert world.apply(named).complete
    assert width_of(world, pin) == 1200


@pytest.mark.promise("I23")
def test_undoing_a_better_size_brings_the_smaller_file_back_and_is_not_done_again(world):
    lesser(world)
    before = dict(world.library.files)
    world.images.answers.clear()
    world.apply()
    assert world.apply(make_undo(world.adapters(), PlanRequest(policies=world.policies, allow=EVERYTHING))).complete
    assert world.library.files == before
    assert (kinds(world.plan()), findings(world.plan())) == ([], ["smaller"])


@pytest.mark.promise("I10")
@pytest.mark.parametrize("mode", [Mode.MIRROR, Mode.TWO_WAY])
@pytest.mark.parametrize("how", ["adopted", "accepted"])
def test_what_a_person_put_there_gives_way_to_no_better_size_by_itself(world, how, mode):
    """However small: it was never Pinterest's, and no placeholder."""
    pin, _ = offered(world, "1200x900", "736x552")
    seen = world.remote.pins_by_id[pin]
    world.remote.pins_by_id[pin] = replace(seen, images=(replace(seen.images[0], signature="a" * 32),))
    if how == "accepted":
        world.apply()
        path = world.path_of(pin)
    else:
        path = f"Board/mine [{pin}].jpg"
    world.library.write(path, image_bytes("mine~100x90"))
    world.mode(mode)
    world.apply(world.plan(scope=Scope(accept=(path,)) if how == "accepted" else None))
    assert world.state.base().tracked[0].width == 100
    assert (kinds(world.plan()), findings(world.plan())) == ([], ["smaller"])
    assert verify(world.adapters(), PlanRequest(policies=world.policies)).well
    named = world.plan(scope=Scope(restore=(pin,)))
    assert reasons(named) == ["better_size"]


def test_a_file_that_was_changed_here_gives_way_to_no_better_size(world):
    pin, _ = lesser(world)
    world.images.answers.clear()
    path = world.path_of(pin)
    world.library.write(path, image_bytes("mine~700x500"))
    assert (kinds(world.plan()), findings(world.plan())) == ([], ["modified_locally"])


@pytest.mark.promise("I17")
def test_a_file_that_was_edited_with_size_and_time_kept_gives_way_to_no_better_size(world):
    pin, _ = lesser(world)
    world.images.answers.clear()
    plan = world.plan()
    path = world.path_of(pin)
    mine = world.library.files[path] = world.library.files[path].replace(b"736x552", b"736x551")
    assert world.apply(plan).count(ActionOutcome.STALE) == 1
    assert world.library.files[path] == mine


@pytest.mark.promise("I20")
@pytest.mark.parametrize("best", [PLACEHOLDER, BUSY, refused(403), image_bytes("other~700x525")])
def test_a_better_size_is_larger_or_it_is_none(world, best):
    _, (url, _) = lesser(world)
    world.images.answers[url] = best
    before = dict(world.library.files)
    assert world.apply().count(ActionOutcome.FAILED) == 1
    assert world.library.files == before
    assert [path for path in world.library.kept_files if "/trash/" in path] == []


def test_a_better_size_that_stays_refused_is_only_reported_from_the_third_plan_on(world):
    lesser(world)
    assert world.apply().count(ActionOutcome.FAILED) == 1
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["better_size"])
    assert "Pinterest has 1200×900; withheld: HTTP 403 since 2026-01-01" in said(plan)


def test_many_better_sizes_are_no_sign_of_a_failing_disk(world):
    board = world.board("Board")
    urls = [world.offer(world.pin(board), "1200x900", "736x552")[0] for _ in range(30)]
    world.images.answers = dict.fromkeys(urls, refused(403))
    world.mode(Mode.MIRROR)
    world.apply()
    plan = world.plan(allow={})
    assert (len(plan.actions), plan.applyable) == (30, True)


# -- withheld --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [403, 404, 410])
def test_an_image_that_is_refused_in_two_runs_is_only_reported(world, status):
    _, urls = offered(world, "1200x900", "736x552")
    world.images.answers = dict.fromkeys(urls, refused(status))
    for _ in range(2):
        plan = world.plan()
        assert kinds(plan) == ["download"]
        assert world.apply(plan).count(ActionOutcome.FAILED) == 1
    third = world.plan()
    assert (kinds(third), findings(third)) == ([], ["withheld"])
    assert f"withheld: HTTP {status} since 2026-01-01" in said(third)
    assert world.apply(third).complete
    proof = verify(world.adapters(), PlanRequest(policies=world.policies))
    assert proof.well
    assert proof.pins is not None
    assert proof.pins[PinStatus.WITHHELD] == 1


@pytest.mark.parametrize("answer", [BUSY, SLOW, b"broken"])
def test_what_is_no_answer_of_the_host_is_tried_for_ever(world, answer):
    _, urls = offered(world, "1200x900", "736x552")
    world.images.answers = {urls[0]: refused(404), urls[1]: answer}
    for _ in range(4):
        assert world.apply().count(ActionOutcome.FAILED) == 1


def test_a_run_that_is_resumed_counts_once(world):
    _, urls = offered(world, "1200x900")
    world.images.answers = dict.fromkeys(urls, refused(403))
    plan = world.plan()
    for _ in range(3):
        world.apply(plan)
    assert kinds(world.plan()) == ["download"]


def withheld(world: SmallWorld) -> PinId:
    pin, urls = offered(world, "1200x900")
    world.images.answers = dict.fromkeys(urls, refused(403))
    world.apply()
    world.apply()
    assert kinds(world.plan()) == []
    return pin


@pytest.mark.parametrize(("days", "again"), [(0, False), (6, False), (7, True), (-8, True)])
def test_it_is_asked_for_again_after_some_days(world, days, again):
    """Also where a clock was set back: it must not take years."""
    withheld(world)
    world.clock.present += timedelta(days=days)
    assert kinds(world.plan()) == (["download"] if again else [])
    if again:
        world.apply()
        assert kinds(world.plan()) == []  # refused once more: another week


def test_it_is_asked_for_at_once_by_name(world):
    pin = withheld(world)
    world.images.answers.clear()
    plan = world.plan(scope=Scope(restore=(pin,)))
    assert kinds(plan) == ["download"]
    assert world.apply(plan).complete
    assert world.plan().findings == ()


def test_another_image_of_the_pin_is_another_matter(world):
    pin = withheld(world)
    world.offer(pin, "1000x1000")
    assert kinds(world.plan()) == ["download"]


@pytest.mark.promise("I20")
def test_a_pin_whose_image_is_withheld_is_not_deleted_and_that_is_only_reported(world):
    pin, urls = offered(world, "1200x900", "736x552")
    world.pin(world.remote.pins_by_id[pin].board_id, "another")
    world.apply()
    world.library.remove(world.path_of(pin))
    world.images.answers = {urls[0]: refused(404)}
    world.mode(Mode.TWO_WAY)
    for _ in range(2):
        assert world.apply().count(ActionOutcome.FAILED) == 1
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["withheld"])
    assert "not deleted on Pinterest: its image is withheld: HTTP 404" in said(plan)


@pytest.mark.promise("I20")
@pytest.mark.parametrize("answer", [403, 404, None], ids=str)
def test_a_pin_kept_in_a_smaller_size_is_deleted_only_when_no_better_one_is_lost(world, answer):
    pin, urls = lesser(world, Mode.TWO_WAY)
    world.pin(world.remote.pins_by_id[pin].board_id, "another")
    world.library.remove(world.path_of(pin))
    world.images.answers = {} if answer is None else {urls[0]: refused(answer)}
    plan = world.plan()
    assert "delete_remote" in kinds(plan)
    result = world.apply(plan)
    if answer == 403:  # it may be there again tomorrow
        assert (result.count(ActionOutcome.FAILED), world.remote.deleted) == (1, [])
        plan = world.plan()
        assert (kinds(plan), findings(plan)) == ([], ["withheld"])
        assert "not deleted on Pinterest: its image is withheld: HTTP 403" in said(plan)
        return
    assert (result.complete, world.remote.deleted) == (True, [pin])
    (kept,) = [file.path for file in world.library.in_trash() if f"{pin}-0." in file.path]
    assert content_of(world.library.read_kept(kept)).width == (1200 if answer is None else 736)


def test_a_damaged_file_whose_image_is_withheld_is_only_reported(world):
    pin, urls = offered(world, "1200x900", "736x552")
    world.apply()
    world.library.write(world.path_of(pin), b"broken")
    world.images.answers = {urls[0]: refused(410)}  # the other one is smaller than what was here
    for _ in range(2):
        assert world.apply().count(ActionOutcome.FAILED) == 1
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["withheld"])


OUTCOMES = st.lists(st.tuples(st.sampled_from("ab"), st.booleans(), st.sampled_from("xy")), max_size=8)


@given(OUTCOMES)
@example([("a", True, "x"), ("a", True, "x"), ("a", True, "y")])
def test_runs_are_counted_for_the_same_image_and_the_same_answer(story):
    """A law: as many runs as refused the same thing in a row, each of them once."""
    known = None
    for at, (image, answered, run) in enumerate(story):
        now = Refused(pin_id=PinId("1"), slot=0, image=image, reason="HTTP 403", answered=answered)
        known = once_more(known, now, RunId(run), f"2026-01-{at + 1:02}T00:00:00Z")
    row: list[str] = []
    for one in reversed(story):
        if one[:2] != story[-1][:2]:
            break
        row.insert(0, one[2])
    changes = len([run for before, run in zip([None, *row], row, strict=False) if before != run])
    assert (known.runs if known else 0) == changes


# -- I19, size, of what is here already -------------------------------------------------------------------------------


@pytest.mark.promise("I19")
def test_verify_judges_files_by_the_newest_listing(world):
    pin, _ = offered(world, "100x200")
    world.apply()
    world.offer(pin, "201x400")
    proof = verify(world.adapters(), PlanRequest(policies=world.policies))
    assert not proof.well
    assert [(file.proof, file.problem) for file in proof.problems] == [
        (FileStatus.PLACEHOLDER, f"{world.path_of(pin)} is 100×200, Pinterest has 201×400")
    ]
    world.offer(pin, "200x400")
    proof = verify(world.adapters(), PlanRequest(policies=world.policies))
    assert proof.well
    assert proof.pins is not None
    assert proof.pins[PinStatus.SMALLER] == 1


@pytest.mark.promise("I19")
def test_a_placeholder_of_an_older_pinplan_is_replaced(world):
    pin, _ = offered(world, "1x1")
    world.apply()
    world.offer(pin, "1200x900")
    archive = world.plan()
    assert (kinds(archive), findings(archive)) == ([], ["better_size"])
    world.mode(Mode.MIRROR)
    assert reasons(world.plan()) == ["better_size"]
    assert world.apply().complete
    assert width_of(world, pin) == 1200
    assert verify(world.adapters(), PlanRequest(policies=world.policies)).well


def test_a_size_kept_for_want_of_the_better_one_is_well(world):
    pin, urls = offered(world, "1200x900", "236x177")
    world.images.answers[urls[0]] = refused(403)
    world.apply()
    proof = verify(world.adapters(), PlanRequest(policies=world.policies))
    assert proof.well
    assert proof.pins is not None
    assert proof.pins[PinStatus.SMALLER] == 1
    assert width_of(world, pin) == 236


def test_a_little_smaller_than_declared_is_a_finding_and_both_sides_agree(world):
    _, urls = offered(world, "600x800")
    world.images.answers[urls[0]] = image_bytes("nominal~564x752")
    world.apply()
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["smaller"])
    assert "is 564×752, Pinterest has 600×800" in said(plan)
    assert "No changes. Library and Pinterest agree." in "\n".join(line.text for line in plan_lines(plan))

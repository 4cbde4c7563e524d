"""What ends a run in the middle, how a run gets its name, and what is judged again before it begins."""

from __future__ import annotations

import errno
import io
from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace

from pinplan.apply.executor import ExecutorOptions
from pinplan.apply.image_check import PictureMatch, why_not_the_recorded
from pinplan.apply.run import _free_id
from pinplan.errors import DiskRefused, QuotaSpent, SafetyStop, StateUnreadable
from pinplan.model.ids import ActionId, Digest, PinId, RunId, Sha256
from pinplan.model.images import Content, Wanted
from pinplan.policies.bundle import Policies
from pinplan.policies.mode import Mode
from pinplan.policies.protect import Protect
from pinplan.records.journal import ActionOutcome, RunRecord
from tests.apply.test_apply import agreed
from tests.fakes import FakeFaces, image_bytes
from tests.worlds import SmallWorld, tracked

SPENT = QuotaSpent("the quota of the day is used up", datetime(2026, 1, 2, tzinfo=UTC))
FIRST = ActionId("0001")


def three_to_delete(world: SmallWorld) -> list[PinId]:
    """The files of three pins were removed here: in two-way mode the pins go from Pinterest."""
    pins = agreed(world, pins=6)[:3]
    for pin in pins:
        world.library.remove(world.path_of(pin))
    world.mode(Mode.TWO_WAY)
    return pins


@pytest.mark.promise("I13")
def test_a_quota_that_is_used_up_ends_the_run_and_fails_nothing(world, monkeypatch):
    """The action for which there are no calls is skipped, not failed: it is the first one when the plan is applied again."""
    pins = three_to_delete(world)
    plan, left = world.plan(), [1]

    def require(count: int) -> None:
        if count and not left:
            raise SPENT
        left.clear()

    with monkeypatch.context() as patch:
        patch.setattr(world.remote, "require_calls", require)
        result = world.apply(plan, ExecutorOptions(parallelism=1))
    assert result.fatal is SPENT
    assert (result.count(ActionOutcome.DONE), result.count(ActionOutcome.FAILED)) == (1, 0)
    assert world.apply(plan).complete
    assert sorted(world.remote.deleted) == sorted(pins)


@pytest.mark.promise("I26")
def test_records_that_need_a_person_end_the_run_at_once(world, monkeypatch):
    """Nothing that was done from here on could be recorded."""
    three_to_delete(world)
    plan = world.plan()

    def damaged(_pin: object) -> None:
        raise StateUnreadable("state.db", "it is damaged")

    monkeypatch.setattr(world.remote, "pin", damaged)
    with pytest.raises(StateUnreadable):
        world.apply(plan)
    assert world.remote.deleted == []


@pytest.mark.promise("I14")
def test_a_disk_that_fills_while_an_image_comes_leaves_nothing_staged(world, monkeypatch):
    world.pin(world.board("Board"))
    plan = world.plan()

    class Full(io.BytesIO):
        def write(self, _data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(world.library, "stage", lambda _name: Full())
        result = world.apply(plan)
    assert isinstance(result.fatal, DiskRefused)
    assert (world.library.staging, world.library.files) == ({}, {})
    assert world.apply(plan).complete


def test_two_runs_in_one_second_have_two_names():
    """A clock that was put back gives the same name twice."""
    runs = [
        RunRecord(id=RunId(name), digest=Digest("sha256:0"), serial=0, total=0, started_at="", summary={})
        for name in ("20260101T000000Z-abcd", "20260101T000000Z-abcd-2")
    ]
    assert _free_id("20260101T000000Z-abcd", runs) == "20260101T000000Z-abcd-3"
    assert _free_id("20260101T000001Z-abcd", runs) == "20260101T000001Z-abcd"


@pytest.mark.promise("I11")
@pytest.mark.parametrize("sealed", [True, False])
def test_protection_of_other_boards_and_pins_keeps_nothing_back(world, sealed):
    three_to_delete(world)
    plan = world.plan()
    other = Policies(protect=Protect(boards=("Other",), pins=("1",), globs=("Other/*",), kinds=("download",)))
    plan = plan if sealed else replace(plan, seal=msgspec.UNSET)
    assert world.apply(plan, ExecutorOptions(policies=other, expect_digest=plan.digest)).complete


@pytest.mark.promise("I11")
def test_protection_of_the_own_board_holds_for_a_sealed_plan(world):
    three_to_delete(world)
    with pytest.raises(SafetyStop, match="board Board is protected"):
        world.apply(world.plan(), ExecutorOptions(policies=Policies(protect=Protect(boards=("Board",)))))
    assert world.remote.deleted == []


# -- is it the recorded picture? -------------------------------------------------------------------------------------

RECORD = replace(tracked("1", "Board/a.jpg"), width=800, height=600, signature="a" * 32)
SAME_SIZE = Content(sha256=Sha256("1" * 64), width=800, height=600, format="JPEG")


@pytest.mark.promise("I20")
@pytest.mark.parametrize(
    ("signature", "content", "why"),
    [
        ("b" * 32, replace(SAME_SIZE, sha256=RECORD.sha256), None),
        ("a" * 32, SAME_SIZE, None),
        (None, SAME_SIZE, None),
        ("b" * 32, SAME_SIZE, "not the recorded image"),
        ("a" * 32, replace(SAME_SIZE, width=799), "only 799×600 of the recorded 800×600"),
    ],
)
def test_what_may_stand_for_the_recorded_image_when_its_pin_is_deleted(signature, content, why):
    assert why_not_the_recorded(RECORD, signature, content) == why


def kept_of(data: bytes) -> bytes:
    return msgspec.msgpack.encode(FakeFaces().fingerprint(data, "x"))


@pytest.mark.promise("I20")
@pytest.mark.parametrize(
    ("kept", "data", "why"),
    [
        (None, image_bytes("dog"), None),  # nothing to compare with
        (kept_of(image_bytes("cat")), image_bytes("cat~q80"), None),
        (kept_of(image_bytes("cat")), image_bytes("dog"), "it does not show the recorded picture"),
        (kept_of(image_bytes("cat")), b"<html>", "it cannot be compared with the recorded picture: it is not an image"),
    ],
)
def test_an_image_must_show_what_the_recorded_one_did(kept, data, why):
    assert PictureMatch(FakeFaces(), lambda _: kept).why_not(RECORD, data) == why
    assert PictureMatch(None, lambda _: kept).why_not(RECORD, data) is None


@pytest.mark.promise("I20")
def test_an_image_must_show_what_was_sent_if_pinplan_created_its_pin():
    wanted = Wanted(pin_id=PinId("1"), slot=0, renditions=())
    kept = kept_of(image_bytes("cat"))
    made = PictureMatch(FakeFaces(), lambda _: kept, lambda *_: RECORD.sha256)
    assert made.why_not_sent(wanted, "x", image_bytes("cat~q80")) is None
    assert made.why_not_sent(wanted, "x", image_bytes("dog")) == "it does not show the picture that was sent"
    assert PictureMatch(FakeFaces(), lambda _: kept).why_not_sent(wanted, "x", image_bytes("dog")) is None

"""The order of a plan, and its numbers."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.actions import DeleteLocal, DeleteRemote, Forget
from pinplan.actions.expect import ExpectFree, ExpectPin, expect_of
from pinplan.model.ids import BoardId, PinId, RelPath
from pinplan.model.pins import Pin
from pinplan.reconcile.dependencies import in_order
from tests.worlds import tracked


def forget(pin_id: str, address: str) -> Forget:
    return Forget(
        pin_id=PinId(pin_id),
        board_id=BoardId("1"),
        address=address,
        reason="gone_on_both_sides",
        expect=ExpectFree(free=RelPath("a.jpg")),
        before=tracked(pin_id, "a.jpg"),
    )


def delete_local(pin_id: str, address: str, size: int = 1) -> DeleteLocal:
    record = replace(tracked(pin_id, "a.jpg"), size=size)
    return DeleteLocal(
        pin_id=record.pin_id,
        board_id=record.board_id,
        address=address,
        reason="removed_on_pinterest",
        destructive=True,
        expect=expect_of(record),
        before=record,
    )


def delete_remote(pin_id: str, address: str) -> DeleteRemote:
    pin = Pin(id=PinId(pin_id), board_id=BoardId("1"))
    return DeleteRemote(
        pin_id=pin.id,
        board_id=pin.board_id,
        address=address,
        reason="removed_locally",
        destructive=True,
        expect=ExpectPin(pin_id=pin.id, board_id=pin.board_id, section_id=None),
        before=pin,
        files=(),
    )


@pytest.mark.promise("I18")
def test_deletes_come_last_and_those_on_pinterest_at_the_very_end():
    ordered = in_order([delete_remote("1", "A/1"), delete_local("2", "B/2"), forget("3", "C/3")])
    assert [action.pin_id for action in ordered] == ["3", "2", "1"]


def test_within_a_phase_actions_are_sorted_by_address_then_by_pin():
    ordered = in_order([forget("1", "B/x"), forget("3", "A/x"), forget("2", "A/x")])
    assert [action.pin_id for action in ordered] == ["2", "3", "1"]


@pytest.mark.parametrize(
    ("count", "first", "last"), [(1, "0001", "0001"), (12, "0001", "0012"), (10_000, "00001", "10000")]
)
def test_actions_are_numbered_from_one_with_at_least_four_digits(count, first, last):
    ordered = in_order([forget("1", "A/1")] * count)
    assert (ordered[0].id, ordered[-1].id) == (first, last)

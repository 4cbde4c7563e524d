"""Which new pin is an old one that was saved again: the very same images, and no doubt which is which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from pinplan.model.base import Tracked
from pinplan.model.ids import BoardId, PinId
from pinplan.model.pins import Board, Pin
from pinplan.model.snapshots import BoardSnapshot, RemoteSnapshot
from pinplan.reconcile.match import PinSides, by_pin
from pinplan.reconcile.saved_again import saved_again
from tests.fakes import ME
from tests.reconcile.test_planner import image, pin, record

A, B = "a" * 32, "b" * 32


def again(records: Sequence[Tracked], *pins: Pin, boards: Sequence[str] = ("1",), **facts: Any) -> dict[str, str]:
    """Old pins, each with the new one that stands for it."""
    listed = tuple(
        BoardSnapshot(
            board=Board(id=BoardId(one), name=one), pins=tuple(replace(p, board_id=BoardId(one)) for p in pins), **facts
        )
        for one in boards
    )
    tracked, sides = by_pin(records), PinSides(RemoteSnapshot(account=ME, boards=listed))
    found = saved_again(tracked, sides, sides.pins.keys() - tracked.keys())
    return {old: seen.pin.id for old, seen in found.items()}


def slots(number: str, *signatures: str | None) -> list[Tracked]:
    return [record(number, f"{n}.jpg", slot=n, signature=one) for n, one in enumerate(signatures, 1)]


@pytest.mark.parametrize(
    ("records", "pins", "expected"),
    [
        ([record("501")], [pin("601")], {"501": "601"}),
        ([record("501")], [pin("601", image(signature=B))], {}),
        ([record("501", signature=None)], [pin("601", image(signature=None))], {}),
        ([record("501")], [pin("501"), pin("601")], {}),
        ([record("501")], [pin("601"), pin("602")], {}),
        ([record("501"), record("502")], [pin("601")], {}),
        ([record("501"), record("601", "x.jpg")], [pin("601")], {}),
        ([record("501")], [pin("601", image(cover=True))], {}),
        ([record("501")], [pin("601", image(), image(1, B))], {}),
        (slots("501", A, B), [pin("601", image(1, A), image(2, B))], {"501": "601"}),
        (slots("501", A, B), [pin("601", image(2, B), image(1, A))], {"501": "601"}),
        (slots("501", A, B), [pin("601", image(1, B), image(2, A))], {}),
        (slots("501", A, B), [pin("601", image(1, A))], {}),
        (slots("501", A, B), [pin("601", image(1, A), image(2, B, cover=True))], {}),
        (slots("501", A, None), [pin("601", image(1, A), image(2, None))], {}),
        (slots("501", A), [pin("601", image(1, A), image(2, None))], {}),
    ],
)
def test_a_pin_was_saved_again_where_the_very_same_images_have_one_new_pin(records, pins, expected):
    assert again(records, *pins) == expected


@pytest.mark.promise("I1")
def test_nothing_was_saved_again_where_a_listing_leaves_it_open():
    assert again([record("501")], pin("601"), complete=False, problem="HTTP 500") == {}
    assert again([record("501")], pin("601"), boards=("1", "2")) == {}, "it is listed twice"
    assert PinId("601") == "601"

"""What every kind of action has, and that kinds know nothing of each other."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pinplan.actions import KINDS, Dedupe
from pinplan.actions.base import Action
from pinplan.actions.new_file import Creation
from pinplan.actions.pairs import Pair
from pinplan.model.pins import Words
from tests.actions.situations import create_pin, dedupe, download, pin_of

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_the_contract_between_kinds_names_all_of_them():
    (contract,) = (
        one
        for one in tomllib.loads(PYPROJECT.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
        if one["type"] == "independence"
    )
    assert contract["modules"] == sorted(kind.__module__ for kind in KINDS.values())


def test_an_action_of_no_kind_cannot_be_made():
    common = {"pin_id": "1", "board_id": "2", "address": "Board/1", "reason": "new_pin"}
    bases: tuple[Any, ...] = (Action, Pair)
    for base in bases:
        with pytest.raises(TypeError, match="abstract"):
            base(**common)


def test_only_two_duplicates_can_be_exchanged():
    assert issubclass(Dedupe, Pair)
    assert (dedupe().keeper_pin, download().keeper_pin) == (dedupe().keeper.pin.pin_id, None)
    with pytest.raises(ValueError, match="not a pair of duplicates"):
        download().exchanged()


def test_words_that_are_wanted_are_held_and_others_may_differ():
    pin = replace(pin_of(), link="https://example.org/a", description="", alt_text=None)
    assert pin.words == Words(link="https://example.org/a")
    assert pin.words.hold(Words())
    assert pin.words.hold(Words(link="https://example.org/a"))
    assert not pin.words.hold(Words(link="https://example.org/a", description="a cat"))


def test_only_a_creation_creates():
    creating = create_pin()
    assert creating.creation == Creation(creating.after, creating.files)
    assert download().creation is None

"""Selectors that select nothing are never silent, least of all where they protect; those that select something are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from pinplan.adapters import PlanRequest
from pinplan.errors import ConfigError
from pinplan.model.ids import BoardId, PinId
from pinplan.model.snapshots import UnknownPath
from pinplan.pipeline import make_restore
from pinplan.plan.document import CheckStatus, FindingKind, Plan, Scope
from pinplan.policies.bundle import BoardPolicy
from pinplan.policies.duplicates import Duplicates
from pinplan.policies.mode import Mode
from pinplan.policies.protect import Protect
from tests.worlds import EVERYTHING, SmallWorld, kinds

ARCHIVE_NATUER = BoardPolicy(board="Natuer", mode=Mode.ARCHIVE)


@pytest.fixture
def world() -> Iterator[SmallWorld]:
    """A library that both sides agree on, but for a pin that is gone from Pinterest."""
    world = SmallWorld()
    nature = world.board("Nature 自然")
    birds = world.section(nature, "Birds")
    world.section(nature, "Empty")
    for number in range(3):
        world.pin(nature, f"Bird {number}", section_id=birds if number else None)
    world.pin(world.board("a/b: c?"), "Other")
    gone = world.pin(nature, "Gone")
    world.apply()
    del world.remote.pins_by_id[gone]
    world.mode(Mode.MIRROR)
    yield world
    world.close()


def unmatched(plan: Plan) -> list[tuple[str, str]]:
    return [(f.address, f.message) for f in plan.findings if f.kind is FindingKind.UNMATCHED_SELECTOR]


def refused(plan: Plan) -> str:
    return " ".join(check.message for check in plan.checks if check.status is CheckStatus.FAIL)


@pytest.mark.parametrize("option", ["targets", "excludes", "restore"])
@pytest.mark.parametrize("text", ["Natuer", "Nature", "Nature 自然/Brids", "999999", "https://www.pinterest.com/pin/999999/", "*.gif", "Nature 自然/Birds/999999", "https://www.pinterest.com/me/natuer/"])  # fmt: skip
def test_on_the_command_line_it_is_an_error_with_the_nearest_names(world, option, text):
    with pytest.raises(ConfigError, match=f"--{option.rstrip('s')} .*matches nothing") as caught:
        world.plan(scope=Scope(**{option: (text,)}))
    assert "Nature 自然" in str(caught.value) or text.isdigit()
    assert "\n" not in str(caught.value)


@pytest.mark.promise("I9")
@pytest.mark.parametrize("option", ["targets", "excludes", "restore", "accept"])
@pytest.mark.parametrize("text", ["", " ", "id:"])
def test_an_empty_text_selects_nothing(world, option, text):
    with pytest.raises(ConfigError, match="matches nothing"):
        world.plan(scope=Scope(**{option: (text,)}))


def test_all_of_them_are_named_at_once(world):
    with pytest.raises(ConfigError) as caught:
        world.plan(scope=Scope(targets=("Natuer", "Nature 自然"), excludes=("Brids",)))
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("option", ["targets", "excludes", "restore"])
@pytest.mark.parametrize(
    "text",
    [
        *(
            "Nature 自然",
            "nature 自然",
            "NATURE*",
            "Nature 自然/Birds",
            "nature 自然/birds/*",
            "Nature 自然/Empty",
            "a_b_ c_",
            "A/B: C?",
        ),
        *("https://www.pinterest.com/me/nature-自然/", "https://www.pinterest.com/me/nature-自然/birds/", "*"),
    ],
)
def test_what_selects_something_is_none(world, option, text):
    assert unmatched(world.plan(scope=Scope(**{option: (text,)}))) == []


def test_pins_boards_and_files_are_known_by_id_address_and_path(world):
    pin = next(iter(world.remote.pins_by_id))
    board = world.remote.pins_by_id[pin].board_id
    for text in (pin, f"https://www.pinterest.com/pin/{pin}/", board, f"id:{board}"):
        assert kinds(world.plan(scope=Scope(targets=(text,)))) is not None
    world.plan(scope=Scope(restore=(world.path_of(pin).upper(),)))


def test_what_an_earlier_run_was_about_is_known(world):
    gone = next(record.pin_id for record in world.state.base().tracked if "Gone" in record.path)
    path = world.path_of(gone)
    assert world.apply().complete
    assert gone not in {record.pin_id for record in world.state.base().tracked}
    for text in (gone, f"Nature 自然/{gone}"):
        assert kinds(world.plan(scope=Scope(targets=(text,)))) == []
    world.policies = replace(world.policies, protect=Protect(pins=(gone,), globs=(path,)))
    assert unmatched(world.plan()) == []


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"protect": Protect(boards=("Natuer",))}, "[protect] boards"),
        ({"protect": Protect(pins=(PinId("999999"),))}, "[protect] pins"),
        ({"protect": Protect(globs=("best/*",))}, "[protect] globs"),
        ({"overrides": (ARCHIVE_NATUER,)}, "[[override]] board"),
    ],
)
def test_a_protection_that_protects_nothing_stops_what_it_may_have_meant(world, changes, where):
    plan = world.plan(allow={}, **changes)
    ((address, message),) = unmatched(plan)
    assert address == where
    assert "matches nothing" in message
    assert kinds(plan) == ["delete_local"]
    assert not plan.applyable
    assert f"{where} " in refused(plan)
    assert "--allow unmatched-selectors=1" in refused(plan)
    assert world.plan(allow={"unmatched-selectors": 1}, **changes).applyable
    quiet = world.plan(allow={}, scope=Scope(targets=("a_b_ c_",)), **changes)
    assert quiet.applyable, "where nothing is deleted, moved or replaced it is only said"
    assert len(unmatched(quiet)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"duplicates": Duplicates(reference=("Natuer",))},
        {"of_others": ("Natuer",)},
        {"exclude": ("Natuer",)},
        {"include": ("*", "Natuer")},
        {"ignore_pins": (PinId("999999"),)},
        {"overrides": (BoardPolicy(board="Natuer", mode=Mode.TWO_WAY),)},
    ],
)
def test_what_protects_nothing_anyway_is_only_said(world, changes):
    plan = world.plan(allow={}, **changes)
    assert len(unmatched(plan)) == 1
    assert plan.applyable


def test_nothing_is_said_of_what_could_not_be_seen(world):
    nature = BoardId(next(iter(world.remote.boards_by_id)))
    world.remote.broken.add(nature)
    for text in ("999999", "Nature 自然/Brids", "Bird*"):
        assert unmatched(world.plan(scope=Scope(targets=(text,)))) == []
    for text in ("Natuer", "a_b_ c_/Brids"):
        with pytest.raises(ConfigError):
            world.plan(scope=Scope(targets=(text,)))
    world.library.unknown.append(UnknownPath(path="best", reason="Permission denied"))
    assert unmatched(world.plan(protect=Protect(globs=("best/*",)))) == []


def test_a_glob_may_be_about_what_is_only_planned(world):
    world.pin(BoardId(next(iter(world.remote.boards_by_id))), "Planned")
    assert unmatched(world.plan(protect=Protect(globs=("*/Planned*",)))) == []


def test_undo_and_restore_say_it_as_well(world):
    assert world.apply().complete
    request = PlanRequest(policies=world.policies, allow=EVERYTHING, scope=Scope(targets=("Natuer",)))
    with pytest.raises(ConfigError, match="did you mean Nature 自然"):
        make_restore(world.adapters(), request, ["*"])


def test_an_account_without_boards_has_no_typo_in_its_defaults():
    world = SmallWorld()
    assert unmatched(world.plan()) == []
    world.close()

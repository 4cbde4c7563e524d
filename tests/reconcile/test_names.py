"""Names of files: what renames one, what does not."""

from __future__ import annotations

import unicodedata

import pytest
from msgspec.structs import replace

from pinplan.model.ids import PinId
from pinplan.model.snapshots import UnknownPath
from pinplan.policies.bundle import Mtime
from pinplan.policies.mode import Mode
from tests.worlds import SmallWorld, findings, kinds


def edit_title(world: SmallWorld, pin: PinId, title: str) -> None:
    world.remote.pins_by_id[pin] = replace(world.remote.pins_by_id[pin], title=title)


def test_an_edited_title_renames_no_file(world):
    pin = world.pin(world.board("Board"), "Before")
    world.apply()
    edit_title(world, pin, "After")
    for mode in Mode:
        world.mode(mode)
        plan = world.plan()
        assert (kinds(plan), findings(plan)) == ([], [])


def test_the_next_move_takes_the_title_of_that_day(world):
    pin = world.pin(world.board("Board"), "Before")
    world.apply()
    edit_title(world, pin, "After")
    world.move_pin(pin, world.board("Other"))
    world.apply()
    assert world.path_of(pin) == f"Other/After [{pin}].jpg"


@pytest.mark.promise("I2")
def test_a_decomposed_folder_that_cannot_be_read_is_unknown_under_its_other_name_too(world):
    board = world.board("Café")
    for n in range(3):
        world.pin(board, f"{n}")
    world.apply()
    odd = unicodedata.normalize("NFD", "Café")
    world.library.files.clear()
    world.library.unknown.append(UnknownPath(path=odd, reason="Permission denied"))
    world.mode(Mode.TWO_WAY)
    plan = world.plan()
    assert kinds(plan) == []
    assert {finding.kind.value for finding in plan.findings} == {"unknown"}


def test_files_have_the_time_of_their_pin_where_that_is_wanted(world):
    board = world.board("Board")
    dated = world.pin(board, created_at="2025-01-31T10:00:00Z")
    for created_at in (None, "1969-12-31T23:59:59Z"):
        world.pin(board, created_at=created_at)
    plan = world.plan(mtime=Mtime.CREATED)
    world.apply(plan)
    times = {t.pin_id: t.mtime_ns for t in world.state.base().tracked}
    assert times.pop(dated) == 1_738_317_600 * 10**9 == world.library.times[world.path_of(dated)]
    assert all(0 < time < 100 for time in times.values())  # as the fake counts
    assert world.plan(mtime=Mtime.CREATED).actions == ()
    assert world.plan().actions == ()


def test_a_template_with_date_and_cut_title_names_new_files_and_moves_old_ones(world):
    board = world.board("Board")
    old = world.pin(board, "A long title", created_at="2025-01-31T10:00:00Z")
    world.apply()
    template = "{board}/{created_at:%Y}/{created_at:%m-%d} {title:.6} [{pin_id}]{slot}{ext}"
    world.policies = replace(world.policies, template=template)
    new = world.pin(board, "Another", created_at=None)
    assert sorted(kinds(world.plan())) == ["download", "move_local"]
    world.apply()
    assert world.path_of(old) == f"Board/2025/01-31 A long [{old}].jpg"
    assert world.path_of(new) == f"Board/Anothe [{new}].jpg"
    assert kinds(world.plan()) == []

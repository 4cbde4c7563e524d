"""The proof of a library, and the trash."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from pinplan.adapters import PlanRequest
from pinplan.errors import DiskRefused
from pinplan.events import silent
from pinplan.history.trash import empty, to_empty, trash_of
from pinplan.history.verify import FileStatus, PinStatus, VerifyReport, conclude, verify_library
from pinplan.model.snapshots import UnknownPath
from pinplan.pipeline import verify
from pinplan.policies.mode import Mode, NewPin
from pinplan.render.reports import verify_lines
from tests.apply.test_apply import agreed
from tests.fakes import image_bytes
from tests.worlds import SmallWorld, findings, kinds


def proved(world: SmallWorld, *, quick: bool = False) -> VerifyReport:
    return verify(world.adapters(), PlanRequest(policies=world.policies), quick=quick)


def counts(proof: VerifyReport) -> tuple[dict[str, int], dict[str, int]]:
    pins = proof.pins or {}
    return {k.value: n for k, n in proof.files.items() if n}, {k.value: n for k, n in pins.items() if n}


@pytest.mark.parametrize("quick", [False, True])
def test_all_is_well(world, quick):
    agreed(world)
    proof = proved(world, quick=quick)
    assert proof.well
    assert counts(proof) == ({"good": 3}, {"on_disk": 3})
    assert "No problems found: 3 files" in "\n".join(line.text for line in verify_lines(proof))


@pytest.mark.parametrize("quick", [False, True])
def test_bad_files_are_named_and_damaged_ones_are_replaced_by_the_next_plan_though_size_and_time_are_as_recorded(
    world, quick
):
    pins = agreed(world, 4)
    paths = [world.path_of(pin) for pin in pins]
    rotten, other, gone = paths[:3]
    world.library.files[rotten] = b"broken".ljust(len(world.library.files[rotten]))
    world.library.files[other] = world.library.files[other].replace(b"IMAGE", b"IMAGE")[:-1] + b"?"
    world.library.remove(gone)
    assert kinds(world.plan()) == []
    proof = proved(world, quick=quick)
    assert not proof.well
    assert counts(proof)[0] == {"good": 1, "damaged": 1, "changed": 1, "removed": 1}
    assert {problem.path: problem.proof for problem in proof.problems} == {
        rotten: FileStatus.DAMAGED,
        other: FileStatus.CHANGED,
    }
    plan = world.plan()
    assert kinds(plan) == ["replace"]
    assert "modified_locally" in [finding.kind for finding in plan.findings]
    assert world.apply(plan).complete
    assert world.library.files[rotten].startswith(b"IMAGE")


def test_a_file_that_was_mended_since_is_believed_again(world):
    pins = agreed(world)
    path = world.path_of(pins[0])
    good = world.library.files[path]
    world.library.files[path] = b"broken".ljust(len(good))
    assert not proved(world).well
    world.library.files[path] = good
    assert world.plan().actions == ()
    assert proved(world).well


def test_every_pin_is_accounted_for(world):
    pins = agreed(world, 6)
    board = world.remote.pins_by_id[pins[0]].board_id
    del world.remote.pins_by_id[pins[0]]
    world.library.remove(world.path_of(pins[1]))
    world.remote.hidden.add(pins[2])
    world.pin(board, "New")
    world.pin(board, "Film", cover=True)
    bare = world.pin(board, "Bare")
    world.remote.pins_by_id[bare] = replace(world.remote.pins_by_id[bare], images=())
    proof = proved(world)
    expected = {"on_disk": 3, "only_here": 1, "removed_here": 1, "to_fetch": 2, "withheld": 1, "unknown": 1}
    assert counts(proof)[1] == expected
    assert not proof.well
    text = "\n".join(line.text for line in verify_lines(proof))
    assert "to fetch: pin" in text
    assert "unknown: pin" in text


def test_a_cover_a_pin_that_is_only_here_and_a_pin_that_is_left_out_are_no_problem(world):
    pins = agreed(world)
    board = world.remote.pins_by_id[pins[0]].board_id
    world.pin(board, "Film", cover=True)
    world.apply()
    del world.remote.pins_by_id[pins[0]]
    world.policies = replace(world.policies, new_pin=NewPin.IGNORE)
    world.pin(board, "Not wanted")
    proof = proved(world)
    assert counts(proof)[1] == {"on_disk": 2, "only_here": 1, "ignored": 1, "cover_only": 1}
    assert proof.well


def test_a_pin_of_a_board_that_is_left_out_is_not_said_to_be_on_pinterest(world):
    agreed(world)
    world.pin(world.board("Private"), "Secret")
    world.apply()
    world.policies = replace(world.policies, exclude=("private",))
    proof = proved(world)
    assert counts(proof)[1] == {"on_disk": 3, "left_out": 1}
    assert (proof.well, proof.left_out) == (True, 1)
    assert "1 board left out by the config" in "\n".join(line.text for line in verify_lines(proof))


@pytest.mark.promise("I6")
def test_a_board_that_is_not_listed_any_more_is_left_out_by_the_config(world):
    board = world.remote.pins_by_id[agreed(world)[0]].board_id
    del world.remote.boards_by_id[board]
    assert set(findings(world.plan())) == {"vanished", "unknown"}
    assert not proved(world).well
    for name in ("board", board):
        world.policies = replace(world.policies, exclude=(name,))
        world.mode(Mode.TWO_WAY)
        assert (kinds(world.plan()), findings(world.plan())) == ([], [])
        assert proved(world).well


def test_pins_of_a_board_that_could_not_be_read_are_one_line(world):
    board = world.remote.pins_by_id[agreed(world)[0]].board_id
    world.remote.broken.add(board)
    lines = [line.text for line in verify_lines(proved(world))]
    assert "unknown: Board: 2 pins not checked: the board could not be read" in lines
    assert not any("cannot tell" in line for line in lines)


def test_a_missing_file_that_the_mode_would_fetch_is_not_well(world):
    pins = agreed(world)
    world.mode(Mode.MIRROR)
    world.library.remove(world.path_of(pins[0]))
    proof = proved(world)
    assert counts(proof) == ({"good": 2, "missing": 1}, {"on_disk": 2, "to_fetch": 1})
    assert not proof.well


def test_without_pinterest_only_files_are_judged(world):
    pins = agreed(world)
    files = verify_library(world.library, world.state, silent)
    assert conclude(files, None, quick=False).well
    world.library.remove(world.path_of(pins[0]))
    proof = conclude(verify_library(world.library, world.state, silent), None, quick=False)
    assert (proof.pins, proof.well) == (None, False)
    assert counts(proof)[0] == {"good": 2, "missing": 1}


@pytest.mark.promise("I2")
@pytest.mark.parametrize("asked", [True, False])
def test_images_of_which_nothing_is_known_are_never_called_well(world, asked):
    """After a lost state, say: a proof over no file proves nothing."""
    world.library.write("Cats/one.jpg", b"")
    if asked:
        proof = proved(world)
    else:
        proof = conclude(verify_library(world.library, world.state, silent), None, quick=False, untracked=1)
    assert (proof.well, proof.untracked) == (False, 1)
    text = "\n".join(line.text for line in verify_lines(proof))
    assert "Nothing is tracked, so nothing was verified: 1 untracked image in the library." in text
    assert "well" not in text


def test_untracked_images_beside_tracked_ones_are_said(world):
    agreed(world)
    world.library.write("Cats/one.jpg", b"")
    proof = proved(world)
    assert (proof.well, proof.untracked) == (True, 1)
    text = "\n".join(line.text for line in verify_lines(proof))
    assert "1 untracked image in the library, not verified." in text


def test_what_cannot_be_read_is_said(world, monkeypatch):
    agreed(world)

    def refuse(path: str) -> None:
        raise DiskRefused(path, 5, "Input/output error")

    monkeypatch.setattr(world.library, "inspect", refuse)
    proof = proved(world)
    assert counts(proof)[0] == {"unreadable": 3}
    assert proof.problems[0].problem == "Input/output error"


def test_a_subtree_that_cannot_be_scanned_is_unknown(world):
    agreed(world)
    world.library.unknown.append(UnknownPath(path="Board", reason="Permission denied"))
    assert counts(proved(world))[1] == {"unknown": 3}


# -- the trash -------------------------------------------------------------------------------------------------------


def with_trash(world: SmallWorld) -> None:
    pins = agreed(world)
    world.mode(Mode.MIRROR)
    for pin in pins[:2]:
        del world.remote.pins_by_id[pin]
    world.apply()


@pytest.mark.promise("I17")
def test_the_trash_is_listed_and_emptied_by_age_and_name(world):
    with_trash(world)
    files = trash_of(world.library, world.state, world.clock)
    assert [(file.was, file.days, file.held) for file in files] == [
        ("Board/Pin 0 [9002].jpg", 0, False),
        ("Board/Pin 1 [9003].jpg", 0, False),
    ]
    assert to_empty(files, days=1) == []
    world.clock.present = datetime(2026, 1, 1, 1, tzinfo=UTC) + timedelta(days=91)
    files = trash_of(world.library, world.state, world.clock)
    assert files[0].days == 91
    assert len(to_empty(files, days=91)) == 2
    assert to_empty(files, days=92) == []
    (one,) = to_empty(files, days=0, wanted=["*9003*"])
    assert empty(world.library, world.state, world.clock, [one]) == 1
    assert [file.was for file in world.library.in_trash()] == ["Board/Pin 0 [9002].jpg"]
    assert b'"type":"destroyed"' in world.state.audit.lines()[-1]
    assert world.state.audit.verify().breaks == ()


@pytest.mark.promise("I17")
def test_a_clock_that_was_put_back_empties_nothing(world):
    with_trash(world)
    world.clock.present = datetime(2001, 1, 1, tzinfo=UTC)
    assert to_empty(trash_of(world.library, world.state, world.clock), days=1) == []


def test_what_an_unfinished_run_may_need_stays(world):
    pins = agreed(world)
    world.library.write(world.path_of(pins[0]), b"broken")
    world.library.write(world.path_of(pins[1]), b"broken")
    urls = [image.url for image in world.remote.pins_by_id[pins[1]].images[0].renditions]
    world.images.broken.update(urls)
    assert not world.apply().complete
    files = trash_of(world.library, world.state, world.clock)
    assert [file.held for file in files] == [True]
    assert to_empty(files, days=0) == []


def test_a_run_that_the_state_does_not_know_is_dated_by_its_name(world):
    world.library.kept_files[".pinplan/trash/20200101T000000Z-abcd/0001/a.jpg"] = image_bytes("a")
    world.library.kept_files[".pinplan/trash/by hand/0001/a.jpg"] = image_bytes("a")
    found = {str(file.run): file for file in trash_of(world.library, world.state, world.clock)}
    assert found["20200101T000000Z-abcd"].days > 2000
    assert found["by hand"].days == 0


def test_pins_are_told_once_each(world):
    pins = agreed(world)
    assert [pin.pin_id for pin in proved(world).told] == []
    world.library.remove(world.path_of(pins[0]))
    assert [(pin.pin_id, pin.proof) for pin in proved(world).told] == [(pins[0], PinStatus.REMOVED_HERE)]


def test_a_pin_that_was_saved_again_is_neither_left_out_nor_only_here(world):
    pins = agreed(world)
    new = world.save_again(pins[0], world.board("Other"))
    proof = proved(world)
    assert proof.well
    assert counts(proof) == ({"good": 3}, {"on_disk": 3, "saved_again": 1})
    assert [(pin.pin_id, pin.message) for pin in proof.told] == [
        (pins[0], f"saved again as pin {new}; a plan would rebind its file")
    ]
    world.apply()
    assert counts(proved(world)) == ({"good": 3}, {"on_disk": 3})

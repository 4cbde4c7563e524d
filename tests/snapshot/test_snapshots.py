"""Looking once: what was read to the end, what was not, and what became of the missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from pinplan.adapters import PlanRequest
from pinplan.build_plan import take_snapshots
from pinplan.errors import ApiRefused, DiskRefused, PermissionMissing, TokenRefused
from pinplan.events import Step, Warned
from pinplan.model.ids import BoardId
from pinplan.model.snapshots import ListedSections, LocalSnapshot, RemoteSnapshot
from pinplan.pinterest.api import PinPage
from pinplan.pipeline import decide
from pinplan.plan.agreement import unsettled
from pinplan.plan.document import kind_of
from pinplan.policies.mode import Mode
from pinplan.render.text import summary_line
from pinplan.snapshot.saved import Snapshots, digest_of_local, digest_of_remote, load_snapshots, save_snapshots
from tests.fakes import image_bytes
from tests.worlds import SmallWorld, findings, kinds


def snapshots(world: SmallWorld, max_gone_checks: int = 500) -> Snapshots:
    return take_snapshots(world.adapters(), PlanRequest(policies=world.policies, max_gone_checks=max_gone_checks))


def remote(world: SmallWorld, max_gone_checks: int = 500) -> RemoteSnapshot:
    return snapshots(world, max_gone_checks).remote


def local(world: SmallWorld) -> LocalSnapshot:
    return snapshots(world).local


def fails(error: Exception):
    def raise_it(*_args: object) -> None:
        raise error

    return raise_it


def test_sections_are_asked_for_only_where_a_pin_names_one(world):
    plain, parted = world.board("Plain"), world.board("Parted")
    world.pin(plain)
    section = world.section(parted, "Part")
    world.section(plain, "Empty")
    world.pin(parted, section_id=section)
    found = remote(world)
    assert [[s.name for s in board.sections] for board in found.boards] == [[], ["Part"]]
    assert found.api_calls == 5  # account, boards, two listings, one list of sections


@pytest.mark.promise("I1")
@pytest.mark.parametrize("unread", [True, False])
def test_pins_of_a_section_without_a_name_are_fetched_and_moved_when_it_has_one(world, monkeypatch, unread):
    board = world.board("Board")
    section = world.section(board, "Part")
    inside, adapters = world.pin(board, "in", section_id=section), world.pin(board, "out")
    sections = world.remote.sections
    lacking = fails(ApiRefused("GET", 500, None, "no", None)) if unread else lambda _board: ListedSections()
    monkeypatch.setattr(world.remote, "sections", lacking)
    (found,) = remote(world).boards
    assert {pin.id for pin in found.pins} == {inside, adapters}
    assert (found.complete, found.unread, found.unnamed) == (False, unread, (section,))
    plan = world.plan()
    assert findings(plan) == ["incomplete" if unread else "unlisted_section"]
    world.apply(plan)
    assert world.path_of(inside) == f"Board/section {section}/in [{inside}].jpg"
    world.mode(Mode.TWO_WAY)
    world.library.remove(world.path_of(adapters))
    assert kinds(world.plan()) == []
    monkeypatch.setattr(world.remote, "sections", sections)
    assert kinds(world.plan()) == ["move_local", "delete_remote"]
    world.apply()
    assert world.path_of(inside) == f"Board/Part/in [{inside}].jpg"


@pytest.mark.promise("I1")
def test_a_section_that_loses_its_name_for_a_while_keeps_its_folder(world, monkeypatch):
    board = world.board("Board")
    section = world.section(board, "Part")
    world.pin(board, "in", section_id=section)
    world.apply()
    monkeypatch.setattr(world.remote, "sections", lambda _board: ListedSections())
    late = world.pin(board, "late", section_id=section)
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == (["download"], ["unlisted_section"])
    assert plan.actions[0].address == f"Board/Part/{late}"


@pytest.mark.promise("I1")
@pytest.mark.parametrize("places", [[2], [2, 3]])
def test_an_item_that_is_no_section_is_a_finding_with_its_place_and_hides_no_other(world, places):
    board, other = world.board("Board"), world.board("Other")
    part = world.section(board, "Part")
    named, away = world.pin(board, "named", section_id=part), world.pin(board, "away")
    world.apply()
    lost = world.section(board, "Lost")
    fresh, nameless = world.pin(board, "fresh", section_id=part), world.pin(board, "nameless", section_id=lost)
    unlisted = world.remote.sections_of[board].pop(lost)
    world.library.remove(world.path_of(named))
    world.move_pin(away, other)
    world.mode(Mode.TWO_WAY)
    world.remote.odd_sections[board] = places
    plan = world.plan()
    assert [(kind_of(action), action.address) for action in plan.actions] == [
        ("download", f"Board/Part/{fresh}"),
        ("download", f"Board/section {lost}/{nameless}"),
    ]
    assert [finding.message for finding in plan.findings if finding.kind == "unreadable_item"] == [
        f"item {place} on page 1 of the list of sections is not a section: it is no object" for place in places
    ]
    assert unsettled(plan).unread == 1
    world.remote.odd_sections.clear()
    world.remote.sections_of[board][lost] = unlisted
    assert {"delete_remote", "move_local"} <= set(kinds(world.plan()))


@pytest.mark.promise("I1")
@pytest.mark.promise("I6")
@pytest.mark.parametrize("mode", Mode)
def test_an_item_that_is_no_board_is_said_with_its_place_and_lets_nothing_be_deleted_or_moved(world, mode):
    board, other = world.board("Board"), world.board("Other")
    kept, gone, moved = (world.pin(board, f"{n}") for n in range(3))
    world.apply()
    fresh = world.pin(other, "fresh")
    world.library.remove(world.path_of(kept))
    del world.remote.pins_by_id[gone]
    world.move_pin(moved, other)
    world.mode(mode)
    world.remote.odd_boards = [3]
    plan = world.plan()
    again = [("download", kept)] if mode is Mode.MIRROR else []
    new = [("download", fresh)] if mode is not Mode.PUBLISH else []
    assert sorted((kind_of(action), action.pin_id) for action in plan.actions) == sorted([*new, *again])
    said = {finding.message for finding in plan.findings if finding.address == "."}
    assert said == {
        "an item in the list of boards is not a board: nothing is deleted or moved in any board",
        "item 3 on page 1 of the list of boards is not a board: it is no object",
    }
    assert unsettled(plan).unread == 1
    world.remote.odd_boards = []
    assert "move_local" in {kind_of(action) for action in world.plan().actions}


@pytest.mark.promise("I1")
def test_an_item_that_is_no_pin_is_said_with_its_place_and_hides_no_other(world):
    board, other = world.board("Board"), world.board("Other")
    pins = [world.pin(board, f"{n}") for n in range(4)]
    gone, away = world.pin(board, "gone"), world.pin(other, "away")
    world.apply()
    fresh = world.pin(board, "fresh")
    world.library.remove(world.path_of(pins[0]))
    world.library.remove(world.path_of(away))
    del world.remote.pins_by_id[gone]
    world.move_pin(pins[1], other)
    world.remote.odd[board] = {2: "it is no object"}
    found = next(one for one in remote(world).boards if one.board.id == board)
    assert (found.unread, found.complete, [(item.page, item.item) for item in found.unreadable]) == (
        True,
        False,
        [(2, 1)],
    )
    for mode in Mode:
        world.mode(mode)
        plan = world.plan()
        ours = [(kind_of(action), action.pin_id) for action in plan.actions if action.board_id == board]
        again = [("download", pins[0])] if mode is Mode.MIRROR else []
        new = [("download", fresh)] if mode is not Mode.PUBLISH else []
        assert sorted(ours) == sorted([*new, *again])
        assert {"incomplete", "unreadable_item"} <= set(findings(plan))
        said = next(finding for finding in plan.findings if finding.kind == "unreadable_item")
        assert said.message == "item 1 on page 2 of the listing is not a pin: it is no object"
    assert ("delete_remote", away) in [(kind_of(action), action.pin_id) for action in world.plan().actions]
    world.remote.odd.clear()
    assert "delete_remote" in [kind_of(a) for a in world.plan().actions if a.board_id == board]


@pytest.mark.promise("I6")
@pytest.mark.promise("I1")
def test_an_unforeseen_error_makes_one_board_incomplete_and_no_other(world, monkeypatch):
    odd, plain = world.board("Odd"), world.board("Plain")
    made = [world.pin(odd), world.pin(plain)]
    world.apply()
    world.library.remove(world.path_of(made[0]))
    pages = world.remote.pin_pages

    def listing(board_id: BoardId, bookmark: str | None = None) -> Iterator[PinPage]:
        if board_id == odd:
            raise OverflowError
        yield from pages(board_id, bookmark)

    monkeypatch.setattr(world.remote, "pin_pages", listing)
    world.mode(Mode.TWO_WAY)
    seen = remote(world)
    problems = {board.board.name: board.problem for board in seen.boards}
    assert problems["Plain"] is None
    assert "bug in pinplan (OverflowError). Report: " in (problems["Odd"] or "")
    assert kinds(world.plan()) == []
    monkeypatch.setattr(world.remote, "pin_pages", fails(TokenRefused("the token is refused")))
    with pytest.raises(TokenRefused):
        remote(world)


def test_too_little_memory_ends_the_look(world, monkeypatch):
    def listing(*_: object) -> Iterator[PinPage]:
        raise MemoryError
        yield

    world.board("Board")
    monkeypatch.setattr(world.remote, "pin_pages", listing)
    with pytest.raises(MemoryError):
        remote(world)


def test_missing_pins_are_asked_for_one_by_one_up_to_a_number(world):
    board = world.board("Board")
    pins = [world.pin(board, f"{n}") for n in range(6)]
    world.apply()
    world.remote.pins_by_id.clear()
    found = remote(world, max_gone_checks=4)
    assert [(asked.pin_id, asked.gone) for asked in found.asked] == [(pin, True) for pin in pins[:4]]
    world.mode(Mode.MIRROR)
    request = PlanRequest(policies=world.policies, allow={"local-deletes": 6})
    made = decide(snapshots(world, max_gone_checks=4), request, "")
    assert (kinds(made), findings(made)) == (["delete_local"] * 4, ["unknown"] * 2)


@pytest.mark.promise("I6")
def test_a_refusal_of_a_single_pin_proves_nothing(world, monkeypatch):
    pin = world.pin(world.board("Board"))
    world.apply()
    world.remote.pins_by_id.clear()
    monkeypatch.setattr(world.remote, "pin", fails(ApiRefused("GET /pins", 403, 29, "not permitted", None)))
    (asked,) = remote(world).asked
    assert (asked.pin_id, asked.gone) == (pin, False)
    world.mode(Mode.MIRROR)
    assert world.plan().actions == ()


@pytest.mark.promise("I6")
def test_a_missing_permission_for_one_board_is_that_boards_problem(world, monkeypatch):
    world.pin(world.board("Board"))
    world.apply()
    monkeypatch.setattr(world.remote, "pin_pages", fails(PermissionMissing("GET: scope")))
    assert [board.complete for board in remote(world).boards] == [False]


@pytest.mark.parametrize("door", ["account", "boards", "pin_pages"])
def test_a_refused_token_ends_the_look(world, monkeypatch, door):
    world.board("Board")
    monkeypatch.setattr(world.remote, door, fails(TokenRefused("GET: no")))
    with pytest.raises(TokenRefused):
        remote(world)


def test_a_board_that_is_left_out_is_not_asked_for_its_pins(world):
    world.pin(world.board("Seen"))
    world.pin(world.board("Private"))
    world.policies = replace(world.policies, exclude=("private",))
    found = remote(world)
    assert [(b.board.name, b.listed, len(b.pins)) for b in found.boards] == [("Seen", True, 1), ("Private", False, 0)]
    assert found.api_calls == 3


def test_a_count_that_differs_is_worth_a_word_not_an_error(world):
    board = world.board("Board")
    world.pin(board)
    world.pin(board)
    world.remote.boards_by_id[board] = replace(world.remote.boards_by_id[board], pin_count=1)
    assert remote(world).boards[0].complete
    assert [e.message for e in world.events if isinstance(e, Warned)] == ["Board: 2 pins listed, Pinterest says 1"]


def test_a_listing_that_is_shorter_than_pinterest_says_is_a_finding(world):
    board = world.board("Board")
    world.pin(board)
    world.remote.boards_by_id[board] = replace(world.remote.boards_by_id[board], pin_count=5)
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == (["download"], ["short_listing"])
    assert plan.findings[0].message == "1 pins listed, Pinterest says 5"
    world.apply(plan)
    assert summary_line(world.plan()) == "Nothing to do. 1 difference is only reported."


def test_only_files_with_a_reason_are_looked_into(world):
    board = world.board("Board")
    pins = [world.pin(board, f"{n}") for n in range(4)]
    world.apply()
    for n in range(20):
        world.library.write(f"mine/{n}.jpg", image_bytes("of a size that nothing else has " * n))
    world.library.write(world.path_of(pins[0]), b"damaged")
    world.library.write(f"copy [{pins[1]}].jpg", image_bytes("copy"))
    world.events.clear()
    found = {file.path: file.content for file in local(world).files if file.content is not None}
    assert set(found) == {world.path_of(pins[0]), f"copy [{pins[1]}].jpg"}
    assert [event.name for event in world.events if isinstance(event, Step)].count("inspect") == 2
    world.events.clear()
    local(world)
    assert [event.name for event in world.events if isinstance(event, Step)].count("inspect") == 0  # remembered


def test_a_file_as_recorded_has_the_facts_of_its_record(world):
    """Of a large library they are in memory once."""
    board = world.board("Board")
    pins = [world.pin(board, f"{n}") for n in range(3)]
    world.apply()
    changed = world.path_of(pins[0])
    world.library.write(changed, b"an edit of another size")
    found = snapshots(world)
    recorded = {record.path: record for record in found.base.tracked}
    for file in found.local.files:
        record = recorded[file.path]
        assert (file.path is record.path and file.mtime_ns is record.mtime_ns) == (file.path != changed)
        assert (file.content is None) == (file.path != changed)


@pytest.mark.promise("I2")
def test_a_file_that_cannot_be_read_is_unknown(world, monkeypatch):
    pin = world.pin(world.board("Board"))
    world.apply()
    path = world.path_of(pin)
    world.library.write(path, b"changed")
    monkeypatch.setattr(world.library, "inspect", fails(DiskRefused(path, 5, "Input/output error")))
    found = local(world)
    assert [unknown.path for unknown in found.unknown] == [path]
    assert path not in {file.path for file in found.files}
    world.mode(Mode.TWO_WAY)
    assert world.plan().actions == ()


def test_saved_snapshots_come_back_the_same(world, tmp_path):
    pin = world.pin(world.board("Board"), "名", slots=3)
    world.apply()
    world.library.write(world.path_of(pin, 2), b"damaged")
    taken = snapshots(world)
    save_snapshots(tmp_path / "new" / "folder", taken)
    assert load_snapshots(tmp_path / "new" / "folder") == taken


def test_digests_do_not_know_the_time(world):
    world.pin(world.board("Board"))
    taken = snapshots(world)
    later = replace(taken.remote, taken_at="2030-01-01T00:00:00Z", api_calls=99)
    assert digest_of_remote(later) == digest_of_remote(taken.remote)
    assert digest_of_remote(replace(taken.remote, scopes=("x",))) != digest_of_remote(taken.remote)
    assert digest_of_local(replace(taken.local, taken_at="")) == digest_of_local(taken.local)

"""Duplicates in a plan: who stays, who goes, from where, and when nobody does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.actions import Dedupe, UpdateMetadata
from pinplan.apply.executor import ExecutorOptions
from pinplan.duplicates.marked_different import signature_of
from pinplan.errors import ApiRefused, DiskRefused
from pinplan.model.ids import PinId
from pinplan.model.pins import MediaType, PinImage
from pinplan.model.similarity import ALGORITHM_VERSION
from pinplan.plan.document import Plan, Scope
from pinplan.policies.duplicates import Duplicates, KeepRule, Merge, Remove, Within
from pinplan.policies.mode import Mode
from pinplan.policies.protect import Protect
from tests.fakes import Crash, image_bytes
from tests.worlds import SmallWorld, findings, kinds, rendition

BOTH = Duplicates(remove=Remove.BOTH)


def twins(world: SmallWorld, *shown: str, boards: int = 1, **facts: Any) -> list[PinId]:
    """A board with a few other pins, and pins that show what is said."""
    made = [world.board(f"Board {n}") for n in range(boards)]
    for n in range(3):
        world.pin(made[0], f"Other {n}")
    pins = [world.pin(made[n % boards], f"Cat {n}", shown=what, **facts) for n, what in enumerate(shown)]
    world.apply()
    return pins


def gone(plan: Plan) -> list[PinId]:
    return [action.pin_id for action in plan.actions if isinstance(action, Dedupe)]


def test_the_smaller_one_goes_with_the_evidence(world):
    pins = twins(world, "cat~400x600", "cat~800x1200", "dog~400x600")
    plan = world.plan(duplicates=BOTH)
    (action,) = plan.actions
    assert isinstance(action, Dedupe)
    assert (action.pin_id, action.keeper.pin.pin_id) == (pins[0], pins[1])
    assert (action.evidence.rung, action.evidence.alike.tier) == (KeepRule.RESOLUTION, "confirmed")
    loser, keeper = action.evidence.loser, action.evidence.keeper
    assert (loser.width, keeper.width, loser.size, keeper.has_link) == (400, 800, action.before.size, False)
    path = world.path_of(pins[0])
    assert world.apply(plan).complete
    assert path not in world.library.files
    assert world.remote.deleted == [pins[0]]
    assert world.plan(duplicates=BOTH).actions == ()


@pytest.mark.promise("I9")
def test_an_ignored_pin_neither_goes_nor_makes_another_one_go(world):
    pins = twins(world, "cat~400x600", "cat~800x1200", "cat~600x900")
    assert gone(world.plan(duplicates=BOTH)) == [pins[0], pins[2]]
    assert gone(world.plan(duplicates=BOTH, ignore_pins=(pins[0],))) == [pins[2]]
    assert gone(world.plan(duplicates=BOTH, ignore_pins=(pins[1],))) == []  # the keeper: no other one takes its place


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    ("signatures", "expected"),
    [(("a" * 32, "b" * 32), "blocked"), ((None, "b" * 32), "dedupe"), (("b" * 32, "b" * 32), "dedupe")],
)
def test_equal_files_are_no_duplicates_only_where_two_signatures_say_so(world, signatures, expected):
    board = world.board("Board")
    for number, signature in enumerate(signatures):
        pin_id = world.pin(board, f"Pin {number}", shown="same")
        pin = world.remote.pins_by_id[pin_id]
        world.remote.pins_by_id[pin_id] = replace(pin, images=(replace(pin.images[0], signature=signature),))
    world.apply(world.plan(duplicates=Duplicates(remove=Remove.OFF)))
    plan = world.plan(duplicates=BOTH)
    assert [*kinds(plan), *findings(plan)] == [expected]


@pytest.mark.promise("I21")
@pytest.mark.parametrize("remove", [Remove.BOTH, Remove.LOCAL, Remove.REMOTE])
def test_one_file_that_the_host_sent_for_two_images_removes_neither(world, remove):
    """A host that answers with some other picture, or a placeholder of full size, for everything."""
    board = world.board("Board")
    pins = [world.pin(board, f"Pin {number}") for number in range(2)]
    for number, pin_id in enumerate(pins):
        pin = world.remote.pins_by_id[pin_id]
        image = replace(pin.images[0], renditions=(rendition("wrong"),), signature=f"{number:032x}")
        world.remote.pins_by_id[pin_id] = replace(pin, images=(image,))
    world.apply(world.plan(duplicates=Duplicates(remove=Remove.OFF)))
    plan = world.plan(duplicates=Duplicates(remove=remove, scope=Within.ACCOUNT))
    assert (kinds(plan), findings(plan)) == ([], ["blocked"])
    assert "sent the same file for both" in plan.findings[0].message


@pytest.mark.promise("I21")
def test_a_variant_is_no_duplicate(world):
    """A dress in another colour: all that is measured of the whole picture agrees."""
    twins(world, "cat~400x600", "cat~400x600~spot")
    plan = world.plan(duplicates=BOTH)
    assert (kinds(plan), findings(plan)) == ([], [])


def test_without_being_asked_duplicates_are_only_reported(world):
    pins = twins(world, "cat~400x600", "cat~800x1200")
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["duplicate"])
    (finding,) = plan.findings
    assert finding.pin_id == pins[0]
    assert "400×600 against 800×1200; kept by resolution" in finding.message


def test_nobody_looks_when_it_is_off(world):
    twins(world, "cat", "cat~800x600")
    world.fingerprinter.taken.clear()
    assert findings(world.plan(duplicates=Duplicates(remove=Remove.OFF))) == []
    assert world.fingerprinter.taken == []


def test_files_are_read_once(world):
    twins(world, "cat~400x600", "cat~800x1200")
    world.plan()
    world.fingerprinter.taken.clear()
    world.restart()
    assert findings(world.plan()) == ["duplicate"]
    assert world.fingerprinter.taken == []


@pytest.mark.parametrize(("scope", "removed"), [(Within.SECTION, 0), (Within.BOARD, 0), (Within.ACCOUNT, 1)])
def test_copies_across_boards_are_reported_unless_the_account_is_the_scope(world, scope, removed):
    twins(world, "cat~400x600", "cat~800x1200", boards=2)
    plan = world.plan(duplicates=Duplicates(remove=Remove.BOTH, scope=scope))
    assert len(gone(plan)) == removed
    assert len(findings(plan)) == 1 - removed


def test_a_reference_board_wins_against_a_larger_copy(world):
    pins = twins(world, "cat~400x600", "cat~800x1200", boards=2)
    policy = Duplicates(remove=Remove.BOTH, scope=Within.ACCOUNT, reference=("board 0",))
    assert gone(world.plan(duplicates=policy)) == [pins[1]]


@pytest.mark.parametrize("remove", [Remove.BOTH, Remove.LOCAL, Remove.REMOTE])
@pytest.mark.parametrize("mode", list(Mode))
def test_what_goes_goes_from_where_it_was_said_and_stays_away(world, remove, mode):
    pins = twins(world, "cat~400x600", "cat~800x1200")
    path = world.path_of(pins[0])
    world.mode(mode)
    policy = Duplicates(remove=remove)
    assert world.apply(world.plan(duplicates=policy)).complete
    assert (path in world.library.files) is (remove is Remove.REMOTE)
    assert (pins[0] in world.remote.pins_by_id) is (remove is Remove.LOCAL)
    assert world.plan(duplicates=policy).actions == ()
    assert world.plan(duplicates=policy).actions == ()


@pytest.mark.parametrize("mode", list(Mode))
def test_what_was_removed_here_comes_back_when_the_other_one_is_gone(world, mode):
    pins = twins(world, "cat~400x600", "cat~800x1200")
    world.mode(mode)
    policy = Duplicates(remove=Remove.LOCAL)
    world.apply(world.plan(duplicates=policy))
    assert "its picture is kept as" in " ".join(f.message for f in world.plan(duplicates=policy).findings)
    del world.remote.pins_by_id[pins[1]]
    plan = world.plan(duplicates=policy)
    assert "download" in kinds(plan)
    assert "delete_remote" not in kinds(plan)


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    "what", ["file gone", "file changed", "pin gone", "pin moved", "loser changed", "loser moved", "loser says more"]
)
def test_keeper_and_loser_are_looked_at_again(world, what):
    pins = twins(world, "cat~400x600", "cat~800x1200")
    plan = world.plan(duplicates=BOTH)
    loser, keeper = world.path_of(pins[0]), world.path_of(pins[1])
    other = world.board("Elsewhere")
    match what:
        case "file gone":
            world.library.remove(keeper)
        case "file changed":
            time = world.library.times[keeper]
            world.library.files[keeper] = b"x" * len(world.library.files[keeper])
            world.library.times[keeper] = time
        case "pin gone":
            del world.remote.pins_by_id[pins[1]]
        case "pin moved":
            world.move_pin(pins[1], other)
        case "loser changed":
            world.library.write(loser, image_bytes("edited"))
        case "loser says more":
            world.remote.pins_by_id[pins[0]] = replace(world.remote.pins_by_id[pins[0]], description="Since the plan")
        case _:
            world.move_pin(pins[0], other)
    assert not world.apply(plan).complete
    assert loser in world.library.files
    assert world.remote.deleted == []


@pytest.mark.promise("I20")
@pytest.mark.promise("I23")
@pytest.mark.parametrize("remove", [Remove.BOTH, Remove.LOCAL, Remove.REMOTE])
def test_undo_brings_the_picture_and_the_pin_back(world, remove):
    pins = twins(world, "cat~400x600", "cat~800x1200", link="https://example.org/1")
    data = world.library.files[world.path_of(pins[0])]
    world.apply(world.plan(duplicates=Duplicates(remove=remove)))
    assert world.apply(world.undo()).complete
    assert data in world.library.files.values()
    assert sum(pin.title == "Cat 0" for pin in world.remote.pins_by_id.values()) == 1
    assert len(world.state.base().tracked) == 5
    assert world.plan(duplicates=Duplicates(remove=Remove.OFF)).actions == ()


@pytest.mark.promise("I14")
@pytest.mark.parametrize("remove", [Remove.BOTH, Remove.LOCAL, Remove.REMOTE])
@pytest.mark.parametrize("moment", range(1, 7))
def test_a_crash_in_the_middle_is_made_good(world, remove, moment):
    pins = twins(world, "cat~400x600", "cat~800x1200")
    plan = world.plan(duplicates=Duplicates(remove=remove))
    world.effects.count, world.effects.crash_at = 0, moment
    try:
        world.apply(plan, ExecutorOptions(parallelism=1))
    except Crash:
        world.restart()
        assert world.apply(plan).complete
    assert (pins[0] in world.remote.pins_by_id) is (remove is Remove.LOCAL)
    assert any(b"cat~400x600" in data for data in world.library.kept_files.values())
    world.effects.crash_at = None
    assert world.apply(world.undo()).complete


@pytest.mark.promise("I10")
def test_pins_of_others_are_never_removed(world):
    board = world.board("Board")
    world.pin(board, "Mine", shown="cat~800x600")
    world.pin(board, "Theirs", shown="cat~400x300", is_owner=False)
    world.pin(board, "Another")
    world.apply()
    plan = world.plan(duplicates=BOTH)
    assert (gone(plan), findings(plan)) == ([], ["blocked"])
    assert len(gone(world.plan(duplicates=Duplicates(remove=Remove.LOCAL)))) == 1


@pytest.mark.promise("I1")
def test_nothing_goes_from_a_board_that_was_not_read_to_its_end(world):
    pins = twins(world, "cat~400x600", "cat~800x1200")
    board = world.remote.pins_by_id[pins[0]].board_id
    world.remote.pins_by_id = {i: world.remote.pins_by_id[i] for i in [*pins, *world.remote.pins_by_id]}
    world.remote.broken.add(board)
    assert gone(world.plan(duplicates=BOTH)) == []


@pytest.mark.promise("I5")
def test_limits_and_protection_hold(world):
    shown = [f"p{n}~{size}" for n in range(12) for size in ("400x600", "800x1200")]
    twins(world, *shown)
    plan = world.plan(duplicates=BOTH, allow={})
    assert len(gone(plan)) == 12
    assert {check.name for check in plan.checks if check.status == "fail"} == {"remote-deletes", "local-deletes"}
    assert gone(world.plan(duplicates=BOTH, protect=Protect(boards=("*",)))) == []


def test_pictures_with_little_in_them_are_only_the_same_if_their_bytes_are(world):
    twins(world, "flat~400x600", "flat~800x1200")
    assert (kinds(world.plan(duplicates=BOTH)), findings(world.plan(duplicates=BOTH))) == ([], [])
    board = next(iter(world.remote.boards_by_id))
    world.pin(board, "Same bytes", shown="flat~400x600")
    world.apply()
    (action,) = world.plan(duplicates=BOTH).actions
    assert isinstance(action, Dedupe)
    assert action.evidence.alike.tier == "exact"


@pytest.mark.promise("I21")
@pytest.mark.parametrize("of_video", [(0,), (1,), (0, 1)])
def test_a_cover_says_nothing_about_its_video(world, of_video):
    pins = twins(world, "cat~400x600", "cat~800x1200")
    for number in of_video:
        pin = world.remote.pins_by_id[pins[number]]
        cover = replace(pin.images[0], cover=True)
        world.remote.pins_by_id[pin.id] = replace(pin, images=(cover,), media_type=MediaType.VIDEO)
    assert gone(world.plan(duplicates=BOTH)) == []


def test_a_carousel_is_more_than_one_picture(world):
    board = world.board("Board")
    for n in range(2):
        world.pin(board, f"Three {n}", slots=3, shown="cat")
    world.apply()
    assert gone(world.plan(duplicates=BOTH)) == []


def test_a_verdict_of_a_person_outlives_new_downloads(world):
    pins = twins(world, "cat~400x600", "cat~800x1200")
    said = [signature_of(world.fingerprinter.fingerprint(world.library.files[world.path_of(pin)], "x")) for pin in pins]
    assert findings(world.plan()) == ["duplicate"]
    world.state.fingerprints.mark_different(*said)
    assert findings(world.plan()) == []


def test_what_cannot_be_compared_is_said(world):
    pins = twins(world, "cat", "dog")
    path = world.path_of(pins[0])
    record = next(r for r in world.state.base().tracked if r.path == path)
    world.state.fingerprints.remember_fingerprints(
        [(record.sha256, ALGORITHM_VERSION, None, None, None, None, "a bomb", None)]
    )
    (finding,) = world.plan().findings
    assert (finding.kind, "a bomb" in finding.message) == ("unknown", True)


MERGE = Duplicates(remove=Remove.BOTH, merge=tuple(Merge))


def test_the_one_that_stays_takes_over_what_it_lacks(world):
    pins = twins(world, "cat~400x600", "cat~800x1200", "cat~300x450")
    words = [{"link": "https://a", "alt_text": "A"}, {"alt_text": "Mine"}, {"link": "https://c", "description": "C"}]
    for pin, facts in zip(pins, words, strict=True):
        world.remote.pins_by_id[pin] = replace(world.remote.pins_by_id[pin], **facts)
    plan = world.plan(duplicates=MERGE)
    assert kinds(plan) == ["update_metadata", "dedupe", "dedupe"]
    assert world.apply(plan).complete
    kept = world.remote.pins_by_id[pins[1]]
    assert (kept.link, kept.description, kept.alt_text) == ("https://a", "C", "Mine")
    assert world.plan(duplicates=MERGE).actions == ()
    assert world.apply(world.undo()).complete
    kept = world.remote.pins_by_id[pins[1]]
    assert (kept.link, kept.description, kept.alt_text) == (None, None, "Mine")
    assert len(world.remote.pins_by_id) == 6


@pytest.mark.promise("I18")
def test_nothing_goes_before_its_words_are_safe(world, monkeypatch):
    twins(world, "cat~400x600", "cat~800x1200", link="https://a")
    keeper = next(pin for pin in world.remote.pins_by_id.values() if pin.title == "Cat 1")
    world.remote.pins_by_id[keeper.id] = replace(keeper, link=None)
    plan = world.plan(duplicates=MERGE)

    def refuse(*_: object) -> None:
        raise ApiRefused("PATCH /pins", 403, 29, "not for you", None)

    monkeypatch.setattr(world.remote, "update_pin", refuse)
    assert not world.apply(plan).complete
    assert world.remote.deleted == []


@pytest.mark.promise("I18")
def test_nothing_goes_from_another_board_either_before_its_words_are_safe(world, monkeypatch):
    pins = twins(world, "cat~400x600", "cat~800x1200", boards=2)
    world.remote.pins_by_id[pins[0]] = replace(world.remote.pins_by_id[pins[0]], link="https://a")
    plan = world.plan(duplicates=replace(MERGE, scope=Within.ACCOUNT))
    assert kinds(plan) == ["update_metadata", "dedupe"]
    assert plan.actions[0].board_id != plan.actions[1].board_id

    def refuse(*_: object) -> None:
        raise ApiRefused("PATCH /pins", 403, 29, "not for you", None)

    with monkeypatch.context() as patched:
        patched.setattr(world.remote, "update_pin", refuse)
        assert not world.apply(plan).complete
    assert world.remote.deleted == []
    assert not world.apply(plan, ExecutorOptions(kinds=frozenset({"dedupe"}))).complete
    assert world.remote.deleted == []
    assert world.apply(plan).complete
    assert world.remote.deleted == [pins[0]]
    assert world.remote.pins_by_id[pins[1]].link == "https://a"


def test_words_of_what_stays_on_pinterest_are_not_taken_over(world):
    twins(world, "cat~400x600", "cat~800x1200", link="https://a")
    keeper = next(pin for pin in world.remote.pins_by_id.values() if pin.title == "Cat 1")
    world.remote.pins_by_id[keeper.id] = replace(keeper, link=None)
    plan = world.plan(duplicates=replace(MERGE, remove=Remove.LOCAL))
    assert not any(isinstance(action, UpdateMetadata) for action in plan.actions)
    assert world.apply(plan).complete


def test_words_that_changed_meanwhile_are_left_alone(world):
    pins = twins(world, "cat~400x600", "cat~800x1200", link="https://a")
    world.remote.pins_by_id[pins[1]] = replace(world.remote.pins_by_id[pins[1]], link=None)
    plan = world.plan(duplicates=MERGE)
    world.remote.pins_by_id[pins[1]] = replace(world.remote.pins_by_id[pins[1]], link="https://new")
    assert not world.apply(plan).complete
    assert world.remote.pins_by_id[pins[1]].link == "https://new"


def test_a_file_that_could_not_be_read_is_tried_again(world, monkeypatch):
    twins(world, "cat~400x600", "cat~800x1200")

    def refuse(path: str) -> bytes:
        raise DiskRefused(path, 5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(world.library, "read", refuse)
        assert set(findings(world.plan())) == {"unknown"}
    assert findings(world.plan()) == ["duplicate"]


def test_nothing_is_compared_where_nothing_is_new(world, monkeypatch):
    twins(world, "cat~400x600", "cat~800x1200")
    before = world.plan()
    monkeypatch.setattr(world.state.fingerprints, "stored", None)
    assert world.plan().findings == before.findings


# -- the same address ------------------------------------------------------------------------------------------------


def same_address(world: SmallWorld, pin: PinId) -> None:
    """Pinterest's own address, with the signature of an image in it."""
    found = world.remote.pins_by_id[pin]
    image = PinImage(
        slot=0,
        renditions=(rendition("0123456789abcdef0123456789abcdef"),),
        signature="0123456789abcdef0123456789abcdef",
    )

    world.remote.pins_by_id[pin] = replace(found, images=(image,))


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.PUBLISH])
def test_an_image_under_the_same_address_is_fetched_once(world, mode):
    board = world.board("Board")
    pins = [world.pin(board, f"{n}") for n in range(3)]
    for pin in pins[:2]:
        same_address(world, pin)
    world.mode(mode)
    plan = world.plan()
    assert sorted(kinds(plan)) == ["copy_local", "download", "download"]
    assert world.apply(plan).complete
    assert len([url for url in world.images.fetched if "0123456789abcdef" in url]) == 1
    assert world.library.files[world.path_of(pins[0])] == world.library.files[world.path_of(pins[1])]
    assert world.plan().actions == ()
    third = world.pin(board, "Later")
    same_address(world, third)
    plan = world.plan()
    assert kinds(plan) == ["copy_local"]
    assert world.apply(plan).complete
    assert world.apply(world.undo()).complete
    assert len(world.library.files) == 3


def test_a_plan_that_leaves_the_first_one_out_fetches_the_second(world):
    board = world.board("Board")
    pins = [world.pin(board, f"{n}") for n in range(2)]
    for pin in pins:
        same_address(world, pin)
    for scope in (Scope(targets=(pins[1],)), Scope(excludes=(pins[0],))):
        plan = world.plan(scope=scope)
        assert [(kind, action.pin_id) for kind, action in zip(kinds(plan), plan.actions, strict=True)] == [
            ("download", pins[1])
        ]


def test_a_copy_whose_source_could_not_be_fetched_is_left_for_the_next_plan(world):
    board = world.board("Board")
    pins = [world.pin(board, f"{n}") for n in range(2)]
    for pin in pins:
        same_address(world, pin)
    plan = world.plan()
    world.images.broken.add(world.remote.pins_by_id[pins[0]].images[0].renditions[0].url)
    assert not world.apply(plan).complete
    world.images.broken.clear()
    assert world.apply(plan).complete


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2), st.sampled_from(["a", "b", "c"]), st.sampled_from(["400x600", "800x1200", "100x100"])
        ),
        max_size=7,
    ),
    st.sampled_from([Remove.BOTH, Remove.LOCAL, Remove.REMOTE, Remove.REPORT]),
    st.sampled_from(list(Within)),
    st.sampled_from(list(Mode)),
)
@pytest.mark.promise("I21")
@pytest.mark.promise("I23")
def test_every_picture_is_still_here_and_there_is_nothing_left_to_do(made, remove, scope, mode):
    world = SmallWorld()
    try:
        boards = [world.board(f"{n}") for n in range(3)]
        for board, what, size in made:
            world.pin(boards[board], what, shown=f"{what}~{size}")
        world.apply()
        pictures = {data.split(b"~")[0] for data in world.library.files.values()}
        pinned = {pin.title for pin in world.remote.pins_by_id.values()}
        world.mode(mode)
        policy = Duplicates(remove=remove, scope=scope)
        assert world.apply(world.plan(duplicates=policy)).complete
        assert {data.split(b"~")[0] for data in world.library.files.values()} == pictures
        assert {pin.title for pin in world.remote.pins_by_id.values()} == pinned
        assert world.plan(duplicates=policy).actions == ()
    finally:
        world.close()

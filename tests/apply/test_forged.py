"""Plans from elsewhere, and plans that somebody edited and gave the right digest again (I11, I10, I5)."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec
import pytest
from msgspec.structs import replace

from pinplan.actions import KINDS
from pinplan.actions.expect import ExpectFile
from pinplan.apply.executor import ExecutorOptions
from pinplan.errors import ApprovalNeeded, DecisionNeeded, NotAPlan, PinplanError, SafetyStop
from pinplan.events import ActionEnded
from pinplan.model.ids import PinId, RelPath
from pinplan.model.naming import name_beside
from pinplan.plan.document import Plan, kind_of
from pinplan.policies.bundle import Policies
from pinplan.policies.limits import Limits
from pinplan.policies.mode import Mode
from pinplan.policies.protect import Protect
from pinplan.reconcile.on_record import OnRecord
from pinplan.records.journal import ActionOutcome
from pinplan.records.plan_file import decode_plan, encode_plan, with_digest
from pinplan.records.seals import SealKey
from tests.fakes import Crash, digest_of
from tests.properties.test_any_order import to_do, treasures
from tests.thorough import times
from tests.worlds import EVERYTHING, SmallWorld, kinds

MINE = RelPath("Animals 動物/diary.txt")
SAMPLE = times(60, 30)
HARMLESS = {"download", "copy_local", "adopt", "move_local", "rebind", "forget", "confirm_create", "relocate"}


def approved(plan: Plan, **more: Any) -> ExecutorOptions:
    """As if somebody had given --expect-digest."""
    return ExecutorOptions(expect_digest=plan.digest, **more)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where a document has values, and where it has lists that can be emptied."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))
        if path:
            yield path
    else:
        yield path


def put(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """The document with another value in one place."""
    changed = json.loads(json.dumps(document))
    holder = changed
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = value
    return changed


def at(document: Any, path: tuple[str | int, ...]) -> Any:
    """The value in a place."""
    for part in path:
        document = document[part]
    return document


def others(value: Any) -> list[Any]:
    """What somebody may write in the place of a value."""
    match value:
        case bool():
            return [not value]
        case int() | float():
            return [value + 1, 0]
        case str():
            return [f"{value}x", MINE, "pinplan.toml"]
        case None:
            return ["x"]
        case _:
            return [[], ["x"]]


Change: TypeAlias = tuple[tuple[str | int, ...], Any]


def changes(plan: Plan, most: int = 3) -> Iterator[Change]:
    """Each field of a plan, with up to ``most`` other values."""
    document = json.loads(msgspec.json.encode(plan))
    for path in places(document):
        if path[0] not in {"digest", "seal"}:
            yield from ((path, value) for value in others(at(document, path))[:most])


def forged(plan: Plan, change: Change) -> Plan | None:
    """The plan with one field changed, and the right digest; None if it is no plan any more, or the digest does not cover the field."""
    try:
        changed = msgspec.convert(put(json.loads(msgspec.json.encode(plan)), *change), Plan)
    except msgspec.ValidationError:
        return None
    changed = with_digest(changed)
    return changed if changed.digest != plan.digest else None


def changes_of_actions(plan: Plan) -> Iterator[Change]:
    """Each field of the first action of each kind, with other values."""
    firsts = {kinds(plan).index(kind) for kind in kinds(plan)}
    for path, value in changes(plan):
        if path[0] == "actions" and len(path) > 2 and path[1] in firsts:
            yield path, value


def everything(world: SmallWorld) -> tuple[Any, ...]:
    """All that an apply may change."""
    return (*world.seen(), dict(world.library.kept_files), dict(world.remote.pins_by_id), world.state.runs())


@pytest.mark.promise("I11")
@pytest.mark.parametrize("undo", [False, True])
def test_no_field_of_a_plan_can_be_changed_without_the_key(world, undo):
    plan = to_do(world, undo)
    before, calls, refused, harmless = everything(world), world.remote.writes, 0, []
    for change in changes(plan, most=1):
        other = forged(plan, change)
        if other is None:
            continue
        seal = (plan.seal, msgspec.UNSET, "hmac-sha256:" + "0" * 64)[refused % 3]
        try:
            world.apply(decode_plan(encode_plan(replace(other, seal=seal))))
            harmless.append(change)
        except PinplanError:
            refused += 1
        assert (everything(world), world.remote.writes) == (before, calls), change
    assert refused > 500
    assert harmless == [(("actions",), [])]
    assert world.apply(plan).complete


@pytest.mark.promise("I10")
@pytest.mark.promise("I16")
@pytest.mark.parametrize("undo", [False, True])
def test_an_action_is_only_ever_about_what_is_on_record(world, undo):
    plan = to_do(world, undo)
    base = world.state.base().tracked
    on_record = OnRecord(base, world.state.creates.created())
    assert [on_record.why_not(action) for action in plan.actions] == [None] * len(plan.actions)
    paths, pins = {record.path for record in base}, {record.pin_id for record in base}
    refused = 0
    for what in changes_of_actions(plan):
        other = forged(plan, what)
        for action in other.actions if other else ():
            if on_record.why_not(action) is not None:
                refused += 1
                continue
            known = paths | set(action.untracked())
            # Companions have no record of their own.
            beside = {path for path in action.affected_paths() if any(name_beside(path, one, one) for one in known)}
            assert set(action.affected_paths()) - beside <= known, what
            assert not paths & set(action.untracked()), what
            assert not action.trait.deletes_remote or action.pin_id in pins | set(world.state.creates.created()), what
    assert refused > 100


@pytest.mark.promise("I11")
@pytest.mark.promise("I10")
@pytest.mark.parametrize("undo", [False, True])
def test_an_approved_forgery_takes_nothing_that_the_base_does_not_know(undo):
    """Even a plan that a person approved by its digest moves and removes only what is tracked, and loses no byte."""
    first = SmallWorld()
    plan = to_do(first, undo)
    first.close()
    chosen = [change for change in changes_of_actions(plan) if forged(plan, change) is not None]
    ended: Counter[str] = Counter()
    for what in random.Random(1).sample(chosen, SAMPLE):
        world = SmallWorld()
        other = forged(to_do(world, undo), what)
        if other is None:  # files are fetched side by side: times, and so the plan, are not quite the same each time
            world.close()
            continue
        for path in (MINE, "pinplan.toml"):
            world.library.write(path, b"mine")
        bytes_before, pins_before = treasures(world), set(world.remote.pins_by_id)
        known = {record.pin_id for record in world.state.base().tracked} | set(world.state.creates.created())
        try:
            world.apply(other, approved(other))
        except PinplanError:
            ended["refused"] += 1
        assert {world.library.files.get(path) for path in (MINE, "pinplan.toml")} == {b"mine"}, what
        assert bytes_before <= treasures(world), what
        assert pins_before - set(world.remote.pins_by_id) <= known, what
        ended.update(event.outcome for event in world.events if isinstance(event, ActionEnded))
        world.close()
    assert ended["stale"] > SAMPLE / 4
    assert ended["done"] > SAMPLE


@pytest.mark.promise("I11")
def test_what_is_outside_the_digest_changes_nothing(world):
    plan = to_do(world, undo=False)
    remote = replace(plan.snapshots.remote, taken_at="2001-01-01T00:00:00Z")
    other = replace(
        plan,
        created_at="2001-01-01T00:00:00Z",
        api_calls=9,
        pinplan_version="9",
        snapshots=replace(plan.snapshots, remote=remote),
    )
    calm = SmallWorld()
    assert calm.apply(to_do(calm, undo=False)).complete
    assert world.apply(decode_plan(encode_plan(other))).complete
    assert world.seen() == calm.seen()
    calm.close()


# -- provenance ------------------------------------------------------------------------------------------------------


def removed(world: SmallWorld, pins: int = 30, gone: int = 2) -> list[PinId]:
    """Pins, of which some have no file any more: in two-way mode they go from Pinterest."""
    board = world.board("Board")
    made = [world.pin(board, f"Pin {n}") for n in range(pins)]
    world.apply()
    for pin in made[:gone]:
        world.library.remove(world.path_of(pin))
    world.mode(Mode.TWO_WAY)
    return made


@pytest.mark.promise("I11")
def test_a_plan_made_elsewhere_needs_an_approval_of_its_digest(world, tmp_path):
    removed(world)
    elsewhere = SealKey(tmp_path / "other").sealed(world.plan())
    before = everything(world)
    with pytest.raises(ApprovalNeeded, match="2 delete_remote"):
        world.apply(elsewhere)
    with pytest.raises(ApprovalNeeded):
        world.apply(elsewhere, ExecutorOptions(expect_digest="sha256:other"))
    assert everything(world) == before
    assert world.apply(elsewhere, approved(elsewhere)).complete


def test_a_plan_that_only_adds_is_applied_wherever_it_was_made(world):
    world.pin(world.board("Board"))
    assert world.apply(replace(world.plan(), seal=msgspec.UNSET)).complete


def test_a_run_that_began_goes_on_without_another_approval(world):
    made = removed(world)
    plan = replace(world.plan(), seal=msgspec.UNSET)
    world.effects.count, world.effects.crash_at = 0, 3
    with pytest.raises(Crash):
        world.apply(plan, approved(plan))
    world.restart()
    assert world.apply(plan).complete
    assert not set(made[:2]) & set(world.remote.pins_by_id)


def test_the_kept_plan_has_its_seal(world):
    removed(world)
    run = world.apply().run
    kept = decode_plan(world.library.kept_plan(run))
    assert world.seal_key.is_valid(kept)


def test_plans_of_undo_have_a_seal(world):
    removed(world)
    world.apply()
    assert world.seal_key.is_valid(world.undo())


@pytest.mark.promise("I11")
def test_which_kinds_need_an_approval_is_no_field_of_an_action():
    assert {kind for kind, of in KINDS.items() if not of.trait.needs_approval} <= HARMLESS
    assert set(KINDS) >= HARMLESS


@pytest.mark.promise("I11")
def test_no_two_actions_have_one_id(world):
    removed(world)
    plan = world.plan()
    first, second = plan.actions
    double = world.sealed(replace(plan, actions=(first, replace(second, id=first.id))))
    before = everything(world)
    with pytest.raises(NotAPlan, match="0001"):
        world.apply(double)
    assert everything(world) == before


# -- judged again ----------------------------------------------------------------------------------------------------


@pytest.mark.promise("I5")
@pytest.mark.promise("I11")
@pytest.mark.parametrize("how", ["sealed", "approved"])
@pytest.mark.parametrize(
    ("own", "said"),
    [
        (Policies(max_remote_deletes="1"), "2 of 30 pins"),
        (Policies(limits=Limits(remote_delete_count=1)), "2 pins"),
        (Policies(limits=Limits(remote_delete_bytes=1)), "bytes"),
        (Policies(protect=Protect(boards=("Board",))), "board Board is protected"),
        (Policies(protect=Protect(globs=("Board/*",))), "protected by"),
        (Policies(protect=Protect(kinds=("delete_remote",))), "kind delete_remote is protected"),
    ],
)
def test_the_limits_and_protection_of_the_config_hold_for_any_plan(world, own, said, how):
    removed(world)
    plan = world.plan(allow={})
    if how == "approved":
        plan = replace(plan, seal=msgspec.UNSET)
    before = everything(world)
    with pytest.raises(SafetyStop, match=said):
        world.apply(plan, approved(plan, policies=own) if how == "approved" else ExecutorOptions(policies=own))
    assert everything(world) == before


@pytest.mark.promise("I5")
def test_more_forgets_than_there_may_be_are_judged_again(world):
    made = removed(world, gone=30)
    for pin in made:
        del world.remote.pins_by_id[pin]
    plan = world.plan()
    assert set(kinds(plan)) == {"forget"}
    with pytest.raises(SafetyStop, match="30 of 30 files would be forgotten"):
        world.apply(with_digest(replace(plan, checks=(), allow={})))


@pytest.mark.promise("I5")
def test_an_allowance_counts_only_in_a_plan_that_is_trusted(world):
    removed(world, gone=20)
    plan = world.plan(allow=EVERYTHING)
    bare = replace(plan, seal=msgspec.UNSET)
    with pytest.raises(SafetyStop, match="20 of 30 pins"):
        world.apply(bare, ExecutorOptions(answered=True))
    assert world.apply(bare, approved(bare)).complete


@pytest.mark.promise("I10")
def test_a_protected_board_has_its_folders_name_too_where_the_plan_says_another(world):
    removed(world)
    plan = world.plan(allow={})
    boards = tuple(replace(board, name="Other") for board in plan.snapshots.remote.boards)
    renamed = replace(plan.snapshots, remote=replace(plan.snapshots.remote, boards=boards))
    actions = tuple(replace(action, address="Other/1") for action in plan.actions)
    other = with_digest(replace(plan, snapshots=renamed, actions=actions))
    with pytest.raises(SafetyStop, match="Board is protected"):
        world.apply(other, approved(other, policies=Policies(protect=Protect(boards=("Board",)))))


@pytest.mark.promise("I10")
def test_pins_of_others_go_only_where_the_config_lets_them(world):
    board = world.board("Group", owner="someone")
    made = [world.pin(board, f"Pin {n}", is_owner=False) for n in range(14)]
    world.apply()
    world.library.remove(world.path_of(made[0]))
    world.mode(Mode.TWO_WAY)
    plan = world.plan(of_others=("Group",))
    assert kinds(plan) == ["delete_remote"]
    with pytest.raises(SafetyStop, match="belongs to another account"):
        world.apply(plan, ExecutorOptions(policies=Policies()))
    assert world.apply(plan, ExecutorOptions(policies=Policies(of_others=("Group",)))).complete


@pytest.mark.promise("I10")
def test_a_pin_that_the_base_does_not_know_stays(world):
    removed(world)
    stranger = world.pin(next(iter(world.remote.boards_by_id)), "Never fetched")
    plan = world.plan()
    first = next(action for action in plan.actions if kind_of(action) == "delete_remote")
    pin = world.remote.pins_by_id[stranger]
    other = world.sealed(
        replace(
            plan,
            actions=(replace(first, pin_id=pin.id, before=pin, expect=replace(first.expect, pin_id=pin.id), files=()),),
        )
    )
    assert world.apply(other).count(ActionOutcome.STALE) == 1
    assert stranger in world.remote.pins_by_id


@pytest.mark.promise("I10")
def test_a_pin_goes_only_with_all_of_its_files(world):
    board = world.board("Board")
    made = [world.pin(board, f"Pin {n}", slots=3 if n == 0 else 1) for n in range(14)]
    world.apply()
    for slot in (1, 2, 3):
        world.library.remove(world.path_of(made[0], slot))
    world.mode(Mode.TWO_WAY)
    plan = world.plan()
    (action,) = plan.actions
    short = world.sealed(replace(plan, actions=(replace(action, files=action.files[:1]),)))
    assert world.apply(short).count(ActionOutcome.STALE) == 1
    assert made[0] in world.remote.pins_by_id


@pytest.mark.promise("I10")
@pytest.mark.promise("I17")
def test_a_file_that_nobody_tracks_is_not_trashed(world):
    made = removed(world, gone=0)
    del world.remote.pins_by_id[made[0]]
    plan = world.plan()
    (action,) = plan.actions
    world.library.write(MINE, b"mine")
    stat = world.library.stat(MINE)
    expect = ExpectFile(path=MINE, size=stat.size, mtime_ns=stat.mtime_ns, sha256=digest_of(b"mine"))
    record = replace(action.before, path=MINE, size=stat.size, mtime_ns=stat.mtime_ns, sha256=expect.sha256)
    for lie in (replace(action, expect=expect), replace(action, expect=expect, before=record)):
        assert world.apply(world.sealed(replace(plan, actions=(lie,)))).count(ActionOutcome.STALE) == 1
        world.state.end_run(world.state.runs()[-1].id, "2026-01-01T00:00:00Z")
        plan = world.plan()
    assert world.library.files[MINE] == b"mine"


@pytest.mark.promise("I11")
def test_kinds_wait_for_decisions_if_plan_or_config_says_so(world):
    removed(world)
    plan = world.plan(require_decisions=("delete_remote",))
    with pytest.raises(DecisionNeeded):
        world.apply(plan)
    other = world.plan()
    with pytest.raises(DecisionNeeded):
        world.apply(other, ExecutorOptions(required=frozenset({"delete_remote"})))
    assert world.apply(plan, approved(plan)).complete


@pytest.mark.promise("I11")
def test_a_crafted_record_of_a_finished_action_proves_nothing_later(world):
    """What the run itself brought into the base is not on record before it."""
    removed(world)
    plan = world.plan()
    first, second = plan.actions
    lie = replace(second, files=(replace(second.files[0], path="Board/other.jpg"),))
    other = world.sealed(replace(plan, actions=(first, lie)))
    for _ in range(2):
        assert world.apply(other).count(ActionOutcome.STALE) == 1
    assert second.pin_id in world.remote.pins_by_id

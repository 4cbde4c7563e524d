"""Laws of comparing two plans: whatever the plans, these hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from pinplan.actions import KINDS, AnyAction
from pinplan.model.ids import ActionId
from pinplan.plan.diff import Change, FieldChange, PlanDiff, _changed_fields, _keyed, compare_plans
from pinplan.plan.document import Plan, kind_of
from pinplan.records.plan_file import read_plan

FIXTURES = Path(__file__).parents[2] / "fixtures"
OLD_PLANS = [read_plan(path) for path in sorted((FIXTURES / "plans" / "v1").iterdir())]
GOLDEN = [
    msgspec.json.decode(path.read_bytes(), type=Plan) for path in sorted((FIXTURES / "scenarios").glob("*/plan.json"))
]
PLAN = OLD_PLANS[-1]
ACTIONS: list[Any] = [action for plan in (*OLD_PLANS, *GOLDEN) for action in plan.actions]
FINDINGS: list[Any] = [finding for plan in (*OLD_PLANS, *GOLDEN) for finding in plan.findings]
CHECKS: list[Any] = [check for plan in (*OLD_PLANS, *GOLDEN) for check in plan.checks]


def another(value: Any) -> Any:
    """What a record may be instead; of several, the first."""
    if isinstance(value, tuple):
        return (another(value[0]), *value[1:])
    return replace(value, **{value.__struct_fields__[0]: "another"})


EDITS: dict[str, Callable[[Any], Any]] = {
    "address": lambda value: f"{value}/renamed",
    "reason": lambda value: f"{value}_too",
    "renditions": lambda value: value[1:],
    "after": lambda value: value and another(value),
    "requires": lambda _: ("0001",),
    "destructive": lambda value: not value,
}


def edited(action: Any, edit: str) -> Any:
    """The action with one of its fields changed; as it is where it lacks the field."""
    return replace(action, **{edit: EDITS[edit](getattr(action, edit))}) if hasattr(action, edit) else action


def numbered(actions: list[Any], start: int = 1) -> tuple[AnyAction, ...]:
    """The actions with new numbers, which requirements follow."""
    numbers = {action.id: ActionId(f"{number:04}") for number, action in enumerate(actions, start)}
    return tuple(
        replace(one, id=numbers[one.id], requires=tuple(numbers.get(r, r) for r in one.requires)) for one in actions
    )


def some(pool: list[Any], most: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(pool), max_size=most)


actions = st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from([None, None, *EDITS])), max_size=8).map(
    lambda drawn: numbered(
        [replace(edited(a, edit) if edit else a, id=ActionId(f"x{n}")) for n, (a, edit) in enumerate(drawn)]
    )
)
plans = st.builds(
    lambda plan, actions, findings, checks: replace(
        plan, actions=actions, findings=tuple(findings), checks=tuple(checks)
    ),
    st.sampled_from([*OLD_PLANS, *GOLDEN[:5]]),
    actions,
    some(FINDINGS, 5),
    some(CHECKS, 4),
)


def without_numbers(found: PlanDiff) -> Any:
    """The document without numbers of actions, also those that an action requires."""

    def stripped(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: stripped(part) for key, part in value.items() if key not in {"id", "requires"}}
        return [stripped(part) for part in value] if isinstance(value, list) else value

    return stripped(msgspec.json.decode(msgspec.json.encode(found)))


def test_the_plans_that_are_drawn_have_every_kind_that_fixtures_have():
    assert {kind_of(action) for action in ACTIONS} >= {"download", "move_local", "delete_remote", "dedupe", "restore"}
    assert {kind_of(action) for action in ACTIONS} <= set(KINDS)


@given(plans)
def test_a_plan_does_not_differ_from_itself(plan):
    found = compare_plans(plan, plan)
    assert not found.differs
    assert found.actions.unchanged == len(plan.actions)


@given(plans, plans)
def test_the_other_way_round_is_the_mirror_image(old, new):
    assert compare_plans(old, new).mirrored() == compare_plans(new, old)


@given(plans, plans)
def test_everything_of_both_plans_is_counted_once(old, new):
    found = compare_plans(old, new)
    for part, olds, news in (
        (found.actions, old.actions, new.actions),
        (found.findings, old.findings, new.findings),
        (found.checks, old.checks, new.checks),
    ):
        same = part.unchanged
        assert same + len(part.changed) + len(part.removed) == len(olds)
        assert same + len(part.changed) + len(part.added) == len(news)
        assert Counter(map(repr, [*part.removed, *(one.old for one in part.changed)])) <= Counter(map(repr, olds))
        assert Counter(map(repr, [*part.added, *(one.new for one in part.changed)])) <= Counter(map(repr, news))


@given(plans, plans, st.integers(2, 5000))
def test_other_numbers_change_nothing(old, new, start):
    renumbered = replace(new, actions=numbered(list(new.actions), start))
    assert not compare_plans(new, renumbered).differs
    assert without_numbers(compare_plans(old, renumbered)) == without_numbers(compare_plans(old, new))


@given(plans, plans)
def test_what_changed_is_the_same_thing_and_differs_in_the_fields_that_are_named(old, new):
    found = compare_plans(old, new)
    for one in found.actions.changed:
        assert (kind_of(one.old), one.old.pin_id, one.old.slot) == (kind_of(one.new), one.new.pin_id, one.new.slot)
    for change in found.findings.changed:
        assert change.old.kind == change.new.kind
    for check in found.checks.changed:
        assert check.old.name == check.new.name
    changed: list[Any] = [*found.actions.changed, *found.findings.changed, *found.checks.changed]
    for each in changed:
        assert each.fields
        for field in each.fields:
            assert field.old != field.new


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(2, 5) | st.text("_a.'[]\"0é", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("_a.'[]\"0é", max_size=3), inner, max_size=3)
        | st.lists(st.fixed_dictionaries({"slot": st.integers(0, 2), "x": inner}), max_size=3)
    ),
    max_leaves=6,
)
documents = st.dictionaries(st.sampled_from(["a", "__b", "c.d", "0"]), json_values, max_size=4)


@given(st.lists(st.tuples(documents, documents), max_size=3))
def test_the_fields_that_are_named_are_all_that_differ(pairs):
    for (old, new), fields in zip(pairs, _changed_fields(pairs), strict=True):
        assert bool(fields) == (msgspec.json.encode(old, order="sorted") != msgspec.json.encode(new, order="sorted"))
        one, other = _keyed(old), _keyed(new)
        if one != other and not any(_with_places(value) for value in (one, other)):
            for field in fields:
                _put(one, field.field, field.new)
            assert one == other


def _with_places(value: Any) -> bool:
    """Whether a list is in it whose entries nothing tells apart: an entry that is taken out moves the others."""
    parts = value.values() if isinstance(value, dict) else ()
    return isinstance(value, list) or any(map(_with_places, parts))


def _put(document: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *way, last = path
    for name in way:
        document = document[name]
    if value is UNSET:
        del document[last]
    else:
        document[last] = value


@given(plans, plans)
def test_the_document_fits_its_type(old, new):
    found = compare_plans(old, new)
    data = msgspec.json.encode(found)
    again = msgspec.json.decode(data, type=PlanDiff)
    assert msgspec.json.encode(again) == data
    assert again.actions.added == found.actions.added


# -- what is told ----------------------------------------------------------------------------------------------------


def plan_with(*actions: AnyAction, **changes: Any) -> Plan:
    return replace(PLAN, actions=numbered(list(actions)), findings=(), checks=(), **changes)


def first(kind: str) -> Any:
    return next(action for action in ACTIONS if kind_of(action) == kind)


def only(changed: tuple[Change[Any], ...]) -> tuple[FieldChange, ...]:
    (one,) = changed
    return one.fields


def test_an_action_that_comes_first_renumbers_the_others_and_is_the_only_difference():
    download, delete = first("download"), first("delete_remote")
    found = compare_plans(plan_with(replace(delete, id="a")), plan_with(download, replace(delete, id="b")))
    assert [kind_of(action) for action in found.actions.added] == ["download"]
    assert not found.actions.removed
    assert not found.actions.changed


def test_a_new_path_is_one_field():
    move = first("move_local")
    moved = replace(move, after=replace(move.after, path="Elsewhere/x.jpg"))
    fields = only(compare_plans(plan_with(move), plan_with(moved)).actions.changed)
    assert fields == (FieldChange(field=("after", "path"), old=move.after.path, new="Elsewhere/x.jpg"),)


def test_one_more_size_is_one_difference():
    download = next(a for a in ACTIONS if kind_of(a) == "download" and len(a.renditions) > 1)
    fewer = replace(download, renditions=download.renditions[1:])
    (field,) = only(compare_plans(plan_with(fewer), plan_with(download)).actions.changed)
    assert field.field == ("renditions", download.renditions[0].size)
    assert field.old is UNSET
    new: Any = field.new
    assert new["url"] == download.renditions[0].url
    turned = replace(download, renditions=download.renditions[::-1])
    fields = only(compare_plans(plan_with(download), plan_with(turned)).actions.changed)
    assert fields[0].field[:2] == ("renditions", "0")


def test_a_requirement_is_compared_by_what_it_is():
    copy, download = first("copy_local"), first("download")
    one = replace(download, id="0007")
    needs = replace(copy, id="0008", requires=(one.id,))
    assert not compare_plans(plan_with(one, needs), plan_with(needs, one)).actions.differs
    (field,) = only(compare_plans(plan_with(one, needs), plan_with(one, replace(needs, requires=()))).actions.changed)
    assert field.old == f"download {download.pin_id} {download.slot}"


def test_images_of_one_pin_are_told_apart_by_slot():
    download = first("download")
    both = [
        replace(download, id=f"{slot}", after=replace(download.after, slot=slot), reason=f"r{slot}") for slot in (1, 2)
    ]
    changed = [both[0], replace(both[1], reason="another")]
    found = compare_plans(plan_with(*both), plan_with(*changed[::-1]))
    assert found.actions.unchanged == 1
    assert only(found.actions.changed) == (FieldChange(field=("reason",), old="r2", new="another"),)


def test_a_record_of_another_pin_gives_no_slot():
    adopt = first("adopt")
    other = next(a.before for a in ACTIONS if kind_of(a) == "move_local")
    assert replace(adopt, before=replace(other, slot=9)).slot == adopt.after.slot
    delete = first("delete_local")
    assert replace(delete, after=replace(delete.before, pin_id="1", slot=9)).slot == delete.before.slot
    assert first("delete_remote").slot is None


def test_what_the_plans_were_made_with_is_compared_as_well():
    stricter = replace(PLAN.policies, max_remote_deletes="1%")
    hidden = replace(PLAN.scope, targets=("__x", "Cats"))  # DeepDiff leaves out names that begin so
    found = compare_plans(plan_with(), plan_with(policies=stricter, scope=hidden))
    assert found.differs
    assert [".".join(one.field) for one in found.settings] == [
        "policies.max_remote_deletes",
        "scope.targets.Cats",
        "scope.targets.__x",
    ]
    later = replace(PLAN, created_at="2027-01-01T00:00:00Z", api_calls=99, pinplan_version="9")
    assert not compare_plans(PLAN, later).differs


def test_checks_of_several_boards_are_matched_by_board():
    check = replace(CHECKS[0], message="[A] 1 of 2")
    boards = [check, replace(check, message="[B] 1 of 2", figure="1/2")]
    found = compare_plans(replace(PLAN, checks=tuple(boards)), replace(PLAN, checks=(boards[1],)))
    assert found.checks.removed == (check,)
    assert not found.checks.changed


@pytest.mark.parametrize("plan", OLD_PLANS, ids=lambda plan: plan.format_version)
def test_plans_of_format_1_are_compared(plan):
    for other in OLD_PLANS:
        found = compare_plans(plan, other)
        assert found.differs == (plan is not other)

"""The differences between two plans, as people read them."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.actions import AnyAction
from pinplan.model.ids import PinId
from pinplan.plan.diff import compare_plans
from pinplan.plan.document import Finding, FindingKind, Plan
from pinplan.records.plan_file import read_plan
from pinplan.render.diff_text import closing_line, diff_lines
from pinplan.render.text import FOLD

PLAN = read_plan(Path(__file__).parents[2] / "fixtures" / "plans" / "v1" / "mirror.json")
DOWNLOAD: Any = PLAN.actions[0]


def plan_with(*actions: AnyAction, findings: tuple[Finding, ...] = ()) -> Plan:
    return replace(PLAN, actions=actions, findings=findings)


def text_of(old: Plan, new: Plan, *, everything: bool = False) -> list[str]:
    return [line.text for line in diff_lines(compare_plans(old, new), everything=everything)]


def test_lines_of_an_action_its_fields_and_a_finding():
    finding = Finding(kind=FindingKind.REMOVED_LOCALLY, address="Sets/1", pin_id=PinId("1"), message="it was removed")
    moved = replace(
        DOWNLOAD,
        after=replace(DOWNLOAD.after, path="Sets/x.jpg"),
        renditions=DOWNLOAD.renditions[:1],
        estimated_bytes=7,
    )
    said = text_of(plan_with(DOWNLOAD, findings=(finding,)), plan_with(moved))
    assert said[3:] == [
        "Actions",
        "  ~ Download: Sets/9002#2",
        "      path after: Sets/Three [9002]-2.jpg → Sets/x.jpg",
        "      estimated bytes: 288000 → 7",
        '      renditions 600x: {"height":1600,"size":"600x","url":"https://images.test/600x/9002-2.jpg","width":1200} → nothing',
        "",
        "Findings",
        "  - Removed locally: Sets/1  it was removed",
        "",
        "Diff: actions: 0 added, 0 removed, 1 changed; findings: 0 added, 1 removed, 0 changed; checks: 0 added, 0 removed, 0 changed; 0 settings changed.",
    ]


def test_many_are_folded_unless_everything_is_asked_for():
    many = plan_with(*(replace(DOWNLOAD, id=f"{n:04}", pin_id=f"{n}") for n in range(FOLD + 1)))
    for old, new, symbol in ((PLAN, many, "+"), (many, PLAN, "-")):
        folded = text_of(old, new)
        assert sum(line.startswith(f"  {symbol} ") for line in folded) == FOLD - 1
        assert "  … and 2 more; show them with --all" in folded
        assert sum(line.startswith(f"  {symbol} ") for line in text_of(old, new, everything=True)) == FOLD + 1
    changed = replace(many, actions=tuple(replace(one, reason="another") for one in many.actions))
    assert sum(line.startswith("  ~ ") for line in text_of(many, changed)) == FOLD - 1


def test_two_plans_that_are_the_same():
    assert closing_line(compare_plans(PLAN, PLAN)) == "No differences. 1 action and 0 findings in both plans."


@pytest.mark.promise("I28")
@given(st.text(max_size=40), st.text(max_size=40))
def test_nothing_from_a_plan_can_move_the_cursor_or_reorder_text(one, other):
    def named(text: str) -> Plan:
        action = replace(DOWNLOAD, address=text, reason=text, after=replace(DOWNLOAD.after, path=text))
        finding = Finding(kind=FindingKind.BLOCKED, address=text, message=text, path=text)
        check = replace(PLAN.checks[0], name=text, message=text, figure=text)
        scope = replace(PLAN.scope, targets=(text,))
        plan = replace(plan_with(action, findings=(finding,)), checks=(check,), scope=scope, created_at=text)
        return replace(plan, digest=text)

    for line in text_of(named(one), named(other)):
        hidden = {c for c in line if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} and c not in "\u200c\u200d"}
        assert hidden == set()

"""What is made of actions and findings in the end: their order, what is protected, and selectors that select nothing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.errors import ConfigError
from pinplan.model.ids import BoardId, PinId, RelPath
from pinplan.plan.document import Finding, FindingKind, Scope
from pinplan.policies.protect import Protect
from pinplan.reconcile.finalise import finalise
from tests.reconcile.test_order import delete_local
from tests.reconcile.test_planner import world


def finding(address: str = "a", pin: str | None = None, path: str | None = None, message: str = "m") -> Finding:
    return Finding(
        kind=FindingKind.CONFLICT,
        address=address,
        pin_id=PinId(pin) if pin else None,
        path=RelPath(path) if path else None,
        message=message,
    )


ORDERED = [
    finding(),
    finding(message="n"),
    finding(path="x"),
    finding(path="y"),
    finding(pin="1"),
    finding(pin="1", path="x"),
    finding(pin="2"),
    finding("b"),
    replace(finding(), kind=FindingKind.UNKNOWN),
]


@pytest.mark.parametrize("order", [ORDERED[::-1], ORDERED[4:] + ORDERED[:4]])
def test_findings_are_sorted_by_kind_address_pin_path_and_message(order):
    assert list(finalise(world(), [], order).findings) == ORDERED


def test_a_selector_on_the_command_line_that_selects_nothing_is_an_error_and_one_in_the_config_a_finding():
    inputs = replace(world(exclude=("No such board",)), remembered=frozenset())
    (found,) = finalise(inputs, [], []).findings
    assert (found.kind, found.address) == (FindingKind.UNMATCHED_SELECTOR, "[boards] exclude")
    typed = replace(inputs, scope=Scope(targets=("Nothing", "501")))
    with pytest.raises(ConfigError) as caught:
        finalise(typed, [], [])
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["--target Nothing", "--target 501"]


@pytest.mark.parametrize(
    ("protect", "blocked"),
    [
        (Protect(boards=("Gone",)), True),
        (Protect(pins=(PinId("9"),)), True),
        (Protect(boards=("Other",)), False),
        (Protect(pins=(PinId("8"),)), False),
    ],
)
def test_what_is_protected_is_told_and_not_done(protect, blocked):
    action = replace(delete_local("9", "Gone/Kittens/9"), board_id=BoardId("77"))
    content = finalise(world(protect=protect), [action], [])
    found = [one for one in content.findings if one.kind is FindingKind.BLOCKED]
    assert (len(content.actions), len(found)) == ((0, 1) if blocked else (1, 0))
    for one in found:
        assert (one.address, one.pin_id) == ("Gone/Kittens/9", "9")
        assert one.message.startswith("not done: ")
        assert action.describe().effect in one.message

"""What casts doubt on what was seen, as a table: what trips, at which figure, and what is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from pinplan.actions import AnyAction
from pinplan.model.ids import AccountId, BoardId
from pinplan.model.pins import Account, Board, Privacy
from pinplan.model.scopes import WRITE_PINS, secret
from pinplan.model.snapshots import BoardSnapshot
from pinplan.plan.document import Check, CheckStatus, Finding, FindingKind
from pinplan.policies.limits import SMALL, Limits
from pinplan.reconcile.check_results import verdict
from pinplan.reconcile.plan_input import PlanInput
from pinplan.reconcile.trust_checks import judge_trust, missing_scopes
from tests.fakes import ME
from tests.reconcile.test_order import delete_local, delete_remote, forget
from tests.reconcile.test_planner import file, record, world

LOSING: dict[str, list[AnyAction]] = {
    "trash": [delete_local("1", "Board/1")],
    "delete": [delete_remote("1", "Board/1")],
    "forget": [forget("1", "Board/1")],
    "nothing": [],
}


def checks(inputs: PlanInput, actions: Sequence[AnyAction] = (), findings: Sequence[Finding] = ()) -> dict[str, Check]:
    return {check.name: check for check in judge_trust(inputs, actions, findings)}


def failed(inputs: PlanInput, actions: Sequence[AnyAction] = (), findings: Sequence[Finding] = ()) -> list[str]:
    return [name for name, check in checks(inputs, actions, findings).items() if check.status is CheckStatus.FAIL]


def listings(*complete: bool, listed: bool = True) -> tuple[BoardSnapshot, ...]:
    return tuple(
        BoardSnapshot(
            board=Board(id=BoardId(str(n)), name=f"Board {n}"),
            pins=(),
            complete=whole,
            listed=listed,
            problem=None if whole else "HTTP 500",
        )
        for n, whole in enumerate(complete)
    )


def seen(inputs: PlanInput, **facts: Any) -> PlanInput:
    return replace(inputs, remote=replace(inputs.remote, **facts))


@pytest.mark.parametrize(
    ("tripped", "allow", "fails", "said"),
    [
        (True, {}, True, " Allow it once with: --allow x=7"),
        (True, {"x": 6}, True, " Allow it once with: --allow x=7"),
        (True, {"x": 7}, False, " Allowed up to 7."),
        (True, {"y": 9}, True, " Allow it once with: --allow x=7"),
        (True, None, True, ""),
        (False, {"x": 7}, False, ""),
        (False, {}, False, ""),
    ],
)
def test_a_check_is_let_through_up_to_the_figure_that_is_allowed(tripped, allow, fails, said):
    check = verdict("x", tripped=tripped, count=7, total=9, limit="5", message="So.", allow=allow)
    assert (check.status is CheckStatus.FAIL, check.message) == (fails, f"So.{said}")
    assert (check.name, check.figure, check.limit) == ("x", "7/9", "5")


@pytest.mark.parametrize(("ours", "other"), [(None, False), ("1", False), ("2", True)])
def test_the_token_of_another_account_is_never_let_through(ours, other):
    inputs = world()
    inputs = replace(
        inputs, base=replace(inputs.base, account_id=AccountId(ours) if ours else None), allow={"account": 9}
    )
    check = checks(inputs)["account"]
    assert (check.status is CheckStatus.FAIL, check.message.endswith(".")) == (other, True)
    said = ", the library to 2. Sign in as the account of this library." if other else "."
    assert check.message == f"the token belongs to account 1 ({ME.username}){said}"
    assert Account(id=AccountId("1"), username=ME.username) == inputs.remote.account


@pytest.mark.promise("I6")
@pytest.mark.parametrize(
    ("before", "now", "lost"),
    [
        (("a", "b"), ("a",), "b"),
        (("a", "b", "c"), ("b",), "a, c"),
        (("a",), ("a", "b"), ""),
        ((), ("a",), None),
        (("a",), (), None),
        ((), (), None),
    ],
)
@pytest.mark.parametrize(("actions", "losing"), [("trash", True), ("nothing", False)])
def test_scopes_that_are_gone_stop_what_would_be_lost(before, now, lost, actions, losing):
    inputs = seen(world(), scopes=now)
    inputs = replace(inputs, base=replace(inputs.base, scopes=before))
    check = checks(inputs, LOSING[actions]).get("scopes")
    if lost is None:
        assert check is None
        return
    assert check is not None
    assert (check.status is CheckStatus.FAIL) is (bool(lost) and losing)
    expected = f"has lost scopes since the last apply: {lost}." if lost else "has every scope of the last apply."
    assert check.message.partition(" Allow it once")[0] == f"the token {expected}"


@pytest.mark.promise("I1")
@pytest.mark.parametrize(
    ("actions", "losing"), [("trash", True), ("delete", True), ("forget", True), ("nothing", False)]
)
def test_doubt_stops_only_what_would_be_lost(actions, losing):
    inputs = seen(world(records=[record("501", board_id=BoardId("9"))]), boards=listings(False))
    expected = ["incomplete-boards", "vanished-boards"] if losing else []
    assert failed(inputs, LOSING[actions]) == expected


@pytest.mark.promise("I1")
@pytest.mark.parametrize(
    ("boards", "limit", "trips", "figure"),
    [
        (listings(False, True), "50%", False, "1 of 2"),
        (listings(False, False, True), "50%", True, "2 of 3"),
        (listings(False, True, True), "1", False, "1 of 3"),
        (listings(False, True, True), "0", True, "1 of 3"),
        (listings(True), "0", False, "0 of 1"),
        (listings(False, False, listed=False), "0", False, "0 of 0"),
    ],
)
def test_boards_that_could_not_be_listed_to_the_end(boards, limit, trips, figure):
    inputs = seen(world(limits=Limits(incomplete_boards=limit)), boards=boards)
    check = checks(inputs, LOSING["trash"])["incomplete-boards"]
    assert (check.status is CheckStatus.FAIL) is trips
    assert check.message.startswith(f"{figure} boards could not be listed completely (limit {limit}).")


@pytest.mark.promise("I1")
@pytest.mark.parametrize(
    ("known", "limit", "trips", "figure"),
    [
        ("01", "50%", False, "0 of 2"),
        ("08", "50%", False, "1 of 2"),
        ("089", "50%", True, "2 of 3"),
        ("089", "2", False, "2 of 3"),
        ("089", "1", True, "2 of 3"),
    ],
)
def test_boards_that_are_not_listed_any_more(known, limit, trips, figure):
    records = [record(f"50{number}", board_id=BoardId(number)) for number in known]
    inputs = seen(world(records=records, limits=Limits(vanished_boards=limit)), boards=listings(True, True))
    check = checks(inputs, LOSING["trash"])["vanished-boards"]
    assert (check.status is CheckStatus.FAIL) is trips
    assert check.message.startswith(f"{figure} boards with tracked files are no longer listed (limit {limit}).")


READ, SECRETS = ("boards:read", "pins:read", "boards:write"), secret(WRITE_PINS)


@pytest.mark.parametrize(
    ("granted", "privacy", "lacking", "count", "options"),
    [
        ((), Privacy.SECRET, "", 0, []),
        (READ, Privacy.PUBLIC, "scope pins:write", 2, []),
        (WRITE_PINS, Privacy.PUBLIC, "", 0, []),
        ((*READ, *SECRETS[1:]), Privacy.SECRET, f"scopes {', '.join(sorted(['pins:write', SECRETS[0]]))}", 2, ["--secret"]),
        ((*WRITE_PINS, *SECRETS[1:]), Privacy.SECRET, f"scope {SECRETS[0]}", 1, ["--secret"]),
    ],
)  # fmt: skip
def test_what_the_token_may_not_do_is_said_once_for_the_plan(granted, privacy, lacking, count, options):
    boards = (BoardSnapshot(board=Board(id=BoardId("7"), name="Seven", privacy=privacy)),)
    secret = replace(delete_remote("2", "Seven/2"), board_id=BoardId("7"))
    actions: list[AnyAction] = [delete_remote("1", "Board/1"), secret, delete_local("3", "Seven/3")]
    found = list(missing_scopes(seen(world(), scopes=granted, boards=boards), actions))
    words = ("auth", "login", "--write", *options)
    message = (
        f"{count} action{'s' if count > 1 else ''} of this plan will not be done on Pinterest: the token lacks the "
        f"{lacking}. Sign in with: pinplan {' '.join(words)}"
    )
    finding = Finding(kind=FindingKind.BLOCKED, address=".", message=message, count=count, commands=(words,))
    assert found == ([finding] if lacking else [])


@pytest.mark.promise("I5")
@pytest.mark.parametrize(
    ("present", "changed", "acts", "trips"),
    [
        (SMALL + 1, SMALL + 1, True, True),
        (SMALL + 1, SMALL, True, False),
        (SMALL, SMALL, True, False),
        (SMALL + 1, SMALL + 1, False, False),
    ],
)
def test_a_library_of_which_everything_changed_is_left_alone_unless_it_is_small(present, changed, acts, trips):
    records = [record(str(500 + n)) for n in range(present)]
    inputs = world(records=[*records, record("9")], files=[file(one.path) for one in records])
    findings = [
        Finding(kind=FindingKind.MODIFIED_LOCALLY, address=f"Board/{n}", message="changed") for n in range(changed)
    ]
    check = checks(inputs, LOSING["delete" if acts else "nothing"], findings)["everything-changed"]
    assert (check.status is CheckStatus.FAIL) is trips
    assert check.message.startswith(f"[library] {changed} of {present} files are damaged or changed.")

"""Decisions at the command line: what waits, what is declined, and how a number is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import CTRL_D, at_a_terminal
from tests.cli.test_cli import CATS, User, cat, user

__all__ = ["user"]


def deletes(user: User, config: str = "") -> dict[str, Any]:
    """A library from which two files of different boards were removed, and the two-way plan about it."""
    user.library()
    text = (user.pins / "pinplan.toml").read_text("utf-8").replace('mode = "archive"', 'mode = "two-way"')
    (user.pins / "pinplan.toml").write_text(text + config, "utf-8")
    cat(user).unlink()
    min((user.pins / "Nature 自然").iterdir()).unlink()
    user.types("plan", "-o", "plan.json")
    made: dict[str, Any] = json.loads((user.pins / "plan.json").read_text("utf-8"))
    assert [action["kind"] for action in made["actions"]][:2] == ["delete_remote", "delete_remote"]
    return made


def decide(user: User, plan: dict[str, Any], **verdicts: str) -> Path:
    path = user.pins / "decisions.json"
    entries = {name[1:]: {"verdict": verdict} for name, verdict in verdicts.items()}
    document = {"format": "pinplan.decisions", "format_version": "1.0", "plan": plan["digest"], "decisions": entries}
    path.write_text(json.dumps(document, indent=2))
    return path


def test_decisions_are_applied_and_told_ever_after(user):
    plan = deletes(user)
    pins = len(user.sandbox.world.pins)
    decide(user, plan, a0001="skip", a0002="approve")
    said = user.types("apply", "plan.json", "--decisions", "decisions.json")
    assert "Applied: 1 action done, 1 declined" in said
    assert len(user.sandbox.world.pins) == pins - 1
    run = json.loads(user.types("history", "--json"))["runs"][-1]
    assert run["ended_at"]
    assert "(1 declined)" in user.types("history")
    assert "declined" in user.types("history", run["id"])
    assert "declined" in user.types("explain", plan["actions"][0]["pin_id"])
    assert "decision=skip" in user.types("audit", "show")
    user.types("audit", "verify")
    assert "Already applied in full" in user.types("apply", "plan.json")
    assert len(user.sandbox.world.pins) == pins - 1
    assert "Plan: 0 to download" in user.types("plan")


def test_what_is_wrong_with_decisions_is_said_and_nothing_is_done(user):
    plan = deletes(user)
    runs = user.types("history", "--json")
    decide(user, plan, a0001="skp", a0002="swap")
    said = user.types("apply", "plan.json", "--decisions", "decisions.json", code=64)
    assert "line 6: 0001: unknown verdict 'skp'; did you mean skip?" in said
    decide(user, plan, a0002="swap", a0009="skip")
    said = user.types("apply", "plan.json", "--decisions", "decisions.json", code=64)
    assert "line 6: swap is for duplicates only, and 0002 is a delete_remote" in said
    assert "line 9: the plan has no action 0009: its actions are 0001 to 0002" in said
    decide(user, {"digest": "sha256:" + "0" * 64}, a0001="skip")
    said = user.types("apply", "plan.json", "--decisions", "decisions.json", code=4)
    assert f"but this is {plan['digest']}" in said
    assert "Nothing was done. Use the plan of these decisions" in said
    assert "no such decisions file" in user.types("apply", "plan.json", "--decisions", "no.json", code=64)
    assert "--decisions needs the saved plan" in user.types("apply", "--decisions", "decisions.json", code=64)
    assert user.types("history", "--json") == runs


def test_kinds_that_wait_are_done_once_they_are_named_or_the_plan_is(user):
    plan = deletes(user, '\n[apply]\nrequire_decisions = ["delete_remote"]\n')
    pins = len(user.sandbox.world.pins)
    said = user.types("apply", "plan.json", code=8)
    assert "2 actions wait for a decision (delete_remote), and nothing else is left to do" in said
    assert "--decisions FILE; or approve the whole plan with its digest" in said
    assert "2 actions wait" in user.types("apply", "--auto-approve", code=8)
    decide(user, plan, a0001="approve")
    said = user.types("apply", "plan.json", "--decisions", "decisions.json", code=3)
    assert "Waiting for a decision: 1 to delete on Pinterest" in said
    assert "Applied in part: 1 action done, 1 not." in said
    assert "Applied: 1 action done" in user.types("apply", "plan.json", "--expect-digest", plan["digest"])
    assert len(user.sandbox.world.pins) == pins - 2


def test_without_a_saved_plan_what_waits_can_be_decided_about_in_the_plan_that_was_kept(user):
    deletes(user, '\n[apply]\nrequire_decisions = ["delete_remote"]\n')
    min((user.pins / "Recipes").iterdir()).write_bytes(b"")
    said = user.types("apply", "--auto-approve", code=3)
    found = re.search(r"pinplan apply (\S+plans/\S+\.json) --decisions FILE", said)
    assert found
    kept = user.pins / found[1]
    decide(user, json.loads(kept.read_text("utf-8")), a0002="skip", a0003="approve")
    pins = len(user.sandbox.world.pins)
    assert "1 action done, 1 declined" in user.types("apply", str(kept), "--decisions", "decisions.json")
    assert len(user.sandbox.world.pins) == pins - 1


def test_a_kind_that_does_not_exist_cannot_be_waited_for(user):
    user.library()
    with (user.pins / "pinplan.toml").open("a") as file:
        file.write('\n[apply]\nrequire_decisions = ["dedup"]\n')
    assert "unknown kind 'dedup'; did you mean dedupe?" in user.types("plan", code=64)


def answering(user: User, answer: str, *words: str) -> tuple[int, str]:
    """Apply, without a plan unless one is named, and type an answer."""
    return at_a_terminal(["apply", *words], user.pins, user.environment, f"{answer}\n")


@pytest.mark.parametrize("remove", ["both", "local"])
def test_deletes_of_duplicates_are_part_of_the_number_that_is_typed(user, remove):
    deletes(user, f'\n[dedupe]\nremove = "{remove}"\n')
    count = 4 if remove == "both" else 2
    code, said = answering(user, "yes")
    assert code == 8
    assert f'Type "delete {count} pins" to continue' in said
    pins = len(user.sandbox.world.pins)
    code, said = answering(user, f"delete {count} pins")
    assert (code, len(user.sandbox.world.pins)) == (0, pins - count), said


@pytest.mark.promise("I21")
def test_another_one_of_a_group_is_chosen_to_stay_and_the_run_is_undone(user):
    plan = deletes(user, '\n[dedupe]\nremove = "both"\n')
    pair = plan["actions"][2]
    kept, leaves = pair["pin_id"], pair["keeper"]["pin"]["pin_id"]
    decide(user, plan, a0001="skip", a0002="skip", a0003="swap")
    said = user.types("apply", "plan.json", "--decisions", "decisions.json", code=64)
    assert "0003 removes the pin that 0004 keeps: skip 0004 as well" in said
    decide(user, plan, a0001="skip", a0002="skip", a0003="swap", a0004="different")
    assert "1 action done, 3 declined" in user.types("apply", "plan.json", "--decisions", "decisions.json")
    there = user.sandbox.world.pins
    assert (kept in there, leaves in there) == (True, False)
    assert "done" in user.types("explain", leaves)
    assert "0 duplicates to remove" in user.types("plan")
    assert f"in place of pin {leaves}" in user.types("undo", "-o", "undo.json")
    assert "Applied: 1 action done" in user.types("apply", "undo.json")


def test_everything_else_is_approved_by_yes(user):
    user.library()
    (user.pins / CATS).rename(user.pins / "elsewhere")
    user.types("plan", "--restore", "*", "-o", "plan.json")
    user.types("init", str(user.home / "Other"), cwd=user.home)
    user.pins = user.home / "Other"
    code, said = answering(user, "yes")
    assert code == 0, said
    assert 'Type "yes" to continue' in said


@pytest.mark.promise("I11")
def test_no_answer_is_no_approval(user):
    deletes(user)
    pins = len(user.sandbox.world.pins)
    code, said = at_a_terminal(["apply"], user.pins, user.environment, CTRL_D)
    assert (code, "Error: no answer was given" in said) == (8, True), said
    assert len(user.sandbox.world.pins) == pins


@pytest.mark.promise("I11")
def test_changed_decisions_of_a_run_that_was_begun_are_shown_and_asked_about(user):
    plan = deletes(user, '\n[apply]\nrequire_decisions = ["delete_remote"]\n')
    min((user.pins / "Recipes").iterdir()).write_bytes(b"")
    user.types("plan", "-o", "plan.json")
    plan = json.loads((user.pins / "plan.json").read_text("utf-8"))
    first, second = (action["id"] for action in plan["actions"] if action["kind"] == "delete_remote")
    pins = len(user.sandbox.world.pins)
    decide(user, plan, **{f"a{first}": "skip"})
    user.types("apply", "plan.json", "--decisions", "decisions.json", code=3)
    for verdicts in ({}, {f"a{first}": "approve"}):
        decide(user, plan, **verdicts)
        said = user.types("apply", "plan.json", "--decisions", "decisions.json", code=8)
        assert f"{first} was skip, now {verdicts.get(f'a{first}', 'undecided')}" in said
        assert "accept the change" in said
    assert len(user.sandbox.world.pins) == pins
    words = ("plan.json", "--decisions", "decisions.json")
    code, said = answering(user, "no", *words)
    assert (code, len(user.sandbox.world.pins)) == (8, pins), said
    decide(user, plan, **{f"a{first}": "skip", f"a{second}": "approve"})
    assert "1 action done" in user.types("apply", *words), "to decide what was open is no change"


@pytest.mark.parametrize("how", ["--auto-approve", "yes"])
def test_changed_decisions_are_accepted(user, how):
    deletes(user, '\n[apply]\nrequire_decisions = ["delete_remote"]\n')
    min((user.pins / "Recipes").iterdir()).write_bytes(b"")
    user.types("plan", "-o", "plan.json")
    plan = json.loads((user.pins / "plan.json").read_text("utf-8"))
    first, second = (action["id"] for action in plan["actions"] if action["kind"] == "delete_remote")
    pins = len(user.sandbox.world.pins)
    decide(user, plan, **{f"a{first}": "skip"})
    user.types("apply", "plan.json", "--decisions", "decisions.json", code=3)
    decide(user, plan, **{f"a{first}": "approve", f"a{second}": "approve"})
    words = ("plan.json", "--decisions", "decisions.json")
    code, said = (0, user.types("apply", *words, how)) if how.startswith("-") else answering(user, how, *words)
    assert (code, len(user.sandbox.world.pins)) == (0, pins - 2), said

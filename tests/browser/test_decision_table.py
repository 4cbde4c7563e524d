"""The page follows the same rules as an apply: the table of fixtures/decisions, and decisions of all sorts about a busy plan."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from pinplan.actions.pairs import Pair
from pinplan.model.ids import ActionId
from pinplan.plan.decisions import Choice, Decisions, decided, decision_of, judge
from pinplan.plan.document import Plan, kind_of
from pinplan.render.effects import counts_under, sentence
from pinplan.review.page.build import page_model
from pinplan.review.page.document import document
from pinplan.review.page.model import Manner
from tests.browser.test_page import opened
from tests.decision_table import outcome_of, plan_of, table

ASKED = """(said) => {
  const under = new Map(Object.entries(said));
  const { came, why } = outcomesUnder(under);
  return { outcomes: Object.fromEntries(came), reasons: [...why.keys()], totals: sentence(countsUnder(under)) };
}"""


def page_of(page: Any, path: Path, plan: Plan, manner: Manner) -> Any:
    path.write_bytes(b"".join(document(page_model(plan, "plan.json", manner))))
    return opened(page, path.as_uri())


@pytest.mark.promise("I18")
def test_the_page_says_what_the_table_says(page, tmp_path):
    for folder, case in table():
        manner = Manner(waits=case.waits, done=case.done)
        found = page_of(page, tmp_path / "page.html", plan_of(folder), manner).evaluate(ASKED, case.decisions)
        assert found["outcomes"] == case.outcomes, (folder, case.name)
        assert sorted(found["reasons"]) == sorted(case.reasons), (folder, case.name)
        assert found["totals"] == case.totals, (folder, case.name)


def every_sort(plan: Plan) -> list[dict[ActionId, str]]:
    """Decisions that fit together, about all sorts of actions at once."""
    kept = [f"swap:{action.pin_id}" for action in plan.actions if isinstance(action, Pair)]
    choices: list[str | None] = [None, *Choice, *kept[:2]]
    sets = []
    for step, first in itertools.product((1, 3, 7, 11), range(len(choices))):
        said: dict[ActionId, str] = {}
        for number, action in enumerate(plan.actions):
            verdict = choices[(first + step * number * number) % len(choices)]
            if verdict not in {None, Choice.APPROVE} and not isinstance(action, Pair):
                verdict = Choice.SKIP
            if verdict is not None:
                said[action.id] = verdict
        wrong = {problem.entry for problem in judge(plan, decisions_of(plan, said))}
        sets.append({name: Choice.SKIP if name in wrong else verdict for name, verdict in said.items()})
    return sets


def decisions_of(plan: Plan, said: dict[ActionId, str]) -> Decisions:
    return Decisions(plan=plan.digest, decisions={name: decision_of(verdict) for name, verdict in said.items()})


@pytest.mark.parametrize("waits", [(), ("download",), ("dedupe", "delete_remote")])
def test_the_page_and_an_apply_agree_whatever_is_decided(page, home, tmp_path, waits):
    page_of(page, tmp_path / "page.html", home.plan, Manner(waits=waits))
    assert {"download", "dedupe", "delete_remote"} <= {kind_of(action) for action in home.plan.actions}
    for said in every_sort(home.plan):
        decisions = decisions_of(home.plan, said)
        outcomes = decided(home.plan, decisions, waits)
        found = page.evaluate(ASKED, said)
        assert found["outcomes"] == {name: outcome_of(one)[0] for name, one in outcomes.items()}, json.dumps(said)
        assert found["totals"] == sentence(counts_under(home.plan, decisions, waits))


def test_a_card_says_what_follows_from_a_decision_about_another(page, tmp_path):
    page_of(page, tmp_path / "page.html", plan_of("delete_beside_download"), Manner())
    page.evaluate("fillAll()")
    board = page.locator(".board").filter(has=page.locator("h2, h3", has_text="First"))
    delete, download = (
        board.locator(".card").filter(has=page.locator("h4", has_text=title)) for title in ("Pin 0", "New")
    )
    assert "deletes pin" in delete.text_content()
    download.get_by_role("button", name="Skip").click()
    said = "not done: “Download: New” on the same board was declined, and it is not approved by name"
    assert said in delete.text_content()
    assert "changes nothing" in delete.text_content()
    delete.get_by_role("button", name="Approve").click()
    assert "not done" not in delete.text_content()
    assert "deletes pin" in delete.text_content()
    assert "deletes 2 pins" in page.locator("#applied").inner_text()


def test_a_page_says_what_an_action_needs(page, tmp_path):
    page_of(page, tmp_path / "page.html", plan_of("copies_of_an_image"), Manner())
    page.evaluate("fillAll()")
    copy = page.locator(".card").filter(has_text="Second")
    copy.locator(".look").first.click()
    assert "requires “Download: First” first" in page.locator("#stage").inner_text()
    page.get_by_role("button", name="Close").click()
    page.locator(".card").filter(has=page.locator("h4", has_text="First")).get_by_role("button", name="Skip").click()
    page.locator("#question").get_by_role("button", name="Only this").click()
    assert "not done: it needs “Download: First”, which was declined" in copy.text_content()

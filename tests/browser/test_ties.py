"""Deciding about one of several: keys that are held, actions that need each other, and who stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pinplan.actions import Dedupe
from pinplan.review.page.model import Manner
from tests.browser.test_decision_table import page_of
from tests.browser.test_page import opened
from tests.decision_table import plan_of


def decided(page: Any) -> dict[str, str]:
    found: dict[str, str] = page.evaluate("Object.fromEntries(decisions)")
    return found


@pytest.mark.parametrize("key", ["a", "s", "k", "n", "1", "u"])
def test_a_key_that_is_held_decides_once(page, tmp_path, key):
    page_of(page, tmp_path / "page.html", plan_of("words_of_duplicates"), Manner())
    page.evaluate("select(groups.find(isPair))")
    for _ in range(30):
        page.keyboard.down(key)
    page.keyboard.up(key)
    assert page.evaluate("undoable.length") == (0 if key == "u" else 1)


def test_to_skip_what_another_needs_asks_about_both(page, tmp_path):
    page_of(page, tmp_path / "page.html", plan_of("one_needs_another"), Manner())
    page.evaluate("fillAll()")
    assert "needs 0001" in page.locator(".card", has_text="Pin 1").text_content()
    page.evaluate("select(groupOf.get('0003'))")
    page.keyboard.press("s")
    question = page.locator("#question")
    assert "0004" in question.inner_text()
    page.keyboard.press("Escape")
    assert decided(page) == {}
    page.keyboard.press("s")
    question.get_by_role("button", name="Only this").click()
    assert decided(page) == {"0003": "skip"}
    page.keyboard.press("u")
    page.evaluate("select(groupOf.get('0003'))")
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    assert decided(page) == {"0003": "skip", "0004": "skip"}
    page.keyboard.press("u")
    assert decided(page) == {}, "both are undone together"


def test_to_approve_what_needs_another_asks_about_both(page, tmp_path):
    page_of(page, tmp_path / "page.html", plan_of("one_needs_another"), Manner(waits=("download",)))
    page.evaluate("select(groupOf.get('0003'))")
    page.keyboard.press("a")
    question = page.locator("#question")
    assert "It needs 0001" in question.inner_text()
    question.get_by_role("button", name="Approve all").click()
    assert decided(page) == dict.fromkeys(["0001", "0002", "0003"], "approve")


def test_the_page_names_the_keeper_that_the_plan_names(page, home, tmp_path):
    page_of(page, tmp_path / "page.html", home.plan, Manner())
    page.evaluate("fillAll()")
    pairs = [action for action in home.plan.actions if isinstance(action, Dedupe)]
    assert pairs
    for action in pairs:
        index = page.evaluate(f"groupOf.get('{action.id}').index")
        kept = page.locator(f"#g{index} figure", has_text="KEEP").first
        assert action.keeper.pin.pin_id in (kept.locator("a").get_attribute("href") or "")
    shown = json.loads(home.run("show", "plan.json", "--json", "-q"))
    keepers = {one["id"]: one["keeper"]["pin"]["pin_id"] for one in shown["actions"] if one["kind"] == "dedupe"}
    assert keepers == {action.id: action.keeper.pin.pin_id for action in pairs}


def test_a_decisions_file_in_a_missing_folder_is_refused_at_the_start(home):
    said = home.run("review", "plan.json", "--no-browser", "-o", "no/such/folder/d.json", code=64)
    assert "no/such/folder" in said


def test_what_is_lost_with_a_pin_is_said_and_undo_is_not_denied(page, home, tmp_path):
    page_of(page, tmp_path / "page.html", home.plan, Manner())
    page.evaluate("fillAll()")
    # Not innerText: it leaves out cards that were not near the viewport yet.
    text = page.locator("#actions").text_content()
    assert "undo creates a new one, without its saves and comments" in text
    assert "cannot be restored" not in text
    opened(page, page.url)

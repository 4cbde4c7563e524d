"""Groups of duplicates: any number may stay, any two are compared, and the page says why one stays that was not chosen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from pinplan.records.decisions_file import decode_decisions
from pinplan.review.page.model import Manner
from tests.browser.test_decision_table import page_of
from tests.decision_table import plan_of

PLAN = plan_of("group_of_four")
SMALL, MIDDLE, WIDE = ("0003", "0004", "0005")
"""The actions: numbers 2, 3 and 4 of the group. The last two were not compared with each other."""


@pytest.fixture
def group(page: Any, tmp_path: Path) -> Any:
    page_of(page, tmp_path / "page.html", PLAN, Manner())
    page.evaluate("openStage(groups.find(isPair))")
    return page


def made(page: Any) -> dict[str, str]:
    found: dict[str, str] = page.evaluate("Object.fromEntries(decisions)")
    return found


def stays(page: Any, number: int) -> Any:
    return page.get_by_role("switch", name=f"Number {number} stays")


def test_any_number_may_stay(group):
    stays(group, 3).click()
    assert made(group) == {SMALL: "approve", MIDDLE: "skip", WIDE: "approve"}
    expect(stays(group, 3)).to_be_checked()
    expect(group.locator("#stage .state", has_text="keeping 1 and 3")).to_be_visible()
    group.keyboard.press("Shift+Digit4")
    assert made(group) == {SMALL: "approve", MIDDLE: "skip", WIDE: "skip"}
    group.keyboard.press("u")
    assert made(group) == {SMALL: "approve", MIDDLE: "skip", WIDE: "approve"}
    stays(group, 3).click()
    stays(group, 1).click()
    assert group.locator("#stage .live").text_content() == "One image has to stay"
    assert made(group) == dict.fromkeys((SMALL, MIDDLE, WIDE), "approve")


@pytest.mark.promise("I21")
def test_what_was_compared_with_none_that_stays_stays_and_says_why(group):
    group.keyboard.press("3")
    assert made(group) == {SMALL: "swap:9007", MIDDLE: "swap", WIDE: "skip"}
    group.evaluate("openStage(groups.find(isPair), 3)")
    why = "was not compared with another one that stays"
    expect(group.locator("#stage .verdicts")).to_contain_text(f"KEEP 4: {why}")
    expect(stays(group, 4)).to_be_checked()
    expect(stays(group, 1)).not_to_be_checked()
    group.evaluate("openStage(groups.find(isPair), 1)")
    expect(group.locator("#stage .verdicts")).to_contain_text("DROP 2: your choice; 3 is kept")
    assert "deletes 2 pins" in group.locator("#applied").text_content()


def test_any_two_are_compared(group):
    look = lambda number: group.locator(f'[data-does="compare{number - 1}"]')  # noqa: E731 - a name for a locator
    tags = group.locator("#stage .pane .fate")
    look(3).click()
    expect(tags).to_have_text(["1 KEEP", "3 DROP"])
    look(3).click()
    look(4).click()
    expect(tags).to_have_text(["3 DROP", "4 DROP"])
    expect(group.locator("#stage .facts")).to_contain_text("3 and 4 were not compared: neither goes for the other.")
    group.keyboard.press("Shift+ArrowUp")
    expect(tags).to_have_text(["2 DROP", "4 DROP"])
    expect(group.locator("#stage .facts")).to_contain_text("confirmed: ")
    table = group.locator("#stage table").first
    expect(table).to_contain_text("400×600")
    expect(table).to_contain_text("420×630")
    group.keyboard.press("ArrowDown")
    expect(tags).to_have_text(["2 DROP", "1 KEEP"])


def test_the_exported_file_names_the_pin_that_is_kept(group):
    group.keyboard.press("2")
    group.keyboard.press("Escape")
    with group.expect_download() as download:
        group.evaluate("exportFile()")
    text = Path(download.value.path()).read_text("utf-8")
    assert json.loads(text)["decisions"][MIDDLE] == {"keep": "9006", "verdict": "swap"}
    found = decode_decisions(text.encode(), PLAN)
    assert {name: one.text for name, one in found.decisions.items()} == made(group)
    group.reload()
    group.wait_for_selector("html[data-ready]")
    assert made(group) == {SMALL: "swap", MIDDLE: "swap:9006", WIDE: "swap:9006"}
    group.get_by_role("button", name="Decided …", exact=True).click()
    expect(group.locator("#decided")).to_contain_text("drop, keeping pin 9006")
    expect(group.locator("#decided")).to_contain_text("keep this one instead")


def test_a_rule_keeps_the_pin_on_a_board_whatever_folder_its_file_is_in(page, tmp_path):
    page_of(page, tmp_path / "page.html", plan_of("duplicates_of_two_boards"), Manner())
    page.evaluate("mark(groups.find(isPair))")
    page.evaluate("ruleChoice(groups.filter(isPair)).id = 'rule'")
    (pair,) = page.evaluate("groups.filter(isPair).map((group) => group.actions[0])")
    boards = page.evaluate("model.boards.map((board) => board.name)")
    page.evaluate("for (const one of Object.values(model.actions)) for (const v of one.views || []) v.path = 'X/y.jpg'")
    page.evaluate(f"keepByRule(groups.filter(isPair), 'on:{boards.index('First')}')")
    page.locator("#question").get_by_role("button", name="Decide").click()
    assert made(page) == {pair: "swap"}
    page.evaluate(f"keepByRule(groups.filter(isPair), 'on:{boards.index('Second')}')")
    page.locator("#question").get_by_role("button", name="Decide").click()
    assert made(page) == {pair: "approve"}


def test_decisions_keep_their_order_over_a_reload_from_1000_on(page, tmp_path):
    page_of(page, tmp_path / "page.html", PLAN, Manner())
    page.evaluate("""() => {
        const one = Object.values(model.actions)[0];
        for (const id of ["1002", "1001"]) model.actions[id] = { ...one, id };
        keep("", { decisions: [["1002", "skip"], ["1001", "skip"], ["0001", "skip"]] });
        for (const id of ["1002", "1001"]) groupOf.set(id, groups[0]);
        restoreDecisions();
    }""")
    assert list(page.evaluate("[...decisions.keys()]")) == ["1002", "1001", "0001"]

"""What a person has to look at comes first, much is decided at once, all of it can be undone, and the stage shows the pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from pinplan.plan.decisions import kinds_to_review
from pinplan.plan.document import kind_of
from tests.browser.test_page import READY, ids, opened, serious


@pytest.fixture(scope="module")
def exported(home: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("html") / "page.html"
    home.run("show", "plan.json", "--html", str(path))
    return path


def decided(page: Any) -> dict[str, str]:
    found: dict[str, str] = page.evaluate("Object.fromEntries(decisions)")
    return found


def of_kinds(home: Any, kinds: set[str]) -> set[str]:
    return {action.id for action in home.plan.actions if kind_of(action) in kinds}


def test_only_what_needs_a_person_is_queued_and_the_rest_is_folded(page, home, exported):
    opened(page, exported.as_uri())
    kinds = set(kinds_to_review(home.plan))
    assert set(page.evaluate("queue.flatMap((group) => group.actions)")) == of_kinds(home, kinds)
    assert page.evaluate("queue[0].kind") == "delete_remote", "dangerous first, across boards"
    section = page.locator('section[data-kind="download"]')
    expect(section.locator(".card")).to_have_count(0)
    section.get_by_role("button", name="Show Download").click()
    expect(section.locator(".card")).to_have_count(len(ids(home, "download")))
    assert page.evaluate("queue.some((group) => group.kind === 'download')")


def becomes(page: Any, wanted: dict[str, str]) -> None:
    """What is decided, at once or in a moment: a busy computer takes its time between a key and what it does."""
    for _ in range(100):
        if decided(page) == wanted:
            break
        page.wait_for_timeout(50)
    assert decided(page) == wanted


def test_a_kind_is_decided_at_once_after_its_consequence_was_shown_and_undone_after_a_reload(page, home, exported):
    opened(page, exported.as_uri())
    page.get_by_role("button", name="Skip all of Remove duplicates").click()
    question = page.locator("#question")
    assert "Applied then, the plan" in question.inner_text()
    assert decided(page) == {}, "nothing counts before it is confirmed"
    question.get_by_role("button", name="Skip").click()
    dupes = dict.fromkeys(ids(home, "dedupe"), "skip")
    becomes(page, dupes)
    page.reload()
    page.wait_for_selector(READY)
    becomes(page, dupes)
    page.locator("#undo").click()
    becomes(page, {})
    page.reload()
    page.wait_for_selector(READY)
    page.keyboard.press("y")
    becomes(page, dupes)


def test_a_board_of_a_kind_is_decided_at_once_and_left_undecided_again(page, home, exported):
    opened(page, exported.as_uri())
    board = home.plan.snapshots.remote.boards[1].name
    on_it = [a.id for a in home.plan.actions if kind_of(a) == "dedupe" and a.address.startswith("Other")]
    assert 1 < len(on_it) < len(ids(home, "dedupe"))
    page.get_by_role("button", name=f"Approve all of the board {board}: Remove duplicates").click()
    page.locator("#question").get_by_role("button", name="Approve").click()
    becomes(page, dict.fromkeys(on_it, "approve"))
    page.get_by_role("button", name="Leave all of Remove duplicates undecided").click()
    page.locator("#question").get_by_role("button", name="Leave undecided").click()
    becomes(page, {})


def test_what_is_marked_is_decided_together(page, home, exported):
    opened(page, exported.as_uri())
    page.evaluate("fillAll()")
    page.evaluate("select(queue[0])")
    page.keyboard.press("x")
    page.locator(".card").nth(2).locator("h4").click(modifiers=["Shift"])
    wanted = page.evaluate("queue.slice(0, 3).flatMap((group) => group.actions)")
    page.locator("#bulk").get_by_role("button", name="Skip").click()
    page.locator("#question").get_by_role("button", name="Skip").click()
    assert decided(page) == dict.fromkeys(wanted, "skip")
    expect(page.locator(".card.marked")).to_have_count(0)


def test_duplicates_are_decided_by_rule(page, home, exported):
    opened(page, exported.as_uri())
    page.locator('.tile[data-kind="dedupe"]').click()
    page.get_by_label("Keep by rule").select_option("largest")
    page.locator("#question").get_by_role("button", name="Decide").click()
    assert set(decided(page)) == set(ids(home, "dedupe"))
    best = """groups.filter(isPair).every((group) => {
      const size = (one) => one.view.width * one.view.height;
      const all = members(group);
      return size(all[verdictOf(group).member]) === Math.max(...all.map(size));
    })"""
    assert page.evaluate(best)


def test_a_decision_is_found_again_in_the_list_and_taken_back(page, home, exported):
    opened(page, exported.as_uri())
    page.keyboard.press("s")
    (first,) = decided(page)
    page.get_by_role("button", name="Decided …", exact=True).click()
    page.get_by_role("button", name=f"Take back the decision about {first}").click()
    assert decided(page) == {}
    page.keyboard.press("Escape")


def test_after_the_last_decision_the_end_is_offered(page, exported):
    opened(page, exported.as_uri())
    for _ in range(page.evaluate("queue.length")):
        page.keyboard.press("s")
    page.locator("#question", has_text="All decided. Finish?").wait_for()
    page.keyboard.press("Enter")
    assert page.locator("#finish").is_visible()


@pytest.mark.parametrize("size", [(1440, 900), (3840, 2160)])
def test_the_pictures_get_the_height(browser, exported, size):
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = opened(context.new_page(), exported.as_uri())
    page.evaluate("openStage(groups.find(isPair))")
    assert page.evaluate("document.querySelector('.compare').getBoundingClientRect().height / innerHeight") >= 0.8
    assert page.evaluate("getComputedStyle(document.querySelector('.compare img')).opacity") == "1"
    page.keyboard.press("z")
    zoomed = page.evaluate("lens.scale")
    assert zoomed > 1
    page.keyboard.press("ArrowRight")
    assert page.evaluate("lens.scale") == zoomed, "zoom is kept from pair to pair"
    context.close()


def test_a_small_screen_shows_a_picture_at_once(browser, exported):
    context = browser.new_context(viewport={"width": 320, "height": 568}, has_touch=True, is_mobile=True)
    page = opened(context.new_page(), exported.as_uri())
    page.wait_for_selector(".card img")
    assert page.evaluate("document.querySelector('.card img').getBoundingClientRect().top") < 568 - 60
    page.evaluate("openStage(groups.find(isPair))")
    assert page.evaluate("document.querySelector('.compare').getBoundingClientRect().top") < 200
    context.close()


def test_focus_stays_and_decisions_are_read_out_inside_the_dialog(page, exported):
    opened(page, exported.as_uri())
    page.evaluate("openStage(groups.find(isPair))")
    button = page.locator("#stage").get_by_role("button", name="Keep all")
    button.focus()
    page.keyboard.press("Enter")
    assert page.locator("#stage .live").inner_text() == "Kept all"
    assert page.evaluate("document.activeElement.dataset.does") == "skip"
    assert all(page.evaluate("[...document.querySelectorAll('.card')].map((card) => card.getAttribute('aria-label'))"))


def test_keys_of_one_letter_can_be_switched_off(page, exported):
    opened(page, exported.as_uri())
    page.keyboard.press("?")
    page.get_by_label("Keys of one letter decide and compare").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("s")
    assert decided(page) == {}
    page.keyboard.press("ArrowRight")
    page.evaluate("switchSingleKeys(true)")
    page.keyboard.press("s")
    assert len(decided(page)) >= 1


def test_the_queue_has_no_accessibility_violation(browser, exported):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    page = opened(context.new_page(), exported.as_uri())
    page.evaluate("mark(queue[0])")
    serious(page, "a marked group")
    page.get_by_role("button", name="Decided …", exact=True).click()
    serious(page, "the list of decisions")
    page.keyboard.press("Escape")
    page.evaluate("openStage(groups.find(isPair))")
    serious(page, "the stage")
    context.close()

"""The review by a finger, by a screen reader's names, on small windows and in forced colours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from benchmarks.page import multiplied
from pinplan.review.page.build import page_model
from pinplan.review.page.document import document
from pinplan.review.page.model import Manner
from tests.browser.test_page import opened
from tests.decision_table import plan_of

DECISIONS = 50
GROUP = "openStage(groups.find((group) => isPair(group) && group.actions.length > 2))"


@pytest.fixture(scope="module")
def many(home: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of 80 actions."""
    plan = multiplied(home.plan, 80)
    path = tmp_path_factory.mktemp("many") / "page.html"
    waits = ("download", "move_local", "replace")
    path.write_bytes(b"".join(document(page_model(plan, "plan.json", Manner(waits=waits)))))
    return path


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("group") / "page.html"
    path.write_bytes(b"".join(document(page_model(plan_of("group_of_four"), "plan.json", Manner()))))
    return path


def test_fifty_decisions_by_the_names_that_a_screen_reader_says(page, many):
    """Roles and names only: no selector, no key."""
    opened(page, many.as_uri())
    page.get_by_role("article").first.get_by_role("button", name="Look at").first.click()
    seen, length = [], page.evaluate("queue.length")
    for number in range(DECISIONS):
        dialog = page.get_by_role("dialog")
        expect(dialog).to_have_count(1)
        heading = dialog.get_by_role("heading", level=2).inner_text()
        expect(page.get_by_role("dialog", name=heading.splitlines()[-1])).to_be_visible()
        expect(dialog.get_by_text(f"{number + 1} of {length}", exact=True)).to_be_visible()
        expect(dialog.get_by_role("group", name="The images")).to_be_visible()
        wanted = ("Approve", "Skip") if number % 2 else ("Skip", "Approve")
        names = (*wanted, "Keep all", "Drop as planned")
        buttons = [dialog.get_by_role("button", name=name, exact=True) for name in names]
        next(button for button in buttons if button.count()).click()
        seen.append(dialog.get_by_role("status").first.text_content())
    assert set(seen) <= {"Approved", "Skipped", "Kept all"}
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Decided …", exact=True).click()
    groups = page.evaluate("groups.filter(decided).length")
    assert groups == DECISIONS
    expect(page.get_by_role("dialog").get_by_role("button", name="Take back")).to_have_count(
        page.evaluate("decisions.size")
    )


@pytest.mark.parametrize("size", [(1440, 900), (720, 450), (320, 568)], ids=["wide", "zoomed 200 %", "small"])
@pytest.mark.parametrize("forced", ["none", "active"])
def test_axe_finds_nothing(browser, group, size, forced):
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, forced_colors=forced, bypass_csp=True)
    page = opened(context.new_page(), group.as_uri())
    page.evaluate("fillAll()")
    clean(page, "the list")
    page.evaluate(GROUP)
    page.keyboard.press("3")
    page.evaluate(GROUP)
    clean(page, "a group on the stage")
    page.keyboard.press("d")
    clean(page, "the difference")
    page.keyboard.press("Escape")
    for key, what in (("?", "help"), ("q", "the end")):
        page.keyboard.press(key)
        clean(page, what)
        page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def clean(page: Any, what: str) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found] == [], what


def test_two_hundred_per_cent_zoom_keeps_a_picture_and_its_verdict_on_the_screen(browser, group):
    context = browser.new_context(viewport={"width": 720, "height": 450}, device_scale_factor=2)
    page = opened(context.new_page(), group.as_uri())
    page.evaluate(GROUP)
    picture = page.locator("#stage .pane").first.bounding_box()
    assert picture["y"] < 150
    assert picture["y"] + picture["height"] <= 450
    expect(page.locator("#stage .consequence")).to_be_in_viewport()
    context.close()


# -- by a finger -----------------------------------------------------------------------------------------------------


@pytest.fixture
def phone(browser: Any, many: Path) -> Any:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = opened(context.new_page(), many.as_uri())
    page.evaluate("openStage(queue.find(isPair))")
    yield page
    context.close()


def touch(page: Any, *moments: list[tuple[float, float]]) -> None:
    """Fingers on the screen, one list of places for each moment; the last one lifts them."""
    session = page.context.new_cdp_session(page)
    for number, places in enumerate(moments):
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
        session.send(
            "Input.dispatchTouchEvent", {"type": "touchMove" if number else "touchStart", "touchPoints": points}
        )
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_swipe_goes_to_the_next_one_and_back(phone):
    start = phone.evaluate("queue.indexOf(current)")
    touch(phone, [(300, 300)], [(240, 302)], [(120, 304)], [(60, 304)])
    expect(phone.locator("#stage .position")).to_have_text(f"{start + 2} of {phone.evaluate('queue.length')}")
    touch(phone, [(60, 300)], [(140, 302)], [(240, 304)], [(320, 304)])
    expect(phone.locator("#stage .position")).to_have_text(f"{start + 1} of {phone.evaluate('queue.length')}")


def test_two_fingers_zoom_both_pictures_and_the_next_pair_keeps_it(phone):
    touch(phone, [(90, 300), (110, 300)], [(80, 300), (120, 300)], [(60, 300), (140, 300)], [(40, 300), (160, 300)])
    scale = phone.evaluate("lens.scale")
    assert 2 < scale <= 16
    shown = "[...document.querySelectorAll('#stage .layer')].map((layer) => new DOMMatrix(layer.style.transform).a)"
    assert phone.evaluate(shown) == [pytest.approx(scale)] * 2
    assert phone.evaluate("lens.x") < 0, "around the fingers"
    start = phone.evaluate("queue.indexOf(current)")
    touch(phone, [(300, 300)], [(120, 304)], [(60, 304)])
    assert phone.evaluate("queue.indexOf(current)") == start, "one finger pans what is zoomed"
    phone.get_by_role("button", name="Next").tap()
    assert phone.evaluate("lens.scale") == scale
    phone.get_by_role("button", name="Fit").tap()
    assert phone.evaluate("lens.scale") == 1


def test_every_target_is_large_enough_for_a_finger(phone):
    sizes = "(all) => all.map((one) => one.getBoundingClientRect()).map((box) => Math.min(box.width, box.height))"
    assert min(phone.locator("#stage button:visible").evaluate_all(sizes)) >= 44
    phone.get_by_role("button", name="Close").tap()
    for what in (".bar button:visible", ".card .choice:visible", ".bar select:visible", ".tile:visible"):
        assert min(phone.locator(what).evaluate_all(sizes)) >= 44, what

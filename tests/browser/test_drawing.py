"""Every kind of action is drawn everywhere, and what cannot be drawn says so instead of taking the rest with it."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from pinplan.actions import KINDS
from pinplan.actions.pairs import Pair
from pinplan.model.ids import ActionId
from pinplan.plan.document import Plan, kind_of, summarise
from pinplan.records.plan_file import read_plan, with_digest
from pinplan.render.effects import of_one
from pinplan.render.text_safety import plain
from pinplan.review.page.build import page_model
from pinplan.review.page.document import document
from pinplan.review.page.model import Manner
from tests.browser.test_page import opened

FIXTURES = Path(__file__).parents[2] / "fixtures"


def plan_of_every_kind() -> Plan:
    """At most three actions of each kind, from all plans of the fixtures."""
    files = sorted((FIXTURES / "plans" / "v1").iterdir())
    plans = [read_plan(path) for path in files]
    golden = sorted(path for folder in ("scenarios", "decisions") for path in (FIXTURES / folder).glob("*/plan.json"))
    plans += [msgspec.json.decode(path.read_bytes(), type=Plan) for path in golden]
    pool = sorted(
        (action for plan in plans for action in plan.actions), key=lambda action: list(KINDS).index(kind_of(action))
    )
    chosen = [action for _, of_kind in groupby(pool, kind_of) for action in list(of_kind)[:3]]
    actions = tuple(replace(one, id=ActionId(f"{n:04}"), requires=()) for n, one in enumerate(chosen, 1))
    return with_digest(replace(plans[-1], actions=actions, summary=summarise(actions)))


@pytest.fixture
def every_kind(tmp_path: Path) -> tuple[Path, Plan]:
    plan = plan_of_every_kind()
    assert {kind_of(action) for action in plan.actions} == set(KINDS)
    path = tmp_path / "page.html"
    path.write_bytes(b"".join(document(page_model(plan, "plan.json", Manner(show="pinplan show plan.json")))))
    return path, plan


def drawn(page: Any) -> set[str]:
    """The actions of the cards that are there, and visible."""
    cards = (
        "[...document.querySelectorAll('.card')].filter((card) => card.checkVisibility() && card.querySelector('h4'))"
    )
    return set(page.evaluate(f"{cards}.flatMap((card) => groups[card.dataset.group].actions)"))


def test_every_kind_is_drawn_in_list_stage_and_print(page, every_kind):
    path, plan = every_kind
    opened(page, path.as_uri())
    page.evaluate("fillAll()")
    everything = {str(action.id) for action in plan.actions}
    assert drawn(page) == everything
    for number in range(page.evaluate("groups.length")):
        page.evaluate(f"openStage(groups[{number}])")
        assert page.locator("#stage .facts").is_visible()
        assert page.locator("#stage .consequence").inner_text()
        page.evaluate("closeStage()")
    assert page.evaluate("undrawn.size + faults.length") == 0
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert drawn(page) == everything
    assert len(page.pdf()) > 20_000


@pytest.mark.promise("I31")
def test_a_card_says_what_would_be_done_on_pinterest(page, every_kind):
    path, plan = every_kind
    opened(page, path.as_uri())
    page.evaluate("fillAll()")
    writes = [action for action in plan.actions if action.trait.scopes and not isinstance(action, Pair)]
    assert {kind_of(action) for action in writes} > {"move_remote", "create_board", "rename_section", "upload", "post"}
    card = "[...document.querySelectorAll('.card')].find((card) => groups[card.dataset.group].actions.includes(id))"
    for action in writes:
        shown = page.evaluate(f"(id) => ({card}).querySelector('.consequence')?.textContent", action.id)
        assert shown == plain(of_one(action))


def test_every_kind_is_drawn_on_a_phone(browser, every_kind):
    path, plan = every_kind
    context = browser.new_context(viewport={"width": 320, "height": 568}, has_touch=True, is_mobile=True)
    page = opened(context.new_page(), path.as_uri())
    page.evaluate("fillAll()")
    assert drawn(page) == {str(action.id) for action in plan.actions}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_what_cannot_be_drawn_is_a_card_that_says_so_and_is_not_approved(page, every_kind):
    path, plan = every_kind
    broken = next(action.id for action in plan.actions if kind_of(action) == "download")
    opened(page, path.as_uri())
    page.evaluate(f"model.actions['{broken}'].views = 7; drawList(); fillAll()")
    card = page.locator(".card", has_text=f"Action {broken} cannot be shown")
    card.scroll_into_view_if_needed()
    assert "As text: pinplan show plan.json" in (card.text_content() or "")
    assert drawn(page) == {str(action.id) for action in plan.actions} - {str(broken)}
    expect(card.get_by_role("button", name="Approve")).to_have_count(0)
    page.evaluate(f"select(groupOf.get('{broken}'))")
    page.keyboard.press("a")
    assert page.evaluate(f"decisions.get('{broken}')") is None
    page.keyboard.press("Enter")
    assert page.locator("#stage", has_text="cannot be shown").is_visible()
    for key in ("d", "f", "z"):
        page.keyboard.press(key)
    page.evaluate("dispatchEvent(new Event('blur'))")
    page.keyboard.press("Escape")
    card.get_by_role("button", name="Skip").click()
    assert page.evaluate(f"decisions.get('{broken}')") == "skip"
    assert page.evaluate("faults.length") == 0


def test_texts_in_which_two_pins_differ_are_shown_beside_each_other(page, every_kind):
    path, plan = every_kind
    pair = next(action.id for action in plan.actions if kind_of(action) == "dedupe")
    opened(page, path.as_uri())
    page.evaluate(
        """(id) => {
            const same = { name: "board", value: "Cats" };
            model.actions[id].rival_facts = [{ name: "title", value: "A cat" }, same];
            model.actions[id].facts = [{ name: "title", value: "A tomcat" }, same];
            openStage(groupOf.get(id));
        }""",
        pair,
    )
    rows = page.locator("#stage .facts tbody tr")
    assert "title|A cat|A tomcat" in ["|".join(row.locator("th, td").all_inner_texts()) for row in rows.all()]
    expect(rows.filter(has_text="Cats")).to_have_count(0)


@pytest.mark.parametrize(
    "how", ["setTimeout(() => { throw new Error('odd'); })", "Promise.reject(new Error('odd')); 0"]
)
def test_a_script_that_fails_says_so_and_nothing_is_finished(browser, every_kind, how):
    context = browser.new_context()
    page = opened(context.new_page(), every_kind[0].as_uri())
    page.evaluate(how)
    page.get_by_role("alert").filter(has_text="This page has failed (odd)").wait_for()
    assert page.locator("#end").is_disabled()
    page.keyboard.press("q")
    assert not page.locator("#finish").is_visible()
    context.close()


def test_a_page_that_fails_before_it_is_drawn_says_so(browser, every_kind):
    path, _ = every_kind
    path.write_text(path.read_text("utf-8").replace('"boards":[', '"boards":7,"were":[', 1), "utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.goto(path.as_uri())
    page.get_by_role("alert").filter(has_text="This page has failed").wait_for()
    context.close()

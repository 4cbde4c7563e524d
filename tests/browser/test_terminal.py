"""The same presses on the page and in the terminal: the same decisions, and the same apply."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("textual")

from pinplan.review.page.build import grouped
from pinplan.review.session import Session
from pinplan.review.terminal import held_keys
from pinplan.review.terminal.app import ReviewApp
from pinplan.review.thumbnails import FetchedImages, ImageSources
from tests.browser.test_page import opened, until
from tests.fakes import FakeClock

# Keys with the number of actions in the group that each is pressed on: what a person does, some of it undone.
PRESSES = (
    ("a", 1, 0),
    ("3", 2, 0),
    ("u", 2, 0),
    ("2", 2, 0),
    ("n", 1, 1),
    ("k", 1, 2),
    ("2", 1, 3),
    ("u", 1, 3),
    ("y", 1, 3),
)


def pressed_on(plan):
    """The first action of the group of each press."""
    queued = [group for group in grouped(plan)[0] if group.kind in {"delete_remote", "dedupe"}]
    return [[group for group in queued if len(group.actions) == size][number].actions[0] for _, size, number in PRESSES]


def in_the_terminal(plan, path):
    app = ReviewApp(Session(plan, path, FakeClock()), plan, "plan.json", FetchedImages(ImageSources()))

    async def run():
        async with app.run_test(size=(100, 30)) as pilot:
            for (key, _, _), name in zip(PRESSES, pressed_on(plan), strict=True):
                app.review.go_to(app.queue.group_of(name))
                await pilot.press(key)
                await pilot.pause()

    # In a thread of its own: a loop of playwright's runs in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(run())).result(60)


def on_the_page(page, review, path):
    opened(page, review.url)
    for (key, _, _), name in zip(PRESSES, pressed_on(review.plan), strict=True):
        page.evaluate(f"select(groupOf.get('{name}'))")
        page.keyboard.press(key)
    until(page, "allSaved()")
    return json.loads(path.read_text())


@pytest.mark.promise("I11")
def test_the_terminal_decides_what_the_page_decides_and_an_apply_does_that(
    page, own_home, reviewing_of, tmp_path, monkeypatch
):
    monkeypatch.setattr(held_keys, "QUICK", 0.0)
    one, other = tmp_path / "page.json", tmp_path / "terminal.json"
    with reviewing_of(own_home, one) as review:
        review.plan = own_home.plan
        by_the_page = on_the_page(page, review, one)
    in_the_terminal(own_home.plan, other)
    by_the_terminal = json.loads(other.read_text())
    assert by_the_terminal["decisions"] == by_the_page["decisions"]
    assert by_the_terminal["require"] == by_the_page["require"]
    assert by_the_terminal["decisions"]
    gone = {
        action.pin_id
        for action in own_home.plan.actions
        if by_the_terminal["decisions"].get(action.id, {}).get("verdict") == "approve" and action.deletes_pin
    }
    assert gone
    before = set(own_home.sandbox.world.pins)
    own_home.run("apply", "plan.json", "--decisions", str(other), "--expect-digest", own_home.plan.digest, code=3)
    left = set(own_home.sandbox.world.pins)
    assert gone <= before - left
    undecided = {action.pin_id for action in own_home.plan.actions if action.id not in by_the_terminal["decisions"]}
    assert undecided & before <= left

"""Nothing that was decided is lost, and nobody's decision is overwritten unseen: by a tab that closes, a second one, an editor, an apply."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from pinplan.plan.document import kind_of
from tests.browser.test_page import ids, opened, saved, until, verdicts


def write(path: Path, digest: str, decisions: dict[str, str]) -> None:
    """Decide by hand, as an editor or a script does."""
    entries = {name: {"verdict": verdict} for name, verdict in decisions.items()}
    document = {"format": "pinplan.decisions", "format_version": "1.0", "plan": digest, "decisions": entries}
    path.write_text(json.dumps(document, indent=2))


def decide(page: Any, action: str, verdict: str) -> None:
    page.evaluate(f"decide({{'{action}': '{verdict}'}}, 'Decided')")


@pytest.fixture
def two(home: Any) -> tuple[str, str]:
    first, second, *_ = ids(home, "download") + ids(home, "move_local") + ids(home, "replace")
    return first, second


def test_what_an_editor_writes_is_taken_over_and_shown(page, home, reviewing, tmp_path, two):
    out = tmp_path / "decisions.json"
    first, second = two
    with reviewing(out) as review:
        opened(page, review.url)
        decide(page, first, "skip")
        saved(page, out, {first: "skip"})
        write(out, home.plan.digest, {first: "skip", second: "skip"})
        page.locator("#notice", has_text="1 decision changed outside").wait_for()
        assert page.evaluate(f"decisions.get('{second}')") == "skip"
        decide(page, first, "approve")
        saved(page, out, {first: "approve", second: "skip"})


def test_a_decision_made_elsewhere_is_not_overwritten_by_one_that_has_not_seen_it(page, home, reviewing, tmp_path, two):
    out = tmp_path / "decisions.json"
    first, second = two
    with reviewing(out) as review:
        opened(page, review.url)
        page.evaluate("saving = true")
        write(out, home.plan.digest, {first: "skip"})
        decide(page, first, "approve")
        decide(page, second, "approve")
        page.evaluate("saving = false; send(); 0")
        page.locator("#notice", has_text="Decided otherwise since").wait_for()
        saved(page, out, {first: "skip", second: "approve"})
        assert page.evaluate(f"decisions.get('{first}')") == "skip"
        decide(page, first, "approve")
        saved(page, out, {first: "approve", second: "approve"})


def test_a_file_that_cannot_be_read_stops_saving_until_it_can(page, home, reviewing, tmp_path, two):
    out = tmp_path / "decisions.json"
    first, second = two
    with reviewing(out) as review:
        opened(page, review.url)
        out.write_text("{ half a file")
        decide(page, first, "skip")
        page.locator("#trouble", has_text="changed outside, and not readable").wait_for()
        assert "1 not saved" in page.locator("#saved").inner_text()
        assert out.read_text() == "{ half a file"
        write(out, home.plan.digest, {second: "skip"})
        saved(page, out, {first: "skip", second: "skip"})
        assert page.locator("#trouble").is_hidden()


def test_two_tabs_show_the_same(page, reviewing, tmp_path, two):
    out = tmp_path / "decisions.json"
    first, second = two
    with reviewing(out) as review:
        opened(page, review.url)
        other = opened(page.context.new_page(), review.url)
        decide(page, first, "skip")
        saved(page, out, {first: "skip"})
        decide(other, second, "skip")
        until(other, f"decisions.get('{first}') === 'skip'")
        page.bring_to_front()
        page.evaluate("look(); 0")
        until(page, f"decisions.get('{second}') === 'skip'")
        assert verdicts(out) == {first: "skip", second: "skip"}


def test_a_plan_that_is_applied_meanwhile_is_no_longer_decided_about(page, own_home, reviewing_of, tmp_path):
    out = tmp_path / "decisions.json"
    skipped = [action.id for action in own_home.plan.actions if action.deletes_pin or kind_of(action) == "delete_local"]
    with reviewing_of(own_home, out) as review:
        opened(page, review.url)
        page.evaluate(f"decide(Object.fromEntries({json.dumps(skipped)}.map((id) => [id, 'skip'])), 'Skipped')")
        saved(page, out, dict.fromkeys(skipped, "skip"))
        own_home.run("apply", "plan.json", "--decisions", str(out))
        page.locator(".banner", has_text="Read-only: plan applied in run").wait_for()
        assert page.get_by_role("button", name="Approve").all_inner_texts() == []
        before = out.read_text()
        decide(page, skipped[0], "approve")
        assert page.evaluate(f"decisions.get('{skipped[0]}')") == "skip"
    assert out.read_text() == before


def test_a_tab_that_is_closed_while_the_disk_stalls_loses_nothing(browser, home, reviewing, tmp_path):
    out = tmp_path / "decisions.json"
    context = browser.new_context()
    page = context.new_page()
    with reviewing(out) as review:
        opened(page, review.url)
        os.kill(review.process.pid, signal.SIGSTOP)
        try:
            for _ in range(6):
                page.keyboard.press("s")
            decided = page.evaluate("Object.fromEntries(decisions)")
            assert "saving 6" in page.locator("#saved").inner_text() or len(decided) > 6
            page.close()
        finally:
            os.kill(review.process.pid, signal.SIGCONT)
        again = opened(context.new_page(), review.url)
        until(again, "allSaved()")
        assert len(decided) >= 6
        assert verdicts(out) == decided
    context.close()


def test_closing_a_page_with_unsaved_decisions_asks_first(browser, reviewing, tmp_path):
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []

    def leave(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.accept()

    with reviewing(tmp_path / "decisions.json") as review:
        opened(page, review.url)
        page.on("dialog", leave)
        os.kill(review.process.pid, signal.SIGSTOP)
        try:
            page.locator("#counter").click()
            page.keyboard.press("s")
            page.close(run_before_unload=True)
            page.wait_for_event("close")
        finally:
            os.kill(review.process.pid, signal.SIGCONT)
    assert asked == ["beforeunload"]
    context.close()


def test_an_open_tab_finds_a_review_that_was_started_again(page, reviewing, tmp_path, two):
    out = tmp_path / "decisions.json"
    first, second = two
    with reviewing(out) as review:
        opened(page, review.url)
        decide(page, first, "skip")
        saved(page, out, {first: "skip"})
        review.process.kill()
        review.process.communicate()
        decide(page, second, "skip")
        page.locator("#trouble", has_text="not responding").wait_for()
    with reviewing(out) as again:
        assert again.url == review.url
        saved(page, out, {first: "skip", second: "skip"})
        assert page.locator("#trouble").is_hidden()


TOGETHER = """() => {
  const all = performance.getEntriesByType("resource").filter((one) => one.name.includes("/thumb/"));
  const images = all.filter((one, at) => all.findIndex((other) => other.name === one.name) === at); // not from the cache
  return Math.max(...images.map(({ fetchStart: at }) => images.filter((one) => one.fetchStart <= at && at < one.responseEnd).length));
}"""


def test_no_more_than_three_images_are_asked_for_at_a_time(page, reviewing):
    with reviewing() as review:
        opened(page, review.url)
        page.evaluate("fillAll()")
        until(page, "[...document.querySelectorAll('.card img')].every((image) => image.naturalWidth > 0)")
        assert 1 <= page.evaluate(TOGETHER) <= 3

"""Nothing that deletes happens unseen: however a review ends, and whatever was decided of the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from pinplan.plan.decisions import kinds_to_review
from pinplan.records.decisions_file import read_decisions
from tests.browser.test_page import ids, opened, saved, until, verdicts


def deleting(home: Any) -> set[str]:
    kinds = set(kinds_to_review(home.plan))
    assert kinds == {"delete_local", "delete_remote", "dedupe"}
    return {action.id for kind in kinds for action in home.plan.actions if action.id in ids(home, kind)}


def files_of(home: Any) -> set[str]:
    return {str(path) for path in home.path.rglob("*.jpg") if ".pinplan" not in path.parts}


@pytest.mark.promise("I11")
@pytest.mark.parametrize("end", ["terminate", "kill"])
def test_a_review_that_ends_half_way_deletes_nothing_that_nobody_saw(page, own_home, reviewing_of, tmp_path, end):
    out = tmp_path / "decisions.json"
    (approved,) = ids(own_home, "delete_remote")
    with reviewing_of(own_home, out) as review:
        opened(page, review.url)
        page.evaluate(f"decide({{'{approved}': 'approve'}}, 'Approved')")
        saved(page, out, {approved: "approve"})
        getattr(review.process, end)()
        review.process.communicate()
    before, pins = files_of(own_home), len(own_home.sandbox.world.pins)
    own_home.run("apply", "plan.json", "--decisions", str(out), "--expect-digest", own_home.plan.digest, code=3)
    assert before <= files_of(own_home) | {str(own_home.path / name) for name in moved(own_home)}
    assert len(own_home.sandbox.world.pins) == pins - 1, "only the pin that was approved"


def moved(home: Any) -> set[str]:
    return {way[0] for action in home.plan.actions if (way := action.moves()) is not None}


def test_finish_lists_what_nobody_saw_and_skips_it(page, home, reviewing, tmp_path):
    out = tmp_path / "decisions.json"
    with reviewing(out) as review:
        opened(page, review.url)
        page.keyboard.press("q")
        unseen = len(deleting(home))
        finish = page.locator("#finish")
        finish.get_by_text(f"{unseen} undecided actions that delete or publish will be skipped").wait_for()
        finish.locator("summary").click()
        expect(finish.locator("li")).to_have_count(unseen)
        assert "deletes" not in finish.locator(".sentence").inner_text()
        finish.get_by_role("button", name="Save decisions and finish").click()
        page.get_by_role("heading", name="Decisions saved").wait_for()
        said = review.ends()
    assert verdicts(out) == dict.fromkeys(deleting(home), "skip")
    assert read_decisions(out, home.plan).required == {"delete_local", "delete_remote", "dedupe"}
    assert "deletes" not in said


def test_what_nobody_saw_is_approved_on_one_explicit_press(page, home, reviewing, tmp_path):
    out = tmp_path / "decisions.json"
    with reviewing(out) as review:
        opened(page, review.url)
        page.keyboard.press("q")
        page.locator("#finish").get_by_role("button", name="unseen").click()
        saved(page, out, dict.fromkeys(deleting(home), "approve"))
        expect(page.locator("#finish .unseen-part")).to_have_count(0)
        page.locator("#finish .sentence", has_text="deletes").wait_for()
        page.get_by_role("button", name="Save decisions and finish").click()
        page.get_by_role("heading", name="Decisions saved").wait_for()
        review.ends()
    assert verdicts(out) == dict.fromkeys(deleting(home), "approve")


def test_the_top_line_says_what_an_apply_would_do_now(page, home, reviewing, tmp_path):
    with reviewing(tmp_path / "decisions.json") as review:
        opened(page, review.url)
        line = page.locator("#applied")
        assert "deletes" not in line.inner_text()
        assert f"{len(deleting(home))} actions wait for you" in line.inner_text()
        doomed = json.dumps(dict.fromkeys(deleting(home), "approve"))
        page.evaluate(f"decide({doomed}, 'Approved')")
        pins = sum(action.deletes_pin for action in home.plan.actions)
        files = sum(action.trashes_file for action in home.plan.actions)
        assert f"deletes {pins} pins" in line.inner_text()
        assert f"moves {files} files to the trash" in line.inner_text()
        assert "downloads 1" in line.inner_text()
        assert "wait" not in line.inner_text()


def test_a_page_that_is_exported_half_way_says_which_kinds_wait(page, home, tmp_path):
    path = tmp_path / "page.html"
    home.run("show", "plan.json", "--html", str(path))
    opened(page, path.as_uri())
    document = json.loads(page.evaluate("decisionsFile()"))
    assert document["format_version"] == "1.1"
    assert document["require"] == ["delete_local", "delete_remote", "dedupe"]
    page.keyboard.press("q")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save decisions.json").click()
    target = tmp_path / "decisions.json"
    download.value.save_as(target)
    assert read_decisions(target, home.plan).required == set(document["require"])
    assert set(verdicts(target)) == deleting(home)


def test_who_decided_and_why_is_in_the_file_the_audit_log_and_explain(page, own_home, reviewing_of, tmp_path):
    out = tmp_path / "decisions.json"
    (kept,) = ids(own_home, "delete_local")
    with reviewing_of(own_home, out, "--reviewer", "Anna") as review:
        opened(page, review.url)
        page.evaluate(f"select(groupOf.get('{kept}')); openStage(current)")
        page.get_by_label("Note").fill("of my mother")
        page.locator("#stage").get_by_role("button", name="Skip").click()
        saved(page, out, {kept: "skip"})
        page.keyboard.press("q")
        page.get_by_role("button", name="Save decisions and finish").click()
        review.ends()
    document = json.loads(Path(out).read_text("utf-8"))
    assert document["reviewer"] == "Anna"
    assert document["decisions"][kept] == {"verdict": "skip", "note": "of my mother"}
    own_home.run("apply", "plan.json", "--decisions", str(out))
    action = next(action for action in own_home.plan.actions if action.id == kept)
    assert "by Anna: of my mother" in own_home.run("explain", action.pin_id)
    assert "reviewer=Anna" in own_home.run("audit", "show")


def test_a_note_that_is_written_after_the_decision_is_saved_with_it(page, home, reviewing, tmp_path):
    out = tmp_path / "decisions.json"
    (kept,) = ids(home, "delete_local")
    with reviewing(out) as review:
        opened(page, review.url)
        page.evaluate(f"select(groupOf.get('{kept}')); openStage(current); decide({{'{kept}': 'skip'}}, '')")
        page.get_by_label("Note").fill("later")
        page.get_by_label("Note").press("Enter")
        until(page, "allSaved()")
        assert json.loads(out.read_text("utf-8"))["decisions"][kept]["note"] == "later"
        page.reload()
        page.wait_for_selector("html[data-ready]")
        assert page.evaluate(f"notes.get('{kept}')") == "later"

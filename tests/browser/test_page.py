"""The page of a plan, used as a person uses it: by keys alone, by mouse alone, on a phone, with much of it, and with bad intent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from benchmarks.page import multiplied, timings
from benchmarks.plans import HOSTILE
from pinplan.actions import Dedupe
from pinplan.plan.decision_rules import DecisionOutcome
from pinplan.plan.decisions import Choice
from pinplan.plan.document import kind_of
from pinplan.records.decisions_file import read_decisions
from pinplan.review.page.build import page_model
from pinplan.review.page.document import document
from pinplan.review.page.model import Manner

READY = "html[data-ready]"


def opened(page: Any, url: str) -> Any:
    page.goto(url)
    page.wait_for_selector(READY)
    return page


def until(page: Any, condition: str) -> None:
    """Wait; Playwright's own way evaluates text as a script, which the page's policy forbids."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


def only(page: Any, kind: str) -> None:
    page.locator(f'.tile[data-kind="{kind}"]').click()


def ids(home: Any, kind: str) -> list[str]:
    return [action.id for action in home.plan.actions if kind_of(action) == kind]


def group_of(home: Any, number: int) -> list[str]:
    """The actions of a group of duplicates with so many of them."""
    groups: dict[str, list[str]] = {}
    for action in home.plan.actions:
        if isinstance(action, Dedupe):
            groups.setdefault(action.keeper.pin.pin_id, []).append(action.id)
    return next(group for group in groups.values() if len(group) == number)


def verdicts(path: Path) -> dict[str, str]:
    entries = json.loads(path.read_text("utf-8"))["decisions"]
    return {
        name: ":".join(entry[key] for key in ("verdict", "keep") if key in entry) for name, entry in entries.items()
    }


def saved(page: Any, path: Path, wanted: dict[str, str]) -> None:
    until(page, "allSaved()")
    assert {name: verdicts(path).get(name) for name in wanted} == wanted


def tab_to(page: Any, words: str) -> None:
    for _ in range(8):
        if page.evaluate("document.activeElement.textContent").startswith(words):
            return
        page.keyboard.press("Tab")
    raise AssertionError(words)


def test_somebody_with_a_keyboard_alone_decides_and_ends(page, home, reviewing, tmp_path):
    out = tmp_path / "decisions.json"
    with reviewing(out) as review:
        opened(page, review.url)
        press = page.keyboard.press
        press("ArrowRight")
        press("ArrowLeft")
        for _ in range(40):
            if page.evaluate("isPair(current) && current.actions.length === 2"):
                break
            press("ArrowRight")
        first, second = group_of(home, 2)
        press("Enter")
        assert page.locator("#stage").is_visible()
        press("3")
        (kept,) = (action.pin_id for action in home.plan.actions if action.id == second)
        saved(page, out, {first: f"swap:{kept}", second: "swap"})
        press("Escape")
        press("u")
        until(page, "!decisions.size && allSaved()")
        assert page.evaluate("current.actions.length") == 2
        press("n")
        saved(page, out, {first: "different", second: "different"})
        press("ArrowLeft")
        press("k")
        press("u")
        (delete,) = ids(home, "delete_remote")
        page.evaluate(f"select(groupOf.get('{delete}'))")
        press("s")
        saved(page, out, {delete: "skip"})
        press("?")
        assert page.locator("#help").is_visible()
        press("?")
        press("q")
        tab_to(page, "Approve all")
        press("Enter")
        page.locator("#finish .sentence").filter(has_text="deletes").wait_for()
        shown = page.locator("#finish .sentence").inner_text()
        by_the_page = page.evaluate("sentence(countsUnder(decisions))")
        tab_to(page, "Save")
        press("Enter")
        page.get_by_role("heading", name="Decisions saved").wait_for()
        said = review.ends()
    assert shown.rstrip(".") in said
    assert by_the_page == shown.rstrip(".")
    assert f"pinplan apply plan.json --decisions {out}" in said
    assert "without their saves and comments" in said
    unseen = dict.fromkeys([*ids(home, "dedupe"), *ids(home, "delete_local")], "approve")
    assert verdicts(out) == {**unseen, first: "different", second: "different", delete: "skip"}
    assert out.stat().st_mode & 0o777 == 0o600
    assert read_decisions(out, home.plan).plan == home.plan.digest


def test_somebody_with_a_mouse_alone_decides_and_ends(page, home, reviewing, tmp_path):
    out = tmp_path / "decisions.json"
    with reviewing(out) as review:
        opened(page, review.url)
        only(page, "delete_local")
        (trashed,) = ids(home, "delete_local")
        page.get_by_role("button", name="Skip").click()
        saved(page, out, {trashed: "skip"})
        only(page, "dedupe")
        card = page.locator(".card.pair").filter(has=page.locator("figure").nth(2)).first
        card.locator(".look").nth(2).click()
        first, second = group_of(home, 2)
        page.get_by_role("button", name="Keep number 2").click()
        (kept,) = (action.pin_id for action in home.plan.actions if action.id == first)
        saved(page, out, {first: "swap", second: f"swap:{kept}"})
        assert page.evaluate("current.actions.length") == 1, "a click goes on as a key does"
        page.get_by_role("button", name="Close").click()
        page.locator("#undo").click()
        until(page, "decisions.size === 1")
        page.get_by_role("button", name="exact duplicates").click()
        exact = [
            a.id
            for a in home.plan.actions
            if isinstance(a, Dedupe) and a.evidence.alike.tier == "exact" and a.id not in (first, second)
        ]
        saved(page, out, dict.fromkeys(exact, "approve"))
        assert set(verdicts(out)) == {trashed, *exact}, "no duplicate that is less than exact was approved with them"
        page.locator("#end").click()
        page.get_by_label("undecided action").check()
        page.locator("#finish .sentence").filter(has_text=f"deletes {len(exact)} pins").wait_for()
        page.get_by_role("button", name="Save decisions and finish").click()
        page.get_by_role("heading", name="Decisions saved").wait_for()
        review.ends()
    assert len(verdicts(out)) == len(home.plan.actions)
    assert {name for name, verdict in verdicts(out).items() if verdict == "approve"} == set(exact)


def test_decisions_and_place_survive_a_restart(browser, home, reviewing, tmp_path):
    out = tmp_path / "decisions.json"
    context = browser.new_context()
    page = context.new_page()
    with reviewing(out) as review:
        opened(page, review.url)
        page.keyboard.press("s")
        page.keyboard.press("ArrowRight")
        at = page.evaluate("current.actions[0]")
        until(page, "allSaved()")
        review.process.kill()
        review.process.communicate()
        page.keyboard.press("a")
        page.locator("#trouble").filter(has_text="is not responding").wait_for()
    before = page.evaluate("Object.fromEntries(decisions)")
    with reviewing(out) as review:
        saved(page, out, before)
        assert len(before) > 1
        opened(page, review.url)
        assert page.evaluate("Object.fromEntries(decisions)") == before
        assert page.locator("#counter").inner_text().startswith("2 of ")
        assert page.evaluate("current.actions[0]") in {at, page.evaluate("remembered().at")}
        page.reload()
        page.wait_for_selector(READY)
        assert page.evaluate("Object.fromEntries(decisions)") == before
    context.close()


def test_two_are_compared_in_every_way(page, home, reviewing):
    with reviewing() as review:
        opened(page, review.url)
        only(page, "dedupe")
        page.locator(".card.pair").filter(has_text="confirmed").last.locator(".look").first.click()
        assert page.locator("#stage .verdicts").inner_text().split()[0] == "KEEP"
        until(page, "[...document.querySelectorAll('.compare img')].every((image) => image.naturalWidth > 0)")
        expect(page.locator("#stage .pane")).to_have_count(2)
        page.keyboard.press("z")
        moved = page.evaluate("[...document.querySelectorAll('.compare .layer')].map((layer) => layer.style.transform)")
        assert len(set(moved)) == 1
        assert "scale(1)" not in moved[0], "both are zoomed, by the same"
        page.keyboard.press("z")
        page.keyboard.press("l")
        page.locator("#stage input[type=range]").fill("25")
        assert "25%" in page.locator("#stage .layer1").evaluate("(layer) => layer.style.clipPath")
        page.keyboard.press("o")
        assert page.locator("#stage .layer1").evaluate("(layer) => layer.style.opacity") == "0.25"
        page.keyboard.press("d")
        page.locator("#stage .note").filter(has_text="% of pixels").wait_for()
        page.keyboard.press("d")
        page.keyboard.down("f")
        assert page.locator("#stage .layer0").evaluate("(layer) => getComputedStyle(layer).visibility") == "hidden"
        page.wait_for_timeout(400)
        page.keyboard.up("f")
        expect(page.locator("#stage .pane"), "held, it shows as long").to_have_count(2)
        page.keyboard.press("f")
        expect(page.locator("#stage .flicker"), "a tap stays").to_have_count(1)
        page.keyboard.press("f")
        expect(page.locator("#stage .pane")).to_have_count(2)
        table = page.locator("#stage table").inner_text()
        assert "pixels" in table
        assert "file" in table


def test_a_phone_shows_all_of_it(browser, home, reviewing, tmp_path):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    with reviewing(tmp_path / "d.json") as review:
        opened(page, review.url)
        fits = "document.documentElement.scrollWidth <= innerWidth"
        assert page.evaluate(fits)
        page.locator('.tile[data-kind="dedupe"]').tap()
        page.locator(".card.pair .look").first.tap()
        assert page.evaluate(fits)
        heights = page.locator("#stage button:visible").evaluate_all(
            "(all) => all.map((one) => one.getBoundingClientRect().height)"
        )
        assert min(heights) >= 44
        page.locator("#stage .stage-foot").get_by_role("button", name="Keep all").tap()
        page.get_by_role("button", name="Next").tap()
        page.get_by_role("button", name="Close").tap()
        until(page, "allSaved() && decisions.size > 0")
    assert set(verdicts(tmp_path / "d.json").values()) == {"skip"}
    context.close()


@pytest.fixture(scope="module")
def exported(home: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("html") / "page.html"
    home.run("show", "plan.json", "--html", str(path))
    return path


@pytest.mark.promise("I28")
def test_the_file_needs_nothing_and_its_decisions_are_good(page, home, exported, tmp_path):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.set_offline(True)
    opened(page, exported.as_uri())
    only(page, "dedupe")
    until(page, "[...document.querySelectorAll('.card img')].every((image) => image.naturalWidth > 0)")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("n")
    page.keyboard.press("q")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save decisions.json").click()
    target = tmp_path / "decisions.json"
    download.value.save_as(target)
    assert {url.split(":")[0] for url in asked} <= {"file", "data", "blob"}
    assert [url for url in asked if url.startswith("file")] == [exported.as_uri()]
    found = read_decisions(target, home.plan)
    assert {decision.verdict for decision in found.decisions.values()} == {Choice.DIFFERENT, Choice.SKIP}
    assert "pinplan apply plan.json --decisions decisions.json" in page.locator("#finish").inner_text()


@pytest.mark.promise("I27")
@pytest.mark.promise("I28")
def test_a_title_that_means_harm_changes_nothing(page, home, exported, reviewing):
    assert home.environment["PINPLAN_ACCESS_TOKEN"] not in exported.read_text("utf-8").replace("sandbox serve", "")
    with reviewing() as review:
        for url in (exported.as_uri(), review.url):
            opened(page, url)
            only(page, "dedupe")
            page.evaluate("fillAll()")
            page.locator("h4", has_text="<script>document.title").first.wait_for()
            page.evaluate(
                "groups.forEach((group) => { current = group; drawStage(); stage().querySelectorAll('a').length; })"
            )
            assert page.title() == "pinplan: plan.json"
            links = page.evaluate("[...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href'))")
            assert {link.split(":")[0] for link in links if not link.startswith("#")} == {"https"}
            text = page.locator("#top, #main").all_text_contents()
            assert not {"\u202e", "\x1b"} & set("".join(text))
            assert page.evaluate("document.scripts.length") == page.evaluate(
                "document.querySelectorAll('body > script').length"
            )
    assert "\u202e" in HOSTILE


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_has_no_serious_accessibility_violation(browser, home, exported, scheme):
    context = browser.new_context(viewport={"width": 1360, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    opened(page, exported.as_uri())
    page.evaluate("fillAll()")
    page.keyboard.press("s")
    serious(page, "the list")
    only(page, "dedupe")
    page.locator(".card.pair .look").first.click()
    serious(page, "two side by side")
    page.keyboard.press("l")
    serious(page, "the slider")
    page.keyboard.press("Escape")
    page.keyboard.press("q")
    serious(page, "the end")
    context.close()


def serious(page: Any, what: str) -> None:
    found = Axe().run(page).response["violations"]
    bad = [
        (one["id"], [node["html"][:160] for node in one["nodes"][:3]])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]
    assert not bad, what


def test_two_thousand_actions_are_soon_there_and_keys_do_not_wait(page, home, tmp_path):
    path = tmp_path / "large.html"
    plan = multiplied(home.plan, 2000)
    path.write_bytes(b"".join(document(page_model(plan, "plan.json", Manner()))))
    usable, took = timings(page, path.as_uri(), keys=30)
    # The budgets of docs/performance.md are 1,000 and 50 ms; a machine that runs other tests beside is slower.
    assert usable < 5000
    assert sorted(took)[len(took) // 2] < 250
    assert page.evaluate("document.querySelectorAll('.card').length") < 400, "only what is near is drawn"
    page.get_by_label("Search in names").fill("Board 9/")
    assert page.evaluate(
        "shown.length > 0 && shown.every((group) => action(group.actions[0]).address.startsWith('Board 9/'))"
    )
    page.get_by_label("Search in names").fill("")
    page.get_by_label("State").select_option("open")
    page.get_by_label("Board", exact=True).select_option(label="Board 3")
    assert page.evaluate("new Set(shown.map((group) => group.board)).size") == 1


def test_a_plan_that_was_applied_is_shown_and_nothing_is_decided(page, home, tmp_path):
    path = tmp_path / "done.html"
    done = {action.id: DecisionOutcome.PERFORM for action in home.plan.actions}
    model = page_model(home.plan, "plan.json", Manner(read_only="Read-only: plan applied.", done=done))
    path.write_bytes(b"".join(document(model)))
    opened(page, path.as_uri())
    assert page.get_by_text("Read-only: plan applied.").is_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    page.keyboard.press("a")
    page.keyboard.press("1")
    assert page.evaluate("decisions.size") == 0
    assert "✓ done" in page.locator(".card").first.text_content()


@pytest.mark.promise("I28")
def test_a_page_of_another_origin_can_do_nothing(page, home, reviewing, tmp_path):
    out = tmp_path / "decisions.json"
    import http.server
    import threading

    with reviewing(out) as review:
        attack = f"""<!doctype html><img id=i src="{review.url}thumb/0001/0"><iframe src="{review.url}"></iframe>
        <script>window.done = fetch("{review.url}decide", {{method: "POST", mode: "no-cors", body: '{{"set": {{"0001": "skip"}}}}',
            headers: {{"Content-Type": "text/plain"}}}}).then(() => "sent", () => "refused");
        window.read = fetch("{review.url}").then((a) => a.text(), () => "refused");</script>"""

        class Other(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(attack.encode())

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Other)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            page.evaluate("window.done")
            assert page.evaluate("window.read") == "refused"
            assert page.locator("#i").evaluate("(image) => image.complete && image.naturalWidth") == 0
            assert all("Plan for" not in frame.content() for frame in page.frames)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
    assert not out.exists() or not verdicts(out)

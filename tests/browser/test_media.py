"""Every media type in many kinds of actions: drawn with its badge, decided on the page, applied, and compared on both sides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import library_in
from tests.browser.media import media_world, plan_of_media
from tests.browser.test_page import opened, until

NAMES = ("GIF that goes", "Video that goes", "Carousel that goes", "New carousel", "New GIF", "New video")


@pytest.fixture(scope="module")
def media_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with library_in(tmp_path_factory.mktemp("media"), media_world, plan_of_media) as made:
        yield made


@pytest.fixture
def reviewed(page: Any, media_home: Any, reviewing_of: Any, tmp_path: Any) -> Iterator[Any]:
    with reviewing_of(media_home, tmp_path / "d.json") as review:
        opened(page, review.url)
        page.evaluate("fillAll()")
        yield page


def card(page: Any, name: str) -> Any:
    return page.get_by_role("article", name=re.compile(f": {name}$"))


def test_each_media_type_has_its_badge_and_a_carousel_is_one_card(reviewed):
    badges = {name: card(reviewed, name).locator(".badge") for name in NAMES}
    expect(badges["GIF that goes"]).to_have_text(["GIF"])
    expect(badges["Video that goes"]).to_have_text(["Video"])
    expect(badges["Carousel that goes"]).to_have_text(["1 of 3", "2 of 3", "3 of 3"])
    expect(badges["New carousel"]).to_have_text(["slot 1", "slot 2", "slot 3"])
    expect(badges["New GIF"]).to_have_text(["GIF"])
    expect(badges["New video"]).to_have_text(["Video"])
    card(reviewed, "New carousel").get_by_role("button", name="Skip").click()
    assert reviewed.evaluate("[...decisions.values()]") == ["skip"] * 3, "one decision about all slots"
    reviewed.evaluate("openStage(groups.find((group) => group.kind === 'download' && group.actions.length > 1))")
    expect(reviewed.locator("#stage .pane")).to_have_count(3)
    expect(reviewed.get_by_role("button", name="Slider")).to_have_count(0)
    reviewed.keyboard.press("d")
    expect(reviewed.locator("#stage .pane")).to_have_count(3)


def test_an_animated_image_moves_on_demand(reviewed):
    card(reviewed, "GIF that goes").get_by_role("button", name="Look at").click()
    image = reviewed.locator("#stage .pane img")
    expect(image).to_have_attribute("src", re.compile(r"^still/"))
    expect(image).to_have_js_property("complete", True)
    reviewed.get_by_role("button", name="Play").click()
    expect(image).to_have_attribute("src", re.compile(r"^full/"))
    reviewed.get_by_role("button", name="Stop").click()
    expect(image).to_have_attribute("src", re.compile(r"^still/"))


def test_what_is_decided_is_what_is_done_on_disk_and_on_pinterest(page, reviewing_of, tmp_path):
    out = tmp_path / "d.json"
    with library_in(tmp_path / "home", media_world, plan_of_media) as home:
        pins = {pin.title: pin.id for pin in home.sandbox.world.pins_of("Media")}
        with reviewing_of(home, out) as review:
            opened(page, review.url)
            page.evaluate("fillAll()")
            for name in ("GIF that goes", "Carousel that goes", "Carousel gone from Pinterest"):
                card(page, name).get_by_role("button", name="Approve").click()
            for name in ("Video that goes", "PNG gone from Pinterest", "New carousel"):
                card(page, name).get_by_role("button", name="Skip").click()
            card(page, "Copy 1").get_by_role("button", name="Compare").nth(1).click()
            page.get_by_role("button", name="Keep number 2").click()
            page.get_by_role("button", name="Close").click()
            until(page, "allSaved()")
            page.locator("#end").click()
            page.get_by_role("button", name="Save decisions and finish").click()
            page.get_by_role("heading", name="Decisions saved").wait_for()
            review.ends()
        home.run("apply", "plan.json", "--decisions", str(out))
        files = {path.name.partition(" [")[0] for path in (home.path / "Media").rglob("*.*") if path.name[0] != "."}
        left = {pin.title for pin in home.sandbox.world.pins_of("Media")}
        assert left == {
            "Stays",
            "Video that goes",
            "WebP that moves",
            "Damaged",
            "Copy 1",
            "New carousel",
            "New GIF",
            "New video",
        }
        assert files - {"manifest.json"} == {
            "Stays",
            "PNG gone from Pinterest",
            "WebP that moves",
            "Damaged",
            "Copy 1",
            "New GIF",
            "New video",
        }
        assert [path.parent.name for path in home.path.rglob("WebP that moves*")] == ["Moved"]
        assert pins["Copy 1"] in {pin.id for pin in home.sandbox.world.pins_of("Media")}
        home.run("undo", "--out", "undo.json")
        home.run("apply", "undo.json")
        back = {pin.title for pin in home.sandbox.world.pins_of("Media")}
        assert {"GIF that goes", "Carousel that goes", "Copy 0", "Copy 2"} <= back

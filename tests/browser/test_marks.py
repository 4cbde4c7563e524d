"""Where two copies come nearest to differing: a box over both images, where it belongs, that can be hidden."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from pinplan.actions import Dedupe
from pinplan.model.similarity import Place, Region, Tier
from pinplan.records.plan_file import with_digest, write_plan
from tests.browser.test_page import only, opened, until

PLACE = Place(left=0.6, top=0.1, width=0.2, height=0.1)
BOXES = """[...document.querySelectorAll('.compare .layer')].map((layer) => {
  const image = layer.querySelector('img'), mark = layer.querySelector('.mark').getBoundingClientRect();
  const frame = image.getBoundingClientRect();
  const scale = Math.min(frame.width / image.naturalWidth, frame.height / image.naturalHeight);
  const [width, height] = [image.naturalWidth * scale, image.naturalHeight * scale];
  const [left, top] = [frame.left + (frame.width - width) / 2, frame.top + (frame.height - height) / 2];
  return [(mark.left - left) / width, (mark.top - top) / height, mark.width / width];
})"""


@pytest.mark.parametrize("view", [{"width": 1360, "height": 900}, {"width": 390, "height": 844}], ids=["wide", "phone"])
def test_the_place_is_marked_on_both_images(page: Any, home: Any, tmp_path: Any, view: dict[str, int]) -> None:
    def marked(action: Any) -> Any:
        if not isinstance(action, Dedupe) or action.evidence.alike.tier is not Tier.CONFIRMED:
            return action
        region = Region(share=0.02, places=(PLACE,))
        return replace(action, evidence=replace(action.evidence, alike=replace(action.evidence.alike, region=region)))

    plan = with_digest(replace(home.plan, actions=tuple(map(marked, home.plan.actions))))
    write_plan(plan, tmp_path / "plan.json")
    home.run("show", str(tmp_path / "plan.json"), "--html", str(tmp_path / "page.html"), "--offline")
    page.set_viewport_size(view)
    opened(page, (tmp_path / "page.html").as_uri())
    only(page, "dedupe")
    page.locator(".card.pair").filter(has_text="confirmed").last.locator(".look").first.click()
    until(page, "[...document.querySelectorAll('.compare img')].every((image) => image.naturalWidth > 0)")
    assert "nearest to a difference in 2 % of the picture, top right" in page.locator("#stage .facts").inner_text()
    found = page.evaluate(BOXES)
    assert len(found) == 2
    for left, top, width in found:
        assert left == pytest.approx(PLACE.left - 0.01, abs=0.01)
        assert top == pytest.approx(PLACE.top - 0.01, abs=0.02)
        assert width == pytest.approx(PLACE.width + 0.02, abs=0.02)
    for letter in ("l", "o", "z"):
        page.keyboard.press(letter)
        expect(page.locator(".compare .mark")).to_have_count(2)
    page.locator("#stage .ways").get_by_role("button", name="Outline").click()
    expect(page.locator(".compare .mark")).to_have_count(0)
    page.locator("#stage .ways").get_by_role("button", name="Outline").click()
    expect(page.locator(".compare .mark")).to_have_count(2)

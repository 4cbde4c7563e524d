"""The report of duplicates as a page: what was found and where, and no way out of the text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.duplicates.report import DuplicateFile, DuplicateReport, FileGroup
from pinplan.gallery.duplicates import DuplicatesPage, PagePicture, duplicates_page
from pinplan.model.similarity import Better, ImageQuality, Place, Region, Similarity, Tier
from pinplan.model.snapshots import UnknownPath
from pinplan.policies.duplicates import KeepRule
from tests.gallery.test_gallery import Page
from tests.render.test_markdown import HOSTILE

LARGE, SMALL, NONE = (
    ImageQuality(width=800, height=1200, quality=90),
    ImageQuality(width=400, height=600, quality=100),
    ImageQuality(width=0, height=0),
)
CORNER = Region(share=0.02, places=(Place(left=0.8, top=0.1, width=0.1, height=0.2),))
NEARBY = Region(share=0.02, places=(Place(left=0.81, top=0.1, width=0.1, height=0.2),))
NAMES = st.text(max_size=60) | st.sampled_from(HOSTILE)


def alike(tier: Tier, region: Region | None = None, why: str = "an area differs") -> Similarity:
    return Similarity(tier=tier, dhash=1, pdq=2, why=why, better=Better.ONE, detail="it has more", region=region)


def group(*others: Similarity, tier: Tier = Tier.SIMILAR, name: str = "a", undecided: bool = False) -> FileGroup:
    members = (
        DuplicateFile(path=f"{name} {n}", looks=SMALL, alike=one, rung=KeepRule.DETAIL, undecided=undecided)
        for n, one in enumerate(others)
    )
    return FileGroup(tier=tier, files=(DuplicateFile(path=name, looks=LARGE), *members))


def page_of(*groups: FileGroup, faceless: tuple[UnknownPath, ...] = ()) -> DuplicatesPage:
    report = DuplicateReport(looked_at=9, groups=groups, faceless=faceless)
    return duplicates_page(report, lambda _: PagePicture(b"webp", "", 2_000), "now", "/pictures")


def boxes_in(page: DuplicatesPage) -> list[tuple[str, ...]]:
    return re.findall(r'class="line" x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"', page.html)


def test_the_region_is_drawn_over_both_pictures():
    page = page_of(group(alike(Tier.SIMILAR, CORNER)))
    assert boxes_in(page) == [("790", "140", "120", "320")] * 2
    assert page.html.count('<g class="differs">') == 2
    said = " ".join(Page(page.html).said.split())
    for words in ("9 files compared: 1 duplicate in 1 group", "800×1200, quality 90 · 2.0 kB", "400×600 · 2.0 kB"):
        assert words in said
    assert "an area differs; loses by detail: it has more." in said
    assert "similar, 1 of 64 and 2 of 256 bits differ" in said
    assert "never removed" in said
    assert (page.pictures, page.missing) == (2, 0)


def test_two_copies_have_another_line_around_the_place_nearest_to_a_difference():
    page = page_of(group(alike(Tier.CONFIRMED, CORNER, "all agree"), tier=Tier.CONFIRMED))
    assert page.html.count('<g class="near">') == 2
    assert "never removed" not in page.html


def test_on_the_keeper_each_place_is_drawn_once_with_the_numbers_of_the_files():
    page = page_of(group(alike(Tier.SIMILAR, CORNER), alike(Tier.SIMILAR, NEARBY), alike(Tier.CONFIRMED, CORNER)))
    assert re.findall(r"<text [^>]*>([^<]*)</text>", page.html) == ["2, 3", "4", "2", "3", "4"]


def test_an_undecided_group_and_files_without_a_picture_say_so():
    report = DuplicateReport(
        looked_at=2,
        groups=(
            group(alike(Tier.CONFIRMED), tier=Tier.CONFIRMED, undecided=True),
            FileGroup(tier=Tier.EXACT, files=(DuplicateFile(path="a.txt", looks=NONE),)),
        ),
        faceless=(UnknownPath(path="cut.jpg", reason="it is cut off"),),
        other_kinds=("a.txt",),
        of_library=True,
    )
    page = duplicates_page(report, lambda _: PagePicture(b"", "too large", 0), "now", "x")
    said = Page(page.html).said
    assert "not sure which one is better" in said
    assert "not sure which is better: it has more" in said
    assert "too large" in said
    assert "cut.jpg: it is cut off" in said
    assert "1 file of another kind not looked at" in said
    assert "Keepers are those of a plan" in said
    assert "0×0" not in said
    assert (page.pictures, page.missing) == (0, 3)


def test_no_duplicates_is_a_page_as_well():
    assert "No duplicates." in Page(page_of().html).said


@pytest.mark.promise("I28")
@given(NAMES, NAMES)
def test_no_name_and_no_reason_is_more_than_text(name, reason):
    def shown(name: str, reason: str) -> str:
        unread = (UnknownPath(path=name, reason=reason),)
        return page_of(group(alike(Tier.SIMILAR, CORNER, reason), name=name), faceless=unread).html

    page = Page(shown(name, reason))
    assert page.tags == Page(shown("a", "b")).tags
    assert page.handlers == []
    assert page.links == []
    assert all(source.startswith("data:image/webp;base64,") for source in page.sources)


@pytest.mark.promise("I28")
def test_the_page_allows_no_script_and_nothing_from_elsewhere():
    page = page_of(group(alike(Tier.SIMILAR, CORNER))).html
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert policy[1].startswith("default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-")
    assert "unsafe" not in policy[1]
    assert "script" not in Page(page).tags
    assert Page(page).handlers == []

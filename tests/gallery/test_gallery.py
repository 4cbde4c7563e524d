"""The gallery: every picture that is here, with what Pinterest last said of it, also once it is gone there; and no way out of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinplan.adapters import PlanRequest
from pinplan.build_plan import take_snapshots
from pinplan.cli.gallery import MARK
from pinplan.gallery import gallery_pages
from pinplan.gallery.catalog import Gallery, Picture, gallery_of
from pinplan.gallery.pages import link_of
from pinplan.model.ids import PinId, RelPath
from pinplan.policies.duplicates import Duplicates, Remove
from pinplan.records.pin_metadata import PinMetadata
from tests.cli.test_cli import CATS, user
from tests.reconcile.test_duplicates import twins
from tests.render.test_markdown import HOSTILE
from tests.worlds import SmallWorld

__all__ = ["user"]


class Page(HTMLParser):
    """Tags, addresses and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.said = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.handlers += [name for name in given if name.startswith("on") or name == "style"]
        self.sources += [given["src"] or ""] if "src" in given else []
        self.links += [given["href"] or ""] if "href" in given else []

    def handle_data(self, data: str) -> None:
        self.said += data


@pytest.fixture
def facts(tmp_path: Path) -> Iterator[PinMetadata]:
    with closing(PinMetadata(tmp_path / "facts.db")) as facts:
        yield facts


def remembered(world: SmallWorld, facts: PinMetadata) -> PinMetadata:
    """What is known after a look at Pinterest."""
    facts.remember(take_snapshots(world.adapters(), PlanRequest(policies=world.policies)).remote)
    return facts


def shown(world: SmallWorld, facts: PinMetadata) -> Gallery:
    base, sides = world.where_files_are()
    pins = facts.pins({record.pin_id for record in base.tracked})
    return gallery_of(base, facts.boards(), pins, sides.where)


def test_boards_sections_and_pins_stand_where_they_belong_newest_first(world, facts):
    board = world.board("Animals 動物")
    cats = world.section(board, "Cats / more")
    world.pin(board, "Old", created_at="2024-01-01T00:00:00Z")
    world.pin(board, "New", created_at="2026-01-01T00:00:00Z", description="Two\nlines", link="https://example.org/a")
    world.pin(board, "Cat", section_id=cats, slots=3)
    world.board("Empty")
    world.apply()
    (album,) = shown(world, remembered(world, facts)).albums
    assert (album.name, [part.name for part in album.parts]) == ("Animals 動物", ["", "Cats / more"])
    assert [p.title for p in album.parts[0].pictures] == ["New", "Old"]
    (cat,) = album.parts[1].pictures
    assert len(cat.paths) == 3
    new = album.parts[0].pictures[0]
    assert (new.date, new.description, new.link) == ("2026-01-01", "Two\nlines", "https://example.org/a")


def test_what_is_gone_from_pinterest_is_still_told_of(world, facts):
    board = world.board("Board")
    gone = world.pin(board, "A title that only Pinterest had", link="https://example.org/x")
    world.pin(board, "Stays")
    world.apply()
    remembered(world, facts)
    del world.remote.pins_by_id[gone]
    facts.remember(take_snapshots(world.adapters(), PlanRequest(policies=world.policies)).remote)
    found = {p.pin_id: p for p in shown(world, facts).albums[0].pictures}
    assert (found[gone].gone, found[gone].title) == (True, "A title that only Pinterest had")
    pages = dict(gallery_pages(shown(world, facts), "../..", "now"))
    assert "no longer on Pinterest" in pages[f"board-{board}.html"]
    assert f"pinterest.com/pin/{gone}/" not in pages[f"board-{board}.html"]


def test_without_facts_names_of_files_must_do(world, facts):
    world.pin(world.board("Board"), "Cat | dog")
    world.apply()
    found = shown(world, facts)
    (picture,) = found.albums[0].pictures
    assert (found.albums[0].name, picture.title, picture.known, found.nameless) == ("Board", "Cat _ dog", False, 1)


def test_files_that_are_not_here_are_counted_and_left_out(world, facts):
    board = world.board("Board")
    pins = [world.pin(board, f"Pin {number}") for number in range(3)]
    world.apply()
    world.library.remove(world.path_of(pins[0]))
    found = shown(world, remembered(world, facts))
    assert (found.missing, [p.pin_id for p in found.albums[0].pictures]) == (1, [pins[2], pins[1]])


def test_a_duplicate_that_went_here_is_shown_once(world, facts):
    twins(world, "cat~400x600", "cat~800x1200")
    world.apply(world.plan(duplicates=Duplicates(remove=Remove.LOCAL)))
    found = shown(world, remembered(world, facts))
    assert (found.missing, len(found.albums[0].pictures)) == (0, 4)


def test_facts_are_begun_anew_where_the_file_is_damaged_and_kept_where_nothing_changed(world, facts, tmp_path):
    world.pin(world.board("Board"), "Title")
    remembered(world, facts)
    before = (tmp_path / "facts.db").read_bytes()
    facts.remember(take_snapshots(world.adapters(), PlanRequest(policies=world.policies)).remote)
    facts.close()
    assert (tmp_path / "facts.db").read_bytes() == before
    assert (tmp_path / "facts.db").stat().st_mode & 0o777 == 0o600
    (tmp_path / "facts.db").write_bytes(b"no database, but long enough to be looked at as one " * 40)
    with closing(PinMetadata(tmp_path / "facts.db")) as anew:
        assert anew.boards() == {}


@pytest.mark.promise("I28")
@given(st.text(max_size=60) | st.sampled_from(HOSTILE), st.text(min_size=1, max_size=40) | st.sampled_from(HOSTILE))
@settings(max_examples=60)
def test_nothing_from_a_pin_is_more_than_text(title, board):
    world = SmallWorld()
    try:
        at = world.board(board)
        world.pin(at, title, description=title, link=title, alt_text=title, slots=2)
        world.apply()
        with closing(PinMetadata(world.path.parent / "facts.db")) as facts:
            found = shown(world, remembered(world, facts))
        pages = [Page(text) for _, text in gallery_pages(found, "..", "now")]
        files = {unquote(source.removeprefix("../")) for page in pages for source in page.sources}
        assert files <= set(world.library.files)
        allowed = {"https", "index.html", f"board-{at}.html", "..", "#part-1"}
        for page in pages:
            assert "script" not in page.tags
            assert page.handlers == []
            assert {link.partition(":")[0].partition("/")[0] for link in page.links} <= allowed, page.links
    finally:
        world.close()


@pytest.mark.promise("I28")
@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("https://example.org/a?b=c#d", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("file:///etc/passwd", False),
        ("//example.org", False),
        ("https://", False),
        ("https://[", False),
        ("https://example.org/\u202egpj", False),
    ],
)
def test_only_addresses_of_the_web_lead_anywhere(link, leads):
    picture = Picture(pin_id=PinId("1"), paths=(RelPath("a.jpg"),), width=1, height=1, title="", link=link)
    assert link_of(picture) == (link if leads else "")


def test_pages_allow_no_script_and_nothing_from_elsewhere():
    (_, page), *_ = gallery_pages(Gallery(albums=()), "../..", "now")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert policy[1].startswith("default-src &#39;none&#39;; img-src &#39;self&#39; file:; style-src &#39;sha256-")
    assert "unsafe" not in policy[1]
    assert "http" not in page.replace("http-equiv", "")


def test_it_is_written_into_the_library_offline_and_every_picture_is_found(user):
    user.library()
    away = {"PINPLAN_API_URL": "http://127.0.0.1:9/v5", "PINPLAN_ACCESS_TOKEN": None}
    said = user.types("gallery", **away)
    assert "11 boards, 73 pins" in said
    place = user.pins / ".pinplan" / "gallery"
    pages = sorted(place.glob("*.html"))
    assert len(pages) == 12
    sources = [source for page in pages for source in Page(page.read_text("utf-8")).sources]
    assert len(sources) > 90
    assert [source for source in sources if not (place / unquote(source)).is_file()] == []
    assert "A cat called &lt;script&gt;alert(1)&lt;/script&gt;" in "".join(page.read_text("utf-8") for page in pages)


def test_another_folder_is_used_again_and_nothing_of_others_is_touched(user):
    user.library()
    site = user.home / "site"
    user.types("gallery", str(site))
    (site / "notes.txt").write_text("mine")
    page = min(site.glob("board-*.html"))
    source = Page(page.read_text("utf-8")).sources[0]
    assert (site / unquote(source)).is_file()
    (site / MARK).write_text((site / MARK).read_text() + "board-7.html\n../x\n")
    (site / "board-7.html").write_text("an old page")
    user.types("gallery", str(site))
    assert not (site / "board-7.html").exists()
    assert (site / "notes.txt").read_text() == "mine"
    other = user.home / "other"
    other.mkdir()
    (other / "index.html").write_text("my home page")
    assert "not a gallery of pinplan" in user.types("gallery", str(other), code=64)
    assert (other / "index.html").read_text() == "my home page"
    assert [path.name for path in other.iterdir()] == ["index.html"]


def test_what_is_removed_here_is_said(user):
    user.library()
    min((user.pins / CATS).iterdir()).unlink()
    said = user.types("gallery")
    assert "1 tracked file missing in the library: left out." in said
    (user.home / "file").write_text("")
    assert "file" in user.types("gallery", str(user.home / "file"), code=64)

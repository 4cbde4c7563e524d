"""Where images come from, and thumbnails that fit a budget."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from benchmarks.page import different, multiplied
from benchmarks.plans import busy_world, plan_of_all_kinds
from pinplan.actions.views import Role
from pinplan.config import load_config
from pinplan.errors import ImageRefused, Unreachable
from pinplan.model.pins import Rendition
from pinplan.plan.document import Plan, kind_of
from pinplan.review.thumbnails import STEPS, FetchedImages, ImageSources, fitting, for_browser, thumbnail, thumbnails
from pinplan.sandbox import Sandbox
from pinplan.sandbox.pictures import Kind, Picture, encoded
from pinplan.wiring.open_library import open_fingerprints


def jpeg(width: int = 736, height: int = 1104, seed: int = 1) -> bytes:
    return encoded(Picture(Kind.LANDSCAPE, seed, width, height), "originals")


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch, Sandbox(busy_world()) as sandbox:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        folder = tmp_path_factory.mktemp("home") / "Pins"
        plan = plan_of_all_kinds(folder, sandbox)
        yield plan, load_config(library=folder, flags={"network.api_url": sandbox.url})


def test_a_thumbnail_is_small_upright_and_never_larger_than_its_image():
    data = jpeg()
    with Image.open(io.BytesIO(thumbnail(data, "x", 300, 66))) as small:
        assert small.format == "WEBP"
        assert max(small.size) == 300
        assert abs(small.width / small.height - 736 / 1104) < 0.01
    turned = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(io.BytesIO(data)).save(turned, "JPEG", exif=exif)
    with Image.open(io.BytesIO(thumbnail(turned.getvalue(), "x", 300, 66))) as small:
        assert small.width > small.height
    tiny = io.BytesIO()
    Image.new("RGBA", (20, 10), (255, 0, 0, 10)).save(tiny, "PNG")
    with Image.open(io.BytesIO(thumbnail(tiny.getvalue(), "x", 300, 66))) as small:
        assert small.size == (20, 10)
        assert small.mode == "RGBA"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_kind_of_pixels_becomes_a_thumbnail(mode):
    made = io.BytesIO()
    Image.new(mode, (40, 30)).save(made, "TIFF" if mode == "CMYK" else "PNG")
    assert thumbnail(made.getvalue(), "x", 20, 60)[8:12] == b"WEBP"


@pytest.mark.parametrize("bad", [b"", b"hello", jpeg()[:3000]])
def test_what_cannot_be_decoded_is_said(bad):
    with pytest.raises(ImageRefused):
        thumbnail(bad, "x", 300, 66)


def test_a_browser_gets_what_it_can_show():
    data = jpeg()
    assert for_browser(data, "x") == ("image/jpeg", data)
    made = io.BytesIO()
    Image.new("RGB", (30, 20)).save(made, "BMP")
    media_type, shown = for_browser(made.getvalue(), "x")
    assert media_type == "image/png"
    assert shown.startswith(b"\x89PNG")
    with pytest.raises(ImageRefused):
        for_browser(b"<svg onload=alert(1)>", "x")


def test_no_more_is_fetched_than_is_shown():
    sizes = [Rendition(size=f"{w}x", url=str(w), width=w, height=w * 2) for w in (2000, 1200, 600, 400, 150)]
    assert fitting(sizes, 300).url == "400"
    assert fitting(sizes, 5000).url == "2000"
    assert fitting(sizes, None).url == "2000"
    assert fitting([Rendition(size="originals", url="o")], 300).url == "o"


def test_every_image_of_a_plan_is_found_or_its_absence_explained(planned):
    plan, config = planned
    with open_fingerprints(config, plan, offline=False) as pictures:
        made = thumbnails(plan, pictures, thumbnail, 5_000_000)
    wanted = {(action.id, number) for action in plan.actions for number, _ in enumerate(action.views())}
    assert made.numbers.keys() | made.missing.keys() == wanted
    (damaged,) = (action for action in plan.actions if kind_of(action) == "replace")
    assert "cut off" in made.missing[damaged.id, 0]
    assert damaged.views()[1].role is Role.AFTER
    assert (damaged.id, 1) in made.numbers, "what comes instead is another image than the damaged one"
    assert made.missing.keys() == {(damaged.id, 0)}


def test_nothing_is_fetched_offline_nor_without_the_library(planned):
    plan, config = planned
    with open_fingerprints(config, plan, offline=True) as pictures:
        offline = thumbnails(plan, pictures, thumbnail, 5_000_000)
    (download,) = (action.id for action in plan.actions if kind_of(action) == "download")
    assert "--offline" in offline.missing[download, 0]
    assert len(offline.images) > 3
    with open_fingerprints(None, plan, offline=False) as pictures:
        without = thumbnails(plan, pictures, thumbnail, 5_000_000)
    assert not without.images
    assert all(why for why in without.missing.values())


class OneImage(FetchedImages):
    """The same image everywhere."""

    def __init__(self, data: bytes) -> None:
        super().__init__(ImageSources())
        self.data = data

    def read(self, action, number, edge=None):
        return self.data


@pytest.mark.parametrize("budget", [0, 20_000, 200_000, 2_000_000])
def test_thumbnails_never_take_more_than_their_budget(planned, budget):
    plan: Plan = different(multiplied(planned[0], 60))
    made = thumbnails(plan, OneImage(jpeg()), thumbnail, budget)
    assert sum(map(len, made.images)) <= budget
    assert bool(made.left_out) == any("too large" in why for why in made.missing.values())
    if budget >= 200_000:
        assert not made.left_out


def test_with_little_room_pictures_of_what_is_deleted_come_first(planned):
    plan = different(multiplied(planned[0], 120))
    made = thumbnails(plan, OneImage(jpeg()), thumbnail, 30_000)
    shown = {action for action, _ in made.numbers}
    deleted = {action.id for action in plan.actions if action.deletes_pin}
    assert made.left_out
    assert shown & deleted
    assert len(shown & deleted) >= len(shown - deleted)


def test_a_host_that_cannot_be_reached_is_asked_once(planned):
    plan, _ = planned

    class Nobody:
        asked = 0

        def fetch(self, url: str, into: object, *, announced: bool = False) -> int:
            self.asked += 1
            raise Unreachable("images.test is unreachable")

    nobody = Nobody()
    pictures = FetchedImages(ImageSources(images=nobody))
    made = thumbnails(plan, pictures, thumbnail, 1_000_000, threads=1)
    assert nobody.asked == 1
    assert "is unreachable" in " ".join(made.missing.values())


def test_the_steps_go_down():
    assert [step.bytes for step in STEPS] == sorted((step.bytes for step in STEPS), reverse=True)

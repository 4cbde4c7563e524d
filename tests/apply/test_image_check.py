"""What may be kept of what an image host answers, and what must be kept before a pin goes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.errors import ImageRefused
from pinplan.events import ActionEnded
from pinplan.model.ids import PinId
from pinplan.pipeline import apply_plan
from pinplan.policies.mode import Mode
from pinplan.records.journal import ActionOutcome
from tests.fakes import content_of, digest_of, image_bytes
from tests.worlds import SmallWorld, findings, kinds

PLACEHOLDER = image_bytes("placeholder~1x1")


def refused(status: int) -> ImageRefused:
    return ImageRefused("there", f"HTTP {status}", status=status)


SLOW = ImageRefused("there", "slower than 1 kB/s for 60 s", slow=True)
BUSY = refused(503)


def reasons(world: SmallWorld) -> str:
    return " | ".join(event.reason for event in world.events if isinstance(event, ActionEnded))


def offered(world: SmallWorld, *sizes: str) -> tuple[PinId, list[str]]:
    """A pin that is not here yet, and the addresses of its sizes."""
    pin = world.pin(world.board("Board"))
    return pin, world.offer(pin, *sizes)


def removed(world: SmallWorld, *sizes: str) -> tuple[PinId, list[str]]:
    """A pin whose file was fetched and then removed here; its deletion is what a plan will hold."""
    pin, urls = offered(world, *sizes)
    world.pin(world.remote.pins_by_id[pin].board_id, "another")
    world.apply()
    world.library.remove(world.path_of(pin))
    world.mode(Mode.TWO_WAY)
    return pin, urls


# -- I19: no placeholder ---------------------------------------------------------------------------------------------


@pytest.mark.promise("I19")
@pytest.mark.parametrize("came", ["1x1", "599x900", "1200x449"])
def test_less_than_half_of_the_declared_size_is_a_placeholder(world, came):
    pin, (best, _) = offered(world, "1200x900", "736x552")
    world.images.answers[best] = image_bytes(f"other~{came}")
    assert world.apply().complete
    (tracked,) = world.state.base().tracked
    assert (tracked.pin_id, tracked.width, tracked.height) == (pin, 736, 552)


@pytest.mark.promise("I19")
@pytest.mark.parametrize("came", ["600x450", "1128x846", "1200x900", "2400x1800"])
def test_half_of_the_declared_size_and_more_is_kept(world, came):
    _, (best, _) = offered(world, "1200x900", "736x552")
    world.images.answers[best] = image_bytes(f"other~{came}")
    assert world.apply().complete
    assert [digest_of(data) for data in world.library.files.values()] == [digest_of(image_bytes(f"other~{came}"))]


@pytest.mark.promise("I19")
def test_nothing_but_placeholders_is_nothing(world):
    _, urls = offered(world, "1200x900", "736x552")
    world.images.answers = dict.fromkeys(urls, PLACEHOLDER)
    assert world.apply().count(ActionOutcome.FAILED) == 1
    assert not world.library.files
    assert not world.library.staging
    assert "a placeholder: 1×1 where 1200×900 is declared" in reasons(world)


def test_a_size_that_nobody_declares_is_no_reason(world):
    pin, (best,) = offered(world, "1200x900")
    image = world.remote.pins_by_id[pin].images[0]
    unknown = tuple(replace(one, width=None, height=None) for one in image.renditions)
    world.remote.pins_by_id[pin] = replace(world.remote.pins_by_id[pin], images=(replace(image, renditions=unknown),))
    world.images.answers[best] = PLACEHOLDER
    assert world.apply().complete


@pytest.mark.promise("I19")
def test_what_comes_too_slowly_is_not_tried_in_other_sizes(world):
    _, (best, _) = offered(world, "1200x900", "736x552")
    world.images.answers[best] = SLOW
    assert world.apply().count(ActionOutcome.FAILED) == 1
    assert world.images.fetched == [best]


def test_what_the_host_refuses_is_not_asked_for_again_at_once(world):
    _, urls = offered(world, "1200x900", "736x552")
    world.images.answers = {urls[0]: BUSY, urls[1]: refused(404)}
    world.apply()
    assert world.images.fetched == urls


def test_a_broken_image_is_fetched_once_more(world):
    _, urls = offered(world, "1200x900")
    world.images.answers[urls[0]] = b"broken"
    world.apply()
    assert world.images.fetched == urls * 2


# -- I20: what must be kept before a pin goes ------------------------------------------------------------------------


@pytest.mark.promise("I20")
@pytest.mark.parametrize(
    "best",
    [PLACEHOLDER, BUSY, refused(403), refused(404), SLOW, b"broken", image_bytes("other~1199x900")],
    ids=["placeholder", "503", "403", "404", "slow", "broken", "smaller"],
)
def test_less_than_the_recorded_picture_never_lets_a_pin_go(world, best):
    """The base has 1200×900: a smaller one will not do, whatever became of the large one."""
    pin, urls = removed(world, "1200x900", "736x552")
    world.images.answers[urls[0]] = best
    plan = world.plan()
    assert kinds(plan) == ["delete_remote"]
    result = world.apply(plan)
    assert (result.count(ActionOutcome.FAILED), result.complete) == (1, False)
    assert pin in world.remote.pins_by_id


@pytest.mark.promise("I20")
@pytest.mark.parametrize("size", ["1200x900", "2400x1800"])
def test_the_same_picture_in_the_recorded_size_will_do(world, size):
    pin, (url, _) = removed(world, "1200x900", "736x552")
    again = image_bytes(f"{pin}-0~{size}~q70")  # compressed anew
    world.images.answers[url] = again
    assert world.apply().complete
    assert world.remote.deleted == [pin]
    assert again in world.library.kept_files.values()


@pytest.mark.promise("I20")
@pytest.mark.parametrize("size", ["1200x900", "2400x1800"])
def test_another_picture_of_the_recorded_size_will_not_do(world, size):
    _, (url, _) = removed(world, "1200x900", "736x552")
    world.images.answers[url] = image_bytes(f"not available~{size}")
    assert world.apply().count(ActionOutcome.FAILED) == 1
    assert world.remote.deleted == []
    assert "it does not show the recorded picture" in reasons(world)


@pytest.mark.promise("I20")
def test_where_no_fingerprints_are_taken_size_and_signature_decide(world):
    pin, (url, _) = removed(world, "1200x900", "736x552")
    plan = world.plan()
    world.images.answers[url] = image_bytes("compressed anew~1200x900")
    adapters = replace(world.adapters(), fingerprinter=None)
    assert apply_plan(adapters, plan).complete
    assert world.remote.deleted == [pin]


@pytest.mark.promise("I20")
def test_another_image_under_the_pin_will_not_do(world):
    pin, _ = offered(world, "1200x900")
    world.offer(pin, "1200x900", signature="1" * 32)
    world.apply()
    world.library.remove(world.path_of(pin))
    world.mode(Mode.TWO_WAY)
    world.offer(pin, "1200x1000", signature="0" * 32)
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["conflict"])
    assert world.remote.deleted == []


@pytest.mark.promise("I20")
def test_the_recorded_bytes_are_taken_from_another_size(world):
    """A lesser one is recorded, and still there: there is no other."""
    pin, urls = offered(world, "1200x900", "736x552")
    world.images.answers[urls[0]] = refused(404)
    world.apply()
    world.library.remove(world.path_of(pin))
    world.mode(Mode.TWO_WAY)
    assert world.apply().complete
    assert world.remote.deleted == [pin]


@pytest.mark.promise("I20")
@pytest.mark.parametrize("where", ["trash", "library"])
def test_the_recorded_bytes_are_taken_from_here(world, where):
    """From the trash, or from the file of another pin with the very same image."""
    pin, urls = removed(world, "1200x900")
    data = image_bytes(f"{pin}-0~1200x900.jpg")
    if where == "trash":
        world.library.kept_files[".pinplan/trash/earlier/0001/a.jpg"] = data
    else:
        twin = world.pin(world.remote.pins_by_id[pin].board_id, "twin", shown=f"{pin}-0~1200x900")
        world.mode(Mode.ARCHIVE)
        world.apply()
        assert world.library.files[world.path_of(twin)] == data
        world.mode(Mode.TWO_WAY)
    world.images.answers = dict.fromkeys(urls, BUSY)
    world.images.fetched.clear()
    assert world.apply().complete
    assert world.images.fetched == []
    assert world.remote.deleted == [pin]
    (kept,) = [d for path, d in world.library.kept_files.items() if path.rpartition("/")[2].startswith(f"{pin}-0")]
    assert kept == data


@pytest.mark.promise("I20")
@pytest.mark.parametrize(("status", "goes"), [(403, False), (503, False), (404, True), (410, True)])
def test_without_a_record_a_lesser_one_will_do_only_where_there_is_no_better_one_for_good(world, status, goes):
    """The base never had the second slot of the carousel."""
    pin = world.pin(world.board("Board"), slots=2)
    world.apply()
    paths = [t.path for t in world.state.base().tracked]
    for path in paths:
        world.library.remove(path)
    world.mode(Mode.TWO_WAY)
    before = world.remote.pins_by_id[pin]
    image = before.images[1]
    sizes = tuple(
        replace(one, url=f"https://images.test/{n}/new~{n}x{n}", width=n, height=n)
        for n, one in zip((900, 500), image.renditions, strict=True)
    )
    world.remote.pins_by_id[pin] = replace(before, images=(*before.images, replace(image, slot=3, renditions=sizes)))
    world.images.answers[sizes[0].url] = refused(status)
    world.apply()
    assert (world.remote.deleted == [pin]) is goes


@pytest.mark.promise("I20")
def test_a_recorded_placeholder_does_not_let_a_pin_go(world):
    """Of an older pinplan: the base has a 1×1."""
    pin, (url,) = offered(world, "1x1")
    world.apply()
    world.library.remove(world.path_of(pin))
    (url,) = world.offer(pin, "1200x900")
    world.images.answers[url] = PLACEHOLDER
    world.mode(Mode.TWO_WAY)
    assert world.apply().count(ActionOutcome.FAILED) == 1
    assert world.remote.deleted == []
    world.images.answers.clear()
    assert world.apply().complete
    assert world.remote.deleted == [pin]


ANSWERS = st.sampled_from([None, PLACEHOLDER, BUSY, refused(403), refused(404), SLOW, b"broken", "smaller", "larger"])


@pytest.mark.promise("I20")
@given(st.lists(ANSWERS, min_size=2, max_size=2), st.lists(ANSWERS, min_size=2, max_size=2))
@example([None, None], ["larger", BUSY])
@example([BUSY, None], [refused(404), None])
@example([None, None], [PLACEHOLDER, "larger"])
def test_whatever_the_host_answers_no_pin_goes_for_less_than_was_recorded(first, later):
    """A law: a pin is deleted only with the recorded bytes, or as many pixels, in the trash."""
    world = SmallWorld()
    try:
        pin, urls = offered(world, "1200x900", "736x552")
        world.pin(world.remote.pins_by_id[pin].board_id, "another")
        _answer(world, pin, urls, first)
        world.apply()
        recorded = {t.pin_id: t for t in world.state.base().tracked}.get(pin)
        if recorded is not None:
            world.library.remove(recorded.path)
        _answer(world, pin, urls, later)
        world.mode(Mode.TWO_WAY)
        world.apply()
        for deleted in world.remote.deleted:
            assert recorded is not None
            kept = [d for path, d in world.library.kept_files.items() if f"/{deleted}-0" in path]
            assert any(_stands_for(data, recorded.sha256, recorded.width * recorded.height) for data in kept)
    finally:
        world.close()


def _answer(world: SmallWorld, pin: PinId, urls: list[str], answers: list[bytes | Exception | str | None]) -> None:
    shown = {"smaller": image_bytes("other~700x525"), "larger": image_bytes(f"{pin}-0~3000x2250")}
    world.images.answers = {
        url: shown[answer] if isinstance(answer, str) else answer
        for url, answer in zip(urls, answers, strict=True)
        if answer is not None
    }


def _stands_for(data: bytes, sha256: str, pixels: int) -> bool:
    content = content_of(data)
    return content.sha256 == sha256 or (content.width or 0) * (content.height or 0) >= pixels


# -- replace: never fewer pixels -------------------------------------------------------------------------------------


@pytest.mark.promise("I20")
@pytest.mark.parametrize("best", [PLACEHOLDER, BUSY, refused(404), image_bytes("other~1199x900")])
def test_a_damaged_file_is_never_replaced_by_fewer_pixels(world, best):
    pin, urls = offered(world, "1200x900", "736x552")
    world.apply()
    path = world.path_of(pin)
    world.library.write(path, b"broken")
    world.images.answers[urls[0]] = best
    assert world.apply().count(ActionOutcome.FAILED) == 1
    assert world.library.files[path] == b"broken"
    world.images.answers.clear()
    assert world.apply().complete
    assert content_of(world.library.files[path]).width == 1200

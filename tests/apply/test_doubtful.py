"""Pictures that viewers show, but that are not perfect, can be had: kept as doubtful, and proof of nothing (I19)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.adapters import PlanRequest
from pinplan.apply.image_check import MAX_PIXELS_PER_BYTE, DoubtfulImage, check_complete
from pinplan.errors import ImageRefused
from pinplan.history.verify import FileStatus
from pinplan.model.base import Tracked
from pinplan.model.ids import PinId, Sha256
from pinplan.model.images import Content
from pinplan.pipeline import verify
from pinplan.plan.document import FindingKind
from pinplan.policies.duplicates import Duplicates, Remove
from pinplan.policies.mode import Mode
from pinplan.records.journal import ActionOutcome
from pinplan.render.reports import verify_lines
from tests.fakes import cut_bytes, image_bytes
from tests.worlds import SmallWorld, findings, kinds, rendition

CUT = "it is cut off: its end is missing"


def sent(world: SmallWorld, pin: PinId, *answers: bytes | Exception | None) -> list[str]:
    """Let the renditions of a pin, best first, be these; their addresses."""
    urls = [rendition.url for rendition in world.remote.pins_by_id[pin].images[0].renditions]
    world.images.answers.update({url: answer for url, answer in zip(urls, answers, strict=False) if answer is not None})
    return urls


def doubtful_pin(world: SmallWorld, data: bytes | None = None) -> PinId:
    pin = world.pin(world.board("Board"), "Cut")
    data = data or cut_bytes("cat")
    sent(world, pin, data, data)
    return pin


def tracked(world: SmallWorld, pin: PinId) -> Tracked | None:
    return next((record for record in world.state.base().tracked if record.pin_id == pin), None)


@pytest.mark.promise("I19")
def test_what_its_host_sends_again_and_again_is_kept_and_said(world):
    pin = doubtful_pin(world)
    result = world.apply()
    assert result.complete
    record = tracked(world, pin)
    assert record is not None
    assert (record.doubtful, record.width, record.height, record.format) == (CUT, 100, 200, "JPEG")
    assert world.library.files[record.path] == cut_bytes("cat")
    assert world.plan().actions == ()
    assert findings(world.plan()) == []
    notes = [receipt for receipt in world.state.journal() if receipt.receipt and "kept as doubtful" in receipt.receipt]
    assert len(notes) == 1


def test_verify_lists_what_is_doubtful_and_stays_well(world):
    pin = doubtful_pin(world)
    world.pin(world.board("Other"), "Good")
    world.apply()
    for quick in (False, True):
        proof = verify(world.adapters(), PlanRequest(policies=world.policies), quick=quick)
        assert proof.well
        assert [(file.pin_id, file.proof, file.problem) for file in proof.doubtful] == [(pin, FileStatus.DOUBTFUL, CUT)]
        text = "\n".join(line.text for line in verify_lines(proof))
        assert f"doubtful: Board/Cut [{pin}].jpg: {CUT}" in text


@pytest.mark.promise("I19")
@pytest.mark.parametrize(
    "data",
    [
        cut_bytes("cat", 100 * 200 // MAX_PIXELS_PER_BYTE - 1),
        b"broken, of no size".ljust(400),
        b"HEIC of a camera".ljust(400),
        b"<html>".ljust(400),
        b"",
        cut_bytes("cat~40x90"),
    ],
    ids=["a mere beginning", "no size", "not decoded", "text", "nothing", "a placeholder"],
)
def test_what_no_viewer_shows_is_refused_however_often_it_comes(world, data):
    doubtful_pin(world, data or b"\0")
    result = world.apply()
    assert result.count(ActionOutcome.FAILED) == 1
    assert (world.library.files, world.library.staging) == ({}, {})


@pytest.mark.promise("I19")
def test_what_comes_differently_each_time_or_without_its_length_is_refused(world, monkeypatch):
    pin = doubtful_pin(world)
    urls = sent(world, pin)
    world.images.unannounced.update(urls)
    assert world.apply().count(ActionOutcome.FAILED) == 1
    world.images.unannounced.clear()
    lengths = iter(range(400, 900))
    monkeypatch.setattr(
        world.images, "fetch", lambda url, into, announced=False: into.write(cut_bytes("cat", next(lengths)))
    )
    assert world.apply().count(ActionOutcome.FAILED) == 1
    assert world.library.files == {}


@pytest.mark.promise("I19")
@pytest.mark.parametrize(("form", "size", "kept"), [("JPEG", 6_000_000, True), ("PNG", 1_200_000, False)])
def test_what_is_too_large_to_decode_is_kept_unless_it_is_a_decompression_bomb(form, size, kept):
    content = Content(sha256=Sha256("1"), width=20_000, height=20_000, format=form, problem="too large to decode")
    with pytest.raises(ImageRefused) as refused:
        check_complete(rendition("cat"), content, size)
    assert isinstance(refused.value, DoubtfulImage) is kept


@pytest.mark.promise("I19")
@pytest.mark.parametrize("nearly_whole", [True, False])
def test_of_what_is_cut_hardly_more_than_the_end_may_be_missing(nearly_whole):
    facts = Content(sha256=Sha256("1"), width=100, height=200, format="JPEG", problem=CUT, damage=CUT)
    with pytest.raises(ImageRefused) as refused:
        check_complete(rendition("cat"), replace(facts, nearly_whole=nearly_whole), 9000)
    assert isinstance(refused.value, DoubtfulImage) is nearly_whole


def test_what_comes_whole_at_last_is_no_longer_doubtful(world, monkeypatch):
    pin = doubtful_pin(world)
    monkeypatch.setattr(
        world.images,
        "fetch",
        lambda url, into, announced=False: into.write(image_bytes("cat") if announced else cut_bytes("cat")),
    )
    assert world.apply().complete
    record = tracked(world, pin)
    assert record is not None
    assert record.doubtful is None


@pytest.mark.promise("I19")
def test_a_perfect_lesser_rendition_is_taken_before_a_doubtful_one(world):
    pin = world.pin(world.board("Board"), "Cut")
    sent(world, pin, cut_bytes("cat"))
    world.apply()
    record = tracked(world, pin)
    assert record is not None
    assert record.doubtful is None
    assert world.library.files[record.path].startswith(b"IMAGE ")


def test_a_refused_best_rendition_is_remembered_beside_a_doubtful_one(world):
    pin = world.pin(world.board("Board"), "Cut")
    best, _ = sent(world, pin, ImageRefused("x", "HTTP 403", status=403), cut_bytes("cat"))
    assert world.images.answers[best]
    world.apply()
    record = tracked(world, pin)
    assert record is not None
    assert record.doubtful == CUT
    (receipt,) = (one.receipt or "" for one in world.state.journal())
    assert '"reason":"HTTP 403"' in receipt


@pytest.mark.promise("I20")
@pytest.mark.parametrize("keep_a_copy", [False, True])
def test_a_doubtful_image_is_no_proof_for_a_delete(world, keep_a_copy):
    pin = doubtful_pin(world)
    world.apply()
    path = world.path_of(pin)
    if keep_a_copy:
        world.library.kept_files[".pinplan/trash/20260101T000000Z-aaaa/0001/x.jpg"] = world.library.files[path]
    world.library.remove(path)
    world.mode(Mode.TWO_WAY)
    assert world.apply().count(ActionOutcome.DONE) == 0
    assert (pin in world.remote.pins_by_id, world.remote.deleted) == (True, [])


@pytest.mark.promise("I21")
def test_a_doubtful_image_is_neither_keeper_nor_loser(world):
    """Even where its fingerprint says that it is the same picture."""
    board = world.board("Board")
    one, other = world.pin(board, "One", shown="cat~400x600"), world.pin(board, "Other", shown="cat~800x1200")
    world.apply()
    policy = Duplicates(remove=Remove.BOTH)
    assert kinds(world.plan(duplicates=policy)) == ["dedupe"]
    with world.state._db.transaction() as db:
        db.execute("UPDATE tracked SET doubtful = 'it is cut off' WHERE pin_id = ?", (other,))
    plan = world.plan(duplicates=policy)
    assert (kinds(plan), findings(plan)) == ([], [])
    assert {one, other} == set(world.remote.pins_by_id)


def test_a_damaged_doubtful_file_is_fetched_again(world):
    pin = doubtful_pin(world)
    world.apply()
    path = world.path_of(pin)
    world.library.write(path, b"broken")
    assert kinds(world.plan()) == ["replace"]
    assert world.apply().complete
    record = tracked(world, pin)
    assert record is not None
    assert (record.doubtful, world.library.files[path]) == (CUT, cut_bytes("cat"))


def test_an_edit_of_a_doubtful_file_is_never_touched(world):
    pin = doubtful_pin(world)
    world.apply()
    world.library.write(world.path_of(pin), image_bytes("mended by hand"))
    plan = world.plan()
    assert (plan.actions, findings(plan)) == ((), [FindingKind.MODIFIED_LOCALLY])


def test_copies_of_a_doubtful_image_are_doubtful(world):
    signature = "0123456789abcdef0123456789abcdef"
    board = world.board("Board")
    pins = [world.pin(board, f"{n}", shown="cat") for n in range(2)]
    for pin in pins:
        facts = world.remote.pins_by_id[pin]
        image = replace(facts.images[0], signature=signature)
        world.remote.pins_by_id[pin] = replace(facts, images=(image,))
        sent(world, pin, cut_bytes("cat"), cut_bytes("cat"))
    assert sorted(kinds(world.plan())) == ["copy_local", "download"]
    assert world.apply().complete
    assert [record.doubtful for record in world.state.base().tracked] == [CUT, CUT]
    # Another pin with the same image later fetches it itself.
    third = world.pin(board, "later", shown="cat")
    facts = world.remote.pins_by_id[third]
    world.remote.pins_by_id[third] = replace(facts, images=(replace(facts.images[0], signature=signature),))
    assert kinds(world.plan()) == ["download"]

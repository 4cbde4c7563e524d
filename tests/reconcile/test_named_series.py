"""Pictures whose names differ only in a number: one pin where the config says so, and never guessed."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.actions import UploadCarousel
from pinplan.model.ids import BoardId
from pinplan.model.text_form import fold
from pinplan.plan.document import Plan, Scope
from pinplan.policies.mode import Mode
from pinplan.policies.uploads import Carousels, Uploads
from tests.fakes import image_bytes
from tests.worlds import SmallWorld, findings, kinds

NAMES = Uploads(own_content=True, carousels=Carousels.NAMES)


@pytest.fixture
def studio(world: SmallWorld) -> SmallWorld:
    """Board Cats with one pin; the library publishes, and series of names become carousels."""
    world.pin(world.board("Cats"), "Old")
    world.apply()
    world.mode(Mode.PUBLISH)
    world.policies = replace(world.policies, uploads=NAMES)
    return world


def put(world: SmallWorld, *names: str, folder: str = "Cats", shown: Sequence[str] = ()) -> None:
    for number, name in enumerate(names):
        what = shown[number] if shown else f"{name.replace(' ', '')}"
        world.library.write(f"{folder}/{name}", image_bytes(what))


def said(plan: Plan) -> list[tuple[str, str, str, int]]:
    return [(one.kind.value, one.address, one.message, one.count) for one in plan.findings]


def series_of(plan: Plan) -> list[tuple[str | None, list[str]]]:
    """Title and names of each carousel."""
    return [
        (one.pin.title, [file.source.rpartition("/")[2] for file in one.files])
        for one in plan.actions
        if isinstance(one, UploadCarousel)
    ]


@pytest.mark.promise("I31")
def test_a_series_becomes_one_pin(studio):
    put(studio, "rome-2.png", "rome-1.jpg", "rome-3.jpg", "alone.jpg", "covid-6.jpg")
    studio.library.write("Cats/rome-2.png.xmp", b"stars")
    plan = studio.plan()
    assert sorted(kinds(plan)) == ["upload", "upload", "upload_carousel"]
    assert (series_of(plan), said(plan)) == ([("rome", ["rome-1.jpg", "rome-2.png", "rome-3.jpg"])], [])
    (action,) = (one for one in plan.actions if isinstance(one, UploadCarousel))
    assert action.address == "Cats/rome"
    assert "publish rome-1.jpg, rome-2.png, rome-3.jpg of Cats as one pin in Cats" in action.describe().effect
    before = dict(studio.library.files)
    assert studio.apply(plan).complete
    pin = next(pin for pin in studio.remote.pins_by_id.values() if pin.title == "rome")
    assert {f"Cats/rome [{pin.id}]-{slot}" for slot in (1, 2, 3)} == {
        path.partition(".")[0] for path in studio.library.files if pin.id in path
    }
    assert f"Cats/rome [{pin.id}]-2.png.xmp" in studio.library.files
    assert (kinds(studio.plan()), findings(studio.plan())) == ([], [])
    assert studio.apply(studio.undo()).complete
    assert studio.library.files == before


@pytest.mark.promise("I31")
def test_without_the_setting_numbered_pictures_are_pins_of_their_own(studio):
    put(studio, "rome-1.jpg", "rome-2.jpg")
    studio.policies = replace(studio.policies, uploads=Uploads(own_content=True))
    assert kinds(studio.plan()) == ["upload", "upload"]


@pytest.mark.promise("I31")
@pytest.mark.parametrize(
    ("names", "name", "why"),
    [
        (("rome-1.jpg", "rome-3.jpg"), "rome", "number 2 is missing"),
        (("rome-2.jpg", "rome-3.jpg"), "rome", "number 1 is missing"),
        (("rome-2.jpg",), "rome", "number 1 is missing"),
        (("rome-5.jpg",), "rome", "number 1 is missing"),
        (("rome-1.jpg",), "rome", "1 picture, a carousel takes 2 to 5"),
        (tuple(f"rome-{n}.jpg" for n in range(1, 7)), "rome", "6 pictures, a carousel takes 2 to 5"),
        (("rome-0.jpg", "rome-1.jpg"), "rome", "rome-0.jpg has the number 0; the first picture has 1"),
        (("rome-0.jpg",), "rome", "rome-0.jpg has the number 0; the first picture has 1"),
        (("rome-01.jpg", "rome-02.jpg"), "rome", "rome-01.jpg has the number 01; expected 1"),
        (("rome-1.jpg", "rome-02.jpg"), "rome", "rome-02.jpg has the number 02; expected 2"),
        (("rome-1.jpg", "rome-\uff12.jpg"), "rome", "rome-\uff12.jpg has the number \uff12; expected 2"),
        (("rome-1.jpg", "rome-1.png", "rome-2.jpg"), "rome", "rome-1.jpg and rome-1.png have the same number"),
        (("rome-1.jpg", "Rome-2.jpg"), "rome", "rome-1.jpg and Rome-2.jpg are spelled differently"),
        (("rome-1.jpg", "rome -2.jpg"), "rome", "rome-1.jpg and rome -2.jpg are spelled differently"),
        (("IMG-2023.jpg", "IMG-2024.jpg"), "IMG", "number 1 is missing"),
    ],
)
def test_what_looks_like_a_series_and_is_none_is_not_uploaded_at_all(studio, names, name, why):
    put(studio, *names)
    put(studio, "alone.jpg")
    plan = studio.plan()
    assert [one.address for one in plan.actions] == ["Cats/alone.jpg"]
    ((kind, address, message, count),) = said(plan)
    assert (kind, address, count) == ("cannot_upload", f"Cats/{name}", len(names))
    how = "rename what is" if "takes 2 to 5" in why else "number them 1, 2, 3 …, or rename what is"
    assert message.endswith(f"for one pin: {why}; nothing of it is uploaded; {how} to be a pin of its own")
    assert plan.findings[0].path == (f"Cats/{names[0]}" if len(names) == 1 else None)


def test_pictures_of_unequal_size_are_no_carousel(studio):
    put(studio, "rome-1.jpg", "rome-2.jpg", shown=("a", "b~300x400"))
    plan = studio.plan()
    assert kinds(plan) == []
    assert plan.findings[0].message.endswith(
        "rome-1.jpg is 100×200, rome-2.jpg is 300×400; the pictures of a carousel need equal width and height; "
        "nothing of it is uploaded; rename what is to be a pin of its own"
    )


@pytest.mark.parametrize(
    ("name", "data", "kind", "why"),
    [
        ("rome-2.jpg", b"broken", "cannot_upload", ": rome-2.jpg: it is cut off"),
        ("rome-2.jpg", image_bytes("m~moving"), "cannot_upload", "rome-2.jpg: it is animated"),
        ("rome-2.jpg", image_bytes("Old"), "already_pinned", "rome-2.jpg: pin 9002 shows the same picture"),
    ],
)
def test_one_bad_picture_keeps_all_of_its_series(studio, name, data, kind, why):
    if kind == "already_pinned":
        data = next(iter(studio.library.files.values()))
    put(studio, "rome-1.jpg")
    studio.library.write(f"Cats/{name}", data)
    plan = studio.plan()
    assert (kinds(plan), findings(plan), plan.findings[0].count) == ([], [kind], 2)
    assert why in plan.findings[0].message


def test_a_series_waits_for_files_that_are_still_written(studio):
    put(studio, "rome-1.jpg", "rome-2.jpg")
    now = int(studio.clock.now().timestamp() * 1e9)
    put(studio, "rome-3.jpg")
    studio.library.times["Cats/rome-3.jpg"] = now
    plan = studio.plan()
    assert (kinds(plan), findings(plan)) == ([], ["new_here"])
    assert "changed in the last 10 seconds" in plan.findings[0].message


@pytest.mark.promise("I12")
def test_a_picture_that_joins_later_is_no_pin_of_its_own(studio):
    put(studio, "rome-1.jpg", "rome-2.jpg")
    plan = studio.plan()
    put(studio, "rome-3.jpg")
    assert series_of(studio.plan()) == [("rome", ["rome-1.jpg", "rome-2.jpg", "rome-3.jpg"])]
    # What was planned is what is published; what joined is reported.
    assert studio.apply(plan).complete
    assert [len(pin.images) for pin in studio.remote.pins_by_id.values()] == [1, 2]
    later = studio.plan()
    assert (kinds(later), findings(later)) == ([], ["cannot_upload"])
    assert "number 1 is missing" in later.findings[0].message
    studio.library.rename("Cats/rome-3.jpg", "Cats/rome by night.jpg")
    assert kinds(studio.plan()) == ["upload"]


def test_series_of_two_folders_are_two(studio):
    studio.section(BoardId(next(iter(studio.remote.boards_by_id))), "Young")
    put(studio, "a-1.jpg", "a-2.jpg", "b-1.jpg", "b-2.jpg")
    put(studio, "a-1.jpg", "a-2.jpg", folder="Cats/Young", shown=("c", "d"))
    put(studio, "1.jpg", "2.jpg", folder="Cats/Trip")
    studio.library.write("Cats/Trip/.pin", b"")
    plan = studio.plan()
    assert [one.address for one in plan.actions] == ["Cats/Trip", "Cats/Young/a", "Cats/a", "Cats/b"]
    assert set(kinds(plan)) == {"upload_carousel"}


def test_a_series_gets_the_board_of_its_folder(studio):
    put(studio, "a-1.jpg", "a-2.jpg", folder="Birds")
    put(studio, "a-1.jpg", "a-3.jpg", folder="Dogs", shown=("c", "d"))
    plan = studio.plan()
    assert (sorted(kinds(plan)), [one.address for one in plan.findings]) == (
        ["create_board", "upload_carousel"],
        ["Dogs/a"],
    )
    assert studio.apply(plan).complete


@pytest.mark.promise("I9")
@pytest.mark.promise("I31")
def test_no_scope_makes_a_pin_of_a_part(studio):
    put(studio, "rome-1.jpg", "rome-2.jpg", "rome-3.jpg", "alone.jpg")
    put(studio, "1.jpg", "2.jpg", "3.jpg", folder="Cats/Trip")
    studio.library.write("Cats/Trip/.pin", b"")

    def of(**scope: tuple[str, ...]) -> list[str]:
        plan = studio.plan(scope=Scope(**scope))
        assert all(len(one.files) == 3 for one in plan.actions if isinstance(one, UploadCarousel))
        return [one.address for one in plan.actions]

    assert of(targets=("Cats/rome",)) == ["Cats/rome"]
    assert of(targets=("Cats/rome-1.jpg",)) == []
    assert of(excludes=("Cats/rome-3.jpg",)) == ["Cats/Trip", "Cats/alone.jpg"]
    assert of(excludes=("Cats/Trip/3.jpg",)) == ["Cats/alone.jpg", "Cats/rome"]
    assert of(excludes=("Cats/Trip", "Cats/rome")) == ["Cats/alone.jpg"]


def test_a_name_in_two_unicode_forms_is_one(studio):
    word = "Caf\u00e9"
    put(studio, f"{word}-1.jpg", f"{unicodedata.normalize('NFD', word)}-2.jpg", shown=("a", "b"))
    assert [title for title, _ in series_of(studio.plan())] == [word]


# -- laws

stems = st.sampled_from(
    ["rome", "Rome", "ROME ", "caf\u00e9", "cafe\u0301", "stra\u00dfe", "STRASSE", "a-1", "動物", "🐈"]
)
numbers = st.sampled_from(["0", "1", "2", "3", "4", "5", "6", "01", "002", "19", "2024", "\u0661", ""])
extensions = st.sampled_from([".jpg", ".JPG", ".png", ".webp"])
names = st.builds(
    lambda stem, number, extension: f"{stem}-{number}{extension}" if number else f"{stem}{extension}",
    stems,
    numbers,
    extensions,
)


def planned(names_in_order: Sequence[str], shown: Sequence[str]) -> Plan:
    """The plan of a library into which files came in this order; each shows a picture of its own."""
    world = SmallWorld()
    try:
        world.pin(world.board("Cats"), "Old")
        world.apply()
        world.mode(Mode.PUBLISH)
        world.policies = replace(world.policies, uploads=NAMES)
        for name in names_in_order:
            number = shown.index(name)
            world.library.write(f"Cats/{name}", image_bytes(f"shows{number}"))
            world.library.times[f"Cats/{name}"] = number + 1
        return world.plan()
    finally:
        world.close()


@pytest.mark.promise("I8")
@pytest.mark.promise("I31")
@given(st.lists(names, unique=True, max_size=9), st.integers(0, 1000))
@example(["rome-1.jpg", "rome-2.jpg", "rome.jpg"], 1)
@example([f"rome-{number}.jpg" for number in range(1, 6)], 2)
def test_every_picture_is_published_once_or_reported_in_whatever_order_they_came(some, seed):
    shuffled = list(some)
    random.Random(seed).shuffle(shuffled)
    plan, other = planned(some, some), planned(shuffled, some)
    assert (plan.actions, plan.findings) == (other.actions, other.findings)
    sent = [path for one in plan.actions for path in one.affected_paths()]
    assert len(sent) == len(set(sent))
    assert len(sent) + sum(one.count for one in plan.findings) == len(some)
    for one in plan.actions:
        if isinstance(one, UploadCarousel):
            stems = [unicodedata.normalize("NFC", file.source).rpartition(".")[0] for file in one.files]
            assert 2 <= len(stems) <= 5
            assert stems == [f"Cats/{one.pin.title}-{slot}" for slot in range(1, len(stems) + 1)]
        else:
            # What may be a slot is never a pin of its own.
            number = one.address.rpartition(".")[0].rpartition("-")[2]
            assert not (number.isdecimal() and int(number) <= 5)


@pytest.mark.promise("I31")
@given(st.lists(names, unique=True, min_size=1, max_size=9), st.data())
def test_a_picture_that_joins_changes_only_its_own_series(some, data):
    late = data.draw(st.sampled_from(some))
    before = planned([name for name in some if name != late], some)
    after = planned(some, some)
    name = fold(late.rpartition(".")[0].rpartition("-")[0] or late).strip()

    def others(plan: Plan) -> list[str]:
        paths = [str(path).partition("/")[2] for one in plan.actions for path in one.affected_paths()]
        return [path for path in paths if not fold(path).startswith(name)]

    assert others(before) == others(after)

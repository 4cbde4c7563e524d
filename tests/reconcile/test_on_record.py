"""Whether an action is about what the base has on record: over actions that only say what they are about."""

from __future__ import annotations

import unicodedata
from typing import Any, cast

import pytest
from msgspec import Struct
from msgspec.structs import replace

from pinplan.actions import AnyAction
from pinplan.actions.base import Phase
from pinplan.actions.provisions import Claim
from pinplan.actions.receipts import Drop, Put, Receipt
from pinplan.model.base import Tracked
from pinplan.model.ids import PinId, RelPath, Sha256
from pinplan.reconcile.on_record import OnRecord, records_before
from tests.apply.steps import of
from tests.worlds import tracked

ONE, OTHER = tracked("501", "a/x.jpg"), tracked("502", "b.jpg")
SECOND = replace(ONE, path=RelPath("a/y.jpg"), slot=1)
SHA = ONE.sha256


class About(Struct, kw_only=True):
    """What an action says that it is about."""

    of: tuple[Tracked, ...] = ()
    claimed: tuple[Claim, ...] = ()
    paths: tuple[str, ...] = ()
    pins: tuple[PinId, ...] = ()
    new: tuple[str, ...] = ()
    home: str | None = None
    wrong: str | None = None
    deletes: bool = False
    pin_id: PinId = PinId("501")

    @property
    def trait(self) -> Any:
        return of(Phase.REMOTE, deletes_remote=self.deletes)

    def misfit(self) -> str | None:
        return self.wrong

    def records(self) -> tuple[Tracked, ...]:
        return self.of

    def claims(self) -> tuple[Claim, ...]:
        return self.claimed

    def untracked(self) -> tuple[str, ...]:
        return self.new

    def affected_paths(self) -> tuple[str, ...]:
        return self.paths

    def known_pins(self) -> tuple[PinId, ...]:
        return self.pins

    def brings_home(self) -> str | None:
        return self.home


def why_not(about: About, *records: Tracked, created: tuple[PinId, ...] = ()) -> str | None:
    return OnRecord(records or (ONE, OTHER), created).why_not(cast("AnyAction", about))


def claim(pin: str = "501", path: str = "a/x.jpg", sha256: str = SHA, slot: int | None = 0) -> Claim:
    return Claim(PinId(pin), RelPath(path), Sha256(sha256), slot)


@pytest.mark.promise("I11")
def test_an_action_that_does_not_fit_its_own_parts_is_refused_first():
    assert why_not(About(wrong="its parts differ", of=(SECOND,))) == "its parts differ"
    assert why_not(About()) is None


DECOMPOSED = replace(ONE, path=RelPath(unicodedata.normalize("NFD", "é.jpg")))
COMPOSED = replace(ONE, path=RelPath(unicodedata.normalize("NFC", "é.jpg")))
AWAY = replace(ONE, path=RelPath("elsewhere.jpg"), mtime_ns=9)


@pytest.mark.promise("I11")
@pytest.mark.parametrize(
    ("planned", "on_record", "home", "fits"),
    [
        (ONE, ONE, None, True),
        (replace(ONE, width=2), ONE, None, False),
        (replace(ONE, path=RelPath("c.jpg")), ONE, None, False),
        (SECOND, ONE, None, False),
        (replace(ONE, pin_id=PinId("503")), ONE, None, False),
        (DECOMPOSED, COMPOSED, None, True),
        (COMPOSED, DECOMPOSED, None, True),
        (replace(DECOMPOSED, width=2), COMPOSED, None, False),
        (AWAY, ONE, "a/x.jpg", True),
        (AWAY, ONE, "c.jpg", False),
        (AWAY, ONE, None, False),
        (replace(AWAY, width=2), ONE, "a/x.jpg", False),
    ],
)
def test_a_record_of_a_plan_is_that_of_the_base(planned, on_record, home, fits):
    said = f"the library does not track {planned.path} as the plan says"
    assert why_not(About(of=(planned,), home=home), on_record) == (None if fits else said)
    assert why_not(About(of=(on_record, planned), home=home), on_record) == (None if fits else said)


@pytest.mark.promise("I11")
@pytest.mark.parametrize(
    ("claimed", "home", "fits"),
    [
        (claim(), None, True),
        (claim(slot=None), None, True),
        (claim(slot=1), None, False),
        (claim(sha256="1" * 64), None, False),
        (claim(pin="502"), None, False),
        (claim(path="c.jpg"), None, False),
        (claim(path="c.jpg"), "a/x.jpg", True),
        (claim(path="c.jpg"), "d.jpg", False),
        (claim(path="c.jpg", slot=None), "a/x.jpg", False),
        (claim(path="c.jpg", slot=3), "a/x.jpg", False),
        (claim(path="c.jpg", sha256="1" * 64), "a/x.jpg", False),
    ],
)
def test_a_file_that_is_moved_or_deleted_is_tracked_as_the_one_that_it_is(claimed, home, fits):
    said = f"the library does not track {claimed.path} as a file of pin {claimed.pin_id}"
    assert why_not(About(claimed=(claimed,), home=home)) == (None if fits else said)


def test_a_claim_holds_in_any_spelling_of_a_name():
    assert why_not(About(claimed=(claim(path=DECOMPOSED.path),)), COMPOSED) is None


@pytest.mark.promise("I11")
@pytest.mark.parametrize(
    ("path", "fits"),
    [
        ("a/x.jpg", True),
        ("a/x.jpg.xmp", True),
        ("a/x.xmp", True),
        ("a/y.jpg", False),
        ("b.jpg", False),
        ("a/y.xmp", False),
    ],
)
def test_nothing_is_touched_but_what_is_claimed_and_what_goes_with_it(path, fits):
    about = About(claimed=(claim(),), paths=("a/x.jpg", path))
    assert why_not(about) == (None if fits else f"the library does not track {path}")


@pytest.mark.promise("I11")
@pytest.mark.parametrize(("path", "fits"), [("a/x.xmp", True), ("b.xmp", True), ("c.xmp", False)])
def test_of_two_pictures_each_takes_along_what_is_its_own(path, fits):
    about = About(claimed=(claim(), claim(pin="502", path="b.jpg")), paths=("a/x.jpg", "b.jpg", path))
    assert why_not(about) == (None if fits else f"the library does not track {path}")


@pytest.mark.promise("I11")
def test_a_pin_is_known_by_a_file_of_the_base_or_because_pinplan_created_it():
    about = About(pins=(PinId("501"), PinId("503")))
    assert why_not(about) == "the library does not track pin 503"
    assert why_not(about, created=(PinId("503"),)) is None
    assert why_not(about, ONE, replace(OTHER, pin_id=PinId("503"))) is None


@pytest.mark.promise("I11")
@pytest.mark.parametrize(
    ("records", "deletes", "why"),
    [
        ((ONE, SECOND), True, None),
        ((ONE,), True, "the plan leaves out 1 of the files of pin 501"),
        ((), True, "the plan leaves out 2 of the files of pin 501"),
        ((ONE,), False, None),
    ],
)
def test_a_pin_is_deleted_only_with_all_its_files(records, deletes, why):
    assert why_not(About(of=records, deletes=deletes), ONE, SECOND, OTHER) == why
    assert why_not(About(of=(), deletes=deletes, pin_id=PinId("9")), ONE, SECOND, OTHER) is None


def test_what_was_on_record_before_a_run_is_found_by_taking_back_what_it_did():
    def did(*records: Tracked) -> AnyAction:
        return cast("AnyAction", About(of=records))

    moved = replace(ONE, path=RelPath("c.jpg"))
    again = replace(moved, path=RelPath("d.jpg"))
    new = tracked("503", "new.jpg")
    done = [
        (did(ONE), Receipt(changes=(Put(moved),))),
        (did(moved), Receipt(changes=(Put(again),))),
        (did(), Receipt(changes=(Put(new),))),
        (did(OTHER), Receipt(changes=(Drop(OTHER.pin_id, 0),))),
    ]
    assert set(records_before([again, new], done)) == {ONE, OTHER}
    assert records_before([ONE], []) == (ONE,)

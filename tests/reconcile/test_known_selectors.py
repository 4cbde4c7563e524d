"""What a selector may match, as a table: both sides, the base, what is planned, and what could not be read."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from pinplan.model.ids import BoardId, PinId, RelPath, SectionId
from pinplan.model.pins import Section
from pinplan.model.snapshots import UnknownPath
from pinplan.plan.document import Scope
from pinplan.policies.bundle import BoardPolicy, Policies
from pinplan.policies.duplicates import Duplicates
from pinplan.policies.mode import GonePin, MissingFile, Mode, answers_of
from pinplan.policies.protect import Protect
from pinplan.reconcile.plan_input import PlanInput
from pinplan.reconcile.scope import Known, Written, problem_of, written_in
from tests.fakes import ME
from tests.reconcile.test_planner import file, pin, record, world

PLACE, BOARD, PIN, FILE = "place", "board", "pin", "file"
RECORDS = [
    record("501"),
    record("601", "Old/Kittens/Cat [601].jpg", board_id=BoardId("9"), container="Old/Kittens"),
]


def known(*unread: str, unknown: tuple[str, ...] = (), **facts: Any) -> PlanInput:
    """Boards ``Board`` and ``Other``; the base also has a file of a board that is no longer listed, called ``Old``.

    Args:
        unread: names of boards that could not be read to the end.
        unknown: paths that could not be read.
    """
    made = world(pin("501"), pin("502"), records=RECORDS, files=[file("Board/mine.jpg")], **facts)
    boards = tuple(
        replace(board, complete=board.board.name not in unread, problem="HTTP 500", sections=sections)
        for board, sections in zip(made.remote.boards, ((Section(id=SectionId("7"), name="Dogs"),), ()), strict=True)
    )
    paths = tuple(UnknownPath(path=RelPath(path), reason="EACCES") for path in unknown)
    return replace(made, remote=replace(made.remote, boards=boards), local=replace(made.local, unknown=paths))


def selects(text: str, *about: str, inputs: PlanInput | None = None) -> bool:
    return Known(inputs or known()).selects(Written(where="--target", text=text, about=frozenset(about)))


@pytest.mark.promise("I9")
@pytest.mark.parametrize(
    ("text", "about"),
    [
        *((text, {BOARD, PLACE, FILE}) for text in ("board", "Boar?", "Old", "O[l]d")),
        *((text, {BOARD, PLACE}) for text in ("OTHER", "id:1", "id:9", f"https://pinterest.com/{ME.username}/other/")),
        *((text, {PLACE}) for text in ("Board/Dogs", "Board/502", "Board/501", "Old/Kittens/601", "Old/Kittens/6??")),
        *((text, {PLACE, FILE}) for text in ("Old/Kittens", "board/*", "Old/*", "*601*")),
        *((text, {PIN}) for text in ("501", "502", "601", "https://www.pinterest.com/pin/601/")),
        *((text, {FILE}) for text in ("Board/mine.jpg", "*/mine.*", "Old/Kittens/Cat [[]601].jpg")),
        *((text, set[str]()) for text in ("Dogs", "503", "Board/503", "Old/Dogs", "Board/nothing.jpg")),
    ],
)  # fmt: skip
def test_a_selector_is_known_where_what_it_is_for_was_seen_or_is_on_record(text, about):
    """The board's name is that of its folder, too."""
    assert {one for one in (PLACE, BOARD, PIN, FILE) if selects(text, one)} == about


@pytest.mark.promise("I2")
@pytest.mark.parametrize(("about", "may"), [(FILE, True), (PLACE, False), (BOARD, False), (PIN, False)])
@pytest.mark.parametrize("text", ["best/x.jpg", "999", "x*"])
def test_any_file_may_be_in_what_could_not_be_read(about, may, text):
    assert selects(text, about, inputs=known(unknown=("locked",))) is may
    assert not selects(text, about)


@pytest.mark.promise("I1")
@pytest.mark.parametrize(
    ("text", "about", "unread", "may"),
    [
        ("Board/Birds", PLACE, ("Board",), True),
        ("Board/Birds", PLACE, ("Board", "Other"), True),
        ("Board/Birds", PLACE, ("Other",), False),
        ("B*/Birds", PLACE, ("Other",), True),
        ("999", PIN, ("Other",), True),
        ("999", PIN, (), False),
        ("Birds", PLACE, ("Board",), False),
        ("Birds*", BOARD, ("Board",), False),
        ("999", BOARD, ("Board",), False),
    ],
)
def test_a_board_that_could_not_be_read_may_have_any_section_and_pin(text, about, unread, may):
    """Boards themselves are all known: only what is on them was not read."""
    assert selects(text, about, inputs=known(*unread)) is may


# -- where they are written ------------------------------------------------------------------------------------------


@pytest.mark.promise("I9")
def test_every_selector_is_known_by_where_it_is_written_and_what_it_is_for():
    policies = Policies(
        include=("a",),
        exclude=("b",),
        ignore_pins=(PinId("1"),),
        overrides=(BoardPolicy(board="c", mode=Mode.ARCHIVE), BoardPolicy(board="d", mode=Mode.TWO_WAY)),
        duplicates=Duplicates(reference=("e",)),
        of_others=("f",),
        protect=Protect(boards=("g",), pins=(PinId("2"),), globs=("h",)),
        gone_pin=TRASH,
        missing_file=DELETE,
    )
    scope = Scope(targets=("i",), excludes=("j",), restore=("k",), accept=("l",))
    found = list(written_in(replace(known(), policies=policies, scope=scope)))
    assert {(one.where, one.text): set(one.about) for one in found} == {
        ("--target", "i"): {PLACE, PIN},
        ("--exclude", "j"): {PLACE, PIN},
        ("--restore", "k"): {PLACE, PIN, FILE},
        ("--accept", "l"): {PLACE, PIN, FILE},
        ("[boards] include", "a"): {BOARD},
        ("[boards] exclude", "b"): {BOARD},
        ("[boards] ignore_pins", "1"): {PIN},
        ("[[override]] board", "c"): {BOARD},
        ("[[override]] board", "d"): {BOARD},
        ("[dedupe] reference", "e"): {BOARD},
        ("[sync] delete_pins_of_others", "f"): {BOARD, PIN},
        ("[protect] boards", "g"): {BOARD},
        ("[protect] pins", "2"): {PIN},
        ("[protect] globs", "h"): {FILE},
    }
    assert [one.text for one in found if one.protects] == ["c", "g", "2", "h"]
    assert [one.text for one in found if one.typed] == ["i", "j", "k", "l"]
    assert list(written_in(replace(known(), policies=Policies(), scope=Scope()))) == [
        Written(where="[boards] include", text="*", about=frozenset({BOARD}))
    ]


# -- overrides that protect ------------------------------------------------------------------------------------------

KEEP, TRASH = GonePin.KEEP, GonePin.TRASH
LEAVE, FETCH, DELETE = MissingFile.LEAVE, MissingFile.DOWNLOAD, MissingFile.DELETE


@pytest.mark.promise("I9")
@pytest.mark.parametrize(
    ("mode", "override", "protects"),
    [
        (Mode.TWO_WAY, {"mode": Mode.ARCHIVE}, True),
        (Mode.TWO_WAY, {"mode": Mode.MIRROR}, True),
        (Mode.TWO_WAY, {"mode": Mode.TWO_WAY}, False),
        (Mode.TWO_WAY, {"gone_pin": KEEP}, True),
        (Mode.TWO_WAY, {"gone_pin": TRASH}, False),
        (Mode.TWO_WAY, {"missing_file": LEAVE}, True),
        (Mode.TWO_WAY, {"missing_file": FETCH}, True),
        (Mode.TWO_WAY, {"missing_file": DELETE}, False),
        (Mode.TWO_WAY, {"mode": Mode.ARCHIVE, "missing_file": DELETE}, True),
        (Mode.TWO_WAY, {"mode": Mode.ARCHIVE, "gone_pin": TRASH}, True),
        (Mode.TWO_WAY, {"mode": Mode.ARCHIVE, "gone_pin": TRASH, "missing_file": DELETE}, False),
        (Mode.MIRROR, {"mode": Mode.ARCHIVE}, True),
        (Mode.MIRROR, {"mode": Mode.TWO_WAY}, False),
        (Mode.MIRROR, {"missing_file": LEAVE}, False),
        (Mode.MIRROR, {"gone_pin": KEEP, "missing_file": DELETE}, True),
        (Mode.ARCHIVE, {"mode": Mode.ARCHIVE}, False),
        (Mode.ARCHIVE, {"mode": Mode.TWO_WAY}, False),
        (Mode.ARCHIVE, {"missing_file": FETCH}, False),
    ],
)
def test_an_override_protects_where_it_deletes_less_than_the_defaults(mode, override, protects):
    answers = answers_of(mode)
    policies = Policies(
        gone_pin=answers.gone_pin,
        missing_file=answers.missing_file,
        overrides=(BoardPolicy(board="Natuer", **override),),
    )
    (written,) = (one for one in written_in(replace(known(), policies=policies)) if one.text == "Natuer")
    assert written == Written(where="[[override]] board", text="Natuer", about=frozenset({BOARD}), protects=protects)


# -- what is said ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "about", "said"),
    [
        ("999", {PIN}, "x 999: matches nothing"),
        ("Boarb", {BOARD}, "x Boarb: matches nothing; did you mean Board?"),
        ("Old/Kitten", {BOARD, PIN}, "x Old/Kitten: matches nothing; available: Board, Other"),
        ("Old/Kitten", {PLACE, PIN}, "x Old/Kitten: matches nothing; did you mean Old/Kittens?"),
        (" ", {PIN}, "x “ ”: matches nothing, it is empty"),
        (" ", {BOARD}, "x “ ”: matches nothing, it is empty; available: Board, Other"),
    ],
)
def test_names_like_it_are_of_what_the_option_is_for(text, about, said):
    assert problem_of(Written(where="x", text=text, about=frozenset(about)), known()) == said

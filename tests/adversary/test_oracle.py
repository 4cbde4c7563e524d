"""The judge is judged: each kind of lie, handed to it, is caught; and what is true is let pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.adversary.invariants import INVARIANTS, judged
from tests.adversary.network import TOKEN, Write
from tests.adversary.oracle import Look, Seen, SeenPin
from tests.adversary.runner import workplace
from tests.adversary.stage import Ran, Stage, on_stage
from tests.adversary.still import stillness
from tests.adversary.story import Story

SETUP = {
    "config": {"sync": {"mode": "two-way"}, "protect": {"boards": ["Kept"]}, "limits": {"max_remote_delete_count": 1}},
    "boards": [{"name": "Animals", "sections": []}, {"name": "Kept", "sections": []}],
    "pins": [[0, -1, "small", 1], [0, -1, "large", 2], [1, -1, "small", 3]],
}
Lie = Callable[[Stage, Ran], None]


def seen(stage: Stage, picture: str, how: str, detail: int = 96 * 72) -> Seen:
    data = f"{picture} {how} {detail}".encode()
    stage.oracle.learn(data, picture, how, detail)
    digest = next(
        key
        for key, made in stage.oracle.made.items()
        if (made.picture, made.how, made.detail) == (picture, how, detail)
    )
    return Seen(digest, len(data), 1)


def truth(stage: Stage) -> Ran:
    """An apply that did nothing wrong: files of three pins, one of their own, one in the trash."""
    look = Look(adapters={"letter.txt": Seen("0", 1, 1)})
    for number, pin in enumerate(stage.pins(), start=1):
        made = stage.oracle.shown_by(pin.pictures[0])
        look.files[f"Animals/Pin {number} [{pin.id}].jpg"] = seen(stage, made.picture, "served", made.detail)
        look.pins[pin.id] = SeenPin(pin.board_id, None, pin.title, (made.picture,), pin.owner, details=(made.detail,))
    look.files["mine.jpg"] = seen(stage, "own1", "own")
    look.files["note.txt"] = seen(stage, "note", "text", 0)
    look.trash[".pinplan/trash/r/1/old.jpg"] = seen(stage, "p77", "served")
    after = Look(dict(look.files), dict(look.trash), dict(look.adapters), dict(look.pins))
    return Ran(
        ("apply", "plan.json"),
        look,
        code=0,
        out="Applied: 0 actions done.",
        after=after,
        plan={"digest": "d", "actions": []},
    )


def first(ran: Ran) -> str:
    return min(ran.before.pins, key=int)


def delete(stage: Stage, ran: Ran, pin_id: str, **changes: Any) -> None:
    """The pin is deleted as planned, with its file in the trash; what is at that moment can be changed."""
    path = next((path for path in ran.after.files if pin_id in path), "")
    if path:
        ran.after.trash[f".pinplan/trash/r/2/{path}"] = ran.after.files.pop(path)
    ran.after.trash[f".pinplan/trash/r/2/{pin_id}.json"] = Seen("facts", 1, 1)
    board = ran.before.pins[pin_id].board
    ran.plan["actions"].append({"id": "1", "kind": "delete_remote", "pin_id": pin_id, "board_id": board})
    moment = Look(dict(ran.after.files), dict(ran.after.trash), dict(ran.after.adapters), dict(ran.before.pins))
    ran.deleted.append((pin_id, replace(moment, **changes)))
    ran.after.pins.pop(pin_id)
    ran.writes.append(Write("DELETE", f"/v5/pins/{pin_id}", b"", 204, lost=False, deleted=pin_id))


def a_delete_that_is_right(stage: Stage, ran: Ran) -> None:
    delete(stage, ran, first(ran))


def file_vanishes(_stage: Stage, ran: Ran) -> None:
    ran.after.files.pop(next(path for path in ran.after.files if first(ran) in path))


def trash_shrinks(_stage: Stage, ran: Ran) -> None:
    ran.after.trash.clear()


def picture_gets_smaller(stage: Stage, ran: Ran) -> None:
    large = next(pin for pin in ran.before.pins if ran.before.pins[pin].pictures == ("p2",))
    delete(stage, ran, large)
    for look in (ran.after, ran.deleted[0][1]):
        look.trash = {path: seen(stage, "p2", "served", 600 * 450) for path in look.trash if large in path}


def nothing_is_kept(stage: Stage, ran: Ran) -> None:
    delete(stage, ran, first(ran), trash={})


def deleted_beside(how: str) -> Lie:
    def lie(stage: Stage, ran: Ran) -> None:
        shown = ran.before.pins[first(ran)].pictures[0]
        delete(stage, ran, first(ran))
        ran.deleted[0][1].files[f"x [{first(ran)}].heic" if how in {"opaque", "broken"} else "y.jpg"] = seen(
            stage, shown, how, 640 * 480
        )

    return lie


def another_picture_goes(stage: Stage, ran: Ran) -> None:
    one, other = sorted(ran.before.pins)[:2]
    delete(stage, ran, one)
    ran.plan["actions"][0] |= {"kind": "dedupe", "keeper": {"pin": {"pin_id": other}}}


def pair(stage: Stage, ran: Ran) -> tuple[str, str, dict[str, Any]]:
    kept, lost = sorted(path for path in ran.before.files if "[" in path)[:2]
    action = {
        "id": "1",
        "kind": "dedupe",
        "remove": "both",
        "address": "Animals/1",
        "board_id": "1",
        "pin_id": first(ran),
        "before": {"path": lost},
        "keeper": {"pin": {"pin_id": ""}, "file": {"path": kept}},
    }
    ran.plan["actions"] = [action]
    return kept, lost, action


def keeps_the_worse_one(stage: Stage, ran: Ran) -> None:
    kept, lost, _ = pair(stage, ran)
    picture = stage.oracle.of_file(kept, ran.before.files[kept]).picture
    ran.argv = ("plan",)
    ran.before.files[kept] = seen(stage, picture, "saved", 10)
    ran.before.files[lost] = seen(stage, picture, "served", 1000)


def nothing_stands_for_the_duplicate(stage: Stage, ran: Ran) -> None:
    kept, lost, _ = pair(stage, ran)
    for look in (ran.before, ran.after):
        look.files.pop(kept)
    ran.after.trash["t"] = ran.after.files.pop(lost)


def own_picture_is_trashed(_stage: Stage, ran: Ran) -> None:
    ran.after.trash["t"] = ran.after.files.pop("mine.jpg")


def note_is_dated_anew(_stage: Stage, ran: Ran) -> None:
    ran.after.files["note.txt"] = replace(ran.after.files["note.txt"], mtime_ns=2)


def letter_is_changed(_stage: Stage, ran: Ran) -> None:
    ran.after.adapters["letter.txt"] = Seen("1", 1, 1)


def plan_writes(_stage: Stage, ran: Ran) -> None:
    ran.argv, ran.plan = ("plan",), {}
    ran.writes.append(Write("DELETE", "/v5/pins/5", b"", 404, lost=False))


def plan_touches(_stage: Stage, ran: Ran) -> None:
    ran.argv = ("plan",)
    ran.after.files["new.jpg"] = Seen("2", 1, 1)


def deletes_what_is_not_planned(stage: Stage, ran: Ran) -> None:
    delete(stage, ran, first(ran))
    ran.plan["actions"] = []


def creates_twice(_stage: Stage, ran: Ran) -> None:
    ran.plan["actions"] = [{"id": "1", "kind": "create_pin", "pin_id": "1", "files": []}]
    ran.writes += [Write("POST", "/v5/pins", b"", 201, lost=False, created=made) for made in ("8", "9")]


def patches_what_is_not_planned(_stage: Stage, ran: Ran) -> None:
    ran.writes.append(Write("PATCH", "/v5/pins/77", b"", 200, lost=False))


def deletes_beyond_the_limit(stage: Stage, ran: Ran) -> None:
    for pin in sorted(ran.before.pins)[:2]:
        delete(stage, ran, pin)


def deletes_protected(stage: Stage, ran: Ran) -> None:
    kept = next(board.id for board in stage.boards() if board.name == "Kept")
    delete(stage, ran, next(pin for pin, there in ran.before.pins.items() if there.board == kept))


def deletes_skipped(stage: Stage, ran: Ran) -> None:
    delete(stage, ran, first(ran))
    stage.notes["decided"] = {"plan": "d", "skipped": ["1"]}


def deletes_of_others(stage: Stage, ran: Ran) -> None:
    ran.before.pins[first(ran)] = replace(ran.before.pins[first(ran)], owner="somebody")
    delete(stage, ran, first(ran))


def one_pixel(stage: Stage, ran: Ran) -> None:
    ran.after.files["Animals/new.jpg"] = seen(stage, "one pixel", "placeholder", 1)


def says(text: str, code: int | None = 0, argv: tuple[str, ...] = ("apply", "plan.json")) -> Lie:
    def lie(_stage: Stage, ran: Ran) -> None:
        ran.out, ran.code, ran.argv = text, code, argv

    return lie


def refuses_but_sends(stage: Stage, ran: Ran) -> None:
    delete(stage, ran, first(ran))
    ran.code = 4


def already_but_did(stage: Stage, ran: Ran) -> None:
    delete(stage, ran, first(ran))
    ran.out = "Already applied in full"


def done_but_is_there(_stage: Stage, ran: Ran) -> None:
    ran.plan["actions"] = [{"id": "1", "kind": "delete_remote", "pin_id": first(ran), "board_id": "1"}]


def more_deletes_than_said(stage: Stage, ran: Ran) -> None:
    delete(stage, ran, first(ran))
    ran.out = "  Delete on Pinterest            0\nApplied: 0 actions done."


def agrees(how: str) -> Lie:
    def lie(stage: Stage, ran: Ran) -> None:
        ran.argv, ran.out = ("plan",), "No changes. Library and Pinterest agree."
        if how == "unseen":
            ran.hidden = True
        elif how == "missing":
            for look in (ran.before, ran.after):
                look.files = {path: one for path, one in look.files.items() if first(ran) not in path}
        else:
            for look in (ran.before, ran.after):
                look.pins = {pin: one for pin, one in look.pins.items() if pin != first(ran)}

    return lie


def well(how: str) -> Lie:
    def lie(stage: Stage, ran: Ran) -> None:
        ran.argv, ran.out = ("verify",), "No problems found:"
        ran.hidden = how == "unseen"
        if how == "broken":
            path = next(path for path in ran.before.files if first(ran) in path)
            shown = ran.before.pins[first(ran)].pictures[0]
            stage.tracked_once[path] = shown
            for look in (ran.before, ran.after):
                look.files[path] = seen(stage, shown, "broken")

    return lie


def valid_is_replaced(stage: Stage, ran: Ran) -> None:
    ran.before.files["Animals/x.jpg"] = seen(stage, "valid1", "valid")
    ran.after.trash["t"] = ran.before.files["Animals/x.jpg"]


def plans(*weather: str) -> Lie:
    def lie(stage: Stage, ran: Ran) -> None:
        ran.argv, ran.plan, ran.weather = ("plan",), {"digest": "d", "actions": [], "findings": []}, list(weather)
        ran.before.files.clear()
        ran.asked = {f"/boards/{board.id}/pins" for board in stage.boards()}
        ran.places = sorted(ran.asked)[: len(weather)]

    return lie


def smaller_is_forgotten(stage: Stage, ran: Ran) -> None:
    pin = next(pin for pin, one in ran.before.pins.items() if one.pictures == ("p2",))
    path = next(path for path in ran.before.files if pin in path)
    plans()(stage, ran)
    ran.before.files[path] = seen(stage, "p2", "served", 600 * 450)
    stage.small_for_now[path] = ran.before.files[path].sha256


def goes_on_after_spam(_stage: Stage, ran: Ran) -> None:
    ran.sent = [("DELETE /pins/5", "spam"), ("DELETE /pins/6", "")]


def calls_moved_missing(stage: Stage, ran: Ran) -> None:
    old = next(path for path in ran.before.files if first(ran) in path)
    ran.before.files[f"best/{old}"] = ran.before.files.pop(old)
    stage.tracked_once[old] = ran.before.pins[first(ran)].pictures[0]
    says(f"missing: {old}: no such file", 1, ("verify",))(stage, ran)


def tells_of_another_board(_stage: Stage, ran: Ran) -> None:
    found = {"pin_id": first(ran), "kind": "unknown", "address": f"Animals/{first(ran)}", "message": ""}
    ran.argv, ran.plan = ("plan", "--target", "Kept"), {"actions": [], "findings": [found]}


def moved_within(stage: Stage, ran: Ran) -> None:
    """The first pin's file is in another folder; all are as they were served."""
    old = next(path for path in ran.before.files if first(ran) in path)
    ran.before.files["best/x.jpg"] = ran.before.files.pop(old)
    stage.tracked_once[old] = ran.before.pins[first(ran)].pictures[0]


def status_misses_it(stage: Stage, ran: Ran) -> None:
    moved_within(stage, ran)
    says("Tracked:  3 files\nNot here: 1 file; see: pinplan plan", 0, ("status",))(stage, ran)


def explain_misses_it(stage: Stage, ran: Ran) -> None:
    moved_within(stage, ran)
    says("In the library: Animals/x.jpg", 0, ("explain", first(ran)))(stage, ran)


def keeps_a_smaller_one_silently(stage: Stage, ran: Ran) -> None:
    ran.after.files["Animals/small.jpg"] = seen(stage, "p2", "served", 600 * 450)
    ran.weather, ran.places, ran.out = ["HTTP 403"], ["/1200x/*"], "Applied: 1 action done."


def link_is_replaced(stage: Stage, ran: Ran) -> None:
    ran.before.files["Animals/link.jpg"] = Seen("link to x.jpg", 0, 0)
    ran.after.files["Animals/link.jpg"] = seen(stage, "p2", "served", 640 * 480)


def deletes_behind_a_link(stage: Stage, ran: Ran) -> None:
    delete(stage, ran, first(ran))
    look = ran.deleted[0][1]
    shown = ran.before.pins[first(ran)].pictures[0]
    stage.tracked_once[f"Animals/x [{first(ran)}].jpg"] = shown
    look.files["Animals"] = Seen(f"link to {stage.elsewhere / 'Animals'}", 0, 0)
    look.adapters["Animals/x.jpg"] = seen(stage, shown, "served")


def plans_beside_the_file(stage: Stage, ran: Ran) -> None:
    ran.argv = ("plan",)
    ran.plan["actions"].append({"id": "1", "kind": "delete_remote", "pin_id": first(ran)})


def plans_an_unread_board(stage: Stage, ran: Ran) -> None:
    ran.argv, ran.hidden_by = ("plan",), {"null item"}


def deletes_a_pin_that_moved(stage: Stage, ran: Ran) -> None:
    delete(stage, ran, first(ran))
    ran.plan["actions"][-1]["board_id"] = "another"


def only_reports_a_new_name(stage: Stage, ran: Ran) -> None:
    old = next(path for path in ran.before.files if first(ran) in path)
    stage.recorded[old] = ran.before.files[old].sha256
    ran.before.files["Animals/holiday.jpg"] = ran.before.files.pop(old)
    found = {"kind": "moved_locally", "path": old, "moved_to": "Animals/holiday.jpg"}
    ran.argv, ran.plan = ("plan",), {"actions": [], "findings": [found]}


LIES: list[tuple[str, Lie]] = [
    ("file-is-there:served", plans_beside_the_file),
    ("renamed-is-relocated", only_reports_a_new_name),
    ("sent-is-planned:elsewhere", deletes_a_pin_that_moved),
    ("whereabouts-known:status", status_misses_it),
    ("whereabouts-known:explain", explain_misses_it),
    ("smaller-is-said", keeps_a_smaller_one_silently),
    ("foreign-untouched:link", link_is_replaced),
    ("file-is-there:behind a link", deletes_behind_a_link),
    ("foreign-untouched:valid", valid_is_replaced),
    ("listed-is-planned", plans()),
    ("listed-is-planned:null item", plans("null item")),
    ("short-is-said", plans("short")),
    ("smaller-is-planned", smaller_is_forgotten),
    ("spam-stops", goes_on_after_spam),
    ("one-answer:verify", calls_moved_missing),
    ("scope-holds", tells_of_another_board),
    ("bytes-kept:library", file_vanishes),
    ("bytes-kept:trash", trash_shrinks),
    ("picture-kept:lost", trash_shrinks),
    ("picture-kept:worse", picture_gets_smaller),
    ("full-image-kept:less", picture_gets_smaller),
    ("full-image-kept:nothing", nothing_is_kept),
    ("file-is-there:served", deleted_beside("served")),
    ("file-is-there:tagged", deleted_beside("tagged")),
    ("file-is-there:saved", deleted_beside("saved")),
    ("file-is-there:opaque", deleted_beside("opaque")),
    ("file-is-there:broken", deleted_beside("broken")),
    ("duplicate-is-same:other picture", another_picture_goes),
    ("duplicate-is-same:worse", keeps_the_worse_one),
    ("keeper-stays", nothing_stands_for_the_duplicate),
    ("foreign-untouched:own", own_picture_is_trashed),
    ("foreign-untouched:text", note_is_dated_anew),
    ("outside-untouched", letter_is_changed),
    ("looking-changes-nothing:sent", plan_writes),
    ("looking-changes-nothing:files", plan_touches),
    ("sent-is-planned:delete", deletes_what_is_not_planned),
    ("sent-is-planned:patch", patches_what_is_not_planned),
    ("sent-is-planned:created-twice", creates_twice),
    ("limits-hold:count", deletes_beyond_the_limit),
    ("limits-hold:protected", deletes_protected),
    ("limits-hold:of-others", deletes_of_others),
    ("limits-hold:decisions", deletes_skipped),
    ("placeholder-refused", one_pixel),
    ("no-traceback:KeyError", says("Error: this is a bug in pinplan: KeyError", 1)),
    ("no-token", says(f"Bearer {TOKEN}", 1)),
    ("exit-code:unknown", says("", 99)),
    ("exit-code:unread", plans_an_unread_board),
    ("exit-code:in-part", says("Applied in part: 1 action done, 1 not.")),
    ("exit-code:nothing-done", refuses_but_sends),
    ("done-is-done:already", already_but_did),
    ("done-is-done:delete", done_but_is_there),
    ("counts-true:deletes", more_deletes_than_said),
    ("agree-is-true:unseen", agrees("unseen")),
    ("agree-is-true:missing", agrees("missing")),
    ("agree-is-true:gone", agrees("gone")),
    ("well-is-true:unseen", well("unseen")),
    ("well-is-true:broken", well("broken")),
    ("audit-whole", says("", 7, ("audit", "verify"))),
]


@pytest.fixture
def stage():
    home = workplace()
    with stillness(), on_stage(Story(0, SETUP), home / "story") as built:
        yield built
    home.rmdir()


@pytest.mark.parametrize("case", [lambda stage, ran: None, a_delete_that_is_right], ids=["nothing", "a delete"])
def test_what_is_right_is_let_pass(stage, case):
    ran = truth(stage)
    case(stage, ran)
    assert judged(stage, ran) == []


@pytest.mark.parametrize(("name", "lie"), LIES, ids=[name for name, _ in LIES])
def test_every_kind_of_lie_is_caught(stage, name, lie):
    ran = truth(stage)
    lie(stage, ran)
    assert name in {broken.name for broken in judged(stage, ran)}


def test_every_invariant_has_a_lie_that_it_catches():
    elsewhere = {f"tests.adversary.{name}_invariants" for name in ("plan", "config", "move", "place", "upload")}
    here = {name for name, one in INVARIANTS.items() if one.judge.__module__ not in elsewhere}
    assert {name.partition(":")[0] for name, _ in LIES} == here

"""What could not be seen is said, and has an exit code."""

from __future__ import annotations

import json

import pytest

from pinplan.policies.bundle import DEFAULT_TEMPLATE
from pinplan.sandbox.faults import Fault, FaultKind
from tests.cli.test_cli import CATS, User, cat
from tests.cli.test_looking_back import PINS, user

BOARD = "GET /boards/*/pins"
__all__ = ["user"]  # the fixture: a small account
AGREE = "No changes. Library and Pinterest agree."


def closing(said: str) -> str:
    return next(line for line in said.splitlines() if line.startswith(("No changes", "Nothing to do", "Plan:")))


def one_board_refused(user: User) -> str:
    """The name of the board that cannot be read from now on: not the one of the cats."""
    board = next(b for b in user.sandbox.world.boards.values() if b.name != CATS.parts[0])
    user.sandbox.faults.set([Fault(kind=FaultKind.STATUS, status=403, on=f"GET /boards/{board.id}/pins")])
    return board.name


@pytest.mark.promise("I1")
def test_a_plan_of_boards_that_could_not_be_read_exits_3_and_never_says_that_all_agrees(user):
    user.library()
    assert closing(user.types("plan", "--detailed-exitcode")) == AGREE
    user.sandbox.faults.set([Fault(kind=FaultKind.STATUS, status=403, on=BOARD)])
    full = ("--refresh", "full")
    for flags in ((), ("--detailed-exitcode",), ("--allow", "unread-boards=1")):
        said = user.types("plan", *full, *flags, code=3)
        assert closing(said) == "Nothing to do. 2 boards could not be read."
        assert "--allow unread-boards=2" in said
    for flags in ((), ("--detailed-exitcode",)):
        said = user.types("plan", *full, *flags, "--allow", "unread-boards=2", "-o", "plan.json")
        assert closing(said) == "Nothing to do. 2 boards could not be read."
    assert json.loads((user.pins / "plan.json").read_text())["allow"] == {"unread-boards": 2}
    for shown in (("show", "plan.json"), ("show", "plan.json", "--markdown")):
        assert "agree" not in user.types(*shown)
    events = [json.loads(line) for line in user.types("plan", *full, "--json", code=3).splitlines() if line[:1] == "{"]
    assert next(e for e in events if e["type"] == "plan_summary")["unread_boards"] == 2


@pytest.mark.promise("I1")
def test_exit_code_3_stands_before_2_and_behind_5(user):
    user.library()
    cat(user).unlink()
    one_board_refused(user)
    flags = ("--refresh", "full", "--mode", "mirror", "--detailed-exitcode")
    assert "could not be read" in user.types("plan", *flags, code=3)
    user.types("plan", *flags, "--allow", "unread-boards=1", code=2)
    for path in (user.pins / CATS.parts[0]).glob("**/*.jp*g"):
        path.unlink()
    assert "Exit code 3" not in user.types("plan", "--refresh", "full", "--mode", "two-way", code=5)


@pytest.mark.promise("I1")
def test_boards_out_of_scope_do_not_count(user):
    user.library()
    other = one_board_refused(user)
    flags = ("plan", "--refresh", "full")
    assert closing(user.types(*flags, "--target", other, code=3)) == "Nothing to do. 1 board could not be read."
    assert (
        closing(user.types(*flags, "--exclude", CATS.parts[0], code=3)) == "Nothing to do. 1 board could not be read."
    )
    assert closing(user.types(*flags, "--exclude", other)) == AGREE
    assert closing(user.types(*flags, "--target", CATS.parts[0])) == AGREE
    (user.pins / "pinplan.toml").write_text('[boards]\nexclude = ["*"]\n', "utf-8")
    said = user.types(*flags)
    assert "2 more left out by the config" in said


@pytest.mark.promise("I1")
def test_apply_and_undo_exit_3_too(user):
    user.types("init", str(user.pins), cwd=user.home)
    one_board_refused(user)
    said = user.types("apply", "--auto-approve", code=3)
    assert "not listed completely" in said
    assert "Applied:" in said
    allowed = ("undo", "--refresh", "full", "--allow", "local-deletes=99")
    user.types(*allowed, code=3)
    said = user.types(*allowed, "--allow", "unread-boards=1")
    assert "Not everything was seen: 1 board could not be read." in said
    user.types("apply", "--auto-approve", "--refresh", "full", "--allow", "unread-boards=1")
    assert "raise this limit in a saved plan" in user.types("apply", "--allow", "remote-deletes=9", code=64)
    user.types("plan", "-o", "plan.json", code=3)
    user.types("apply", "plan.json", "--allow", "unread-boards=1", code=64)


@pytest.mark.promise("I1")
@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.HTML, on=BOARD),
        Fault(kind=FaultKind.STATUS, status=500, on="GET /boards/*/sections"),
        Fault(kind=FaultKind.CUT_JSON, on=BOARD),
    ],
)
def test_verify_is_not_well_while_boards_could_not_be_read(user, fault):
    user.library()
    assert "No problems found:" in user.types("verify")
    user.sandbox.faults.set([fault])
    said = user.types("verify", "--refresh", "full", code=1)
    assert "incomplete: " in said
    assert "could not be read)." in said
    report = json.loads(user.types("verify", "--refresh", "full", "--json", code=1))
    assert (report["well"], {board["kind"] for board in report["boards"]}) == (False, {"incomplete"})


def test_what_was_not_asked_for_is_said_and_counts_as_neither(user):
    user.library()
    said = user.types("plan", "--refresh", "none")
    assert closing(said) == "Nothing to do. 2 boards were not asked for."
    said = user.types("verify", "--refresh", "none")
    assert f"No problems found in the files: {PINS} files" in said
    assert "Pinterest was not checked" in said


def test_a_short_listing_is_said_everywhere_each_time(user):
    user.library()
    user.sandbox.faults.set([Fault(kind=FaultKind.SHORT, on=BOARD, keep=1)])
    said = [
        user.types("plan", "--refresh", "full", "-o", "plan.json"),
        user.types("plan"),
        user.types("verify", code=1),
    ]
    said += [user.types("show", "plan.json"), user.types("show", "plan.json", "--markdown")]
    said += [user.types("plan", "--json"), user.types("plan", "--refresh", "none")]
    assert all("1 pins listed, Pinterest says" in text for text in said)
    assert not any(AGREE in text for text in said)


def test_status_and_gallery_say_where_a_listing_is_partial(user):
    user.library()
    for words in (("status",), ("gallery",)):
        assert "may be missing here" not in user.types(*words)
    other = one_board_refused(user)
    user.types("plan", "--refresh", "full", code=3)
    for words in (("status",), ("gallery",)):
        said = user.types(*words)
        assert "1 board was not listed completely last time; pins may be missing here:" in said
        assert f"  {other}: GET /boards/" in said
    assert [one["name"] for one in json.loads(user.types("status", "--json"))["partial"]] == [other]
    pages = user.pins / ".pinplan" / "gallery"
    assert "not complete" in (pages / "index.html").read_text("utf-8")
    assert sum("Not complete when it was last listed" in p.read_text("utf-8") for p in pages.glob("board-*.html")) == 1
    user.types("plan", "--refresh", "none")
    assert "1 board was not listed completely" in user.types("status")
    user.sandbox.faults.set([])
    user.types("plan", "--refresh", "full")
    assert "not listed as a whole" not in user.types("status")
    del user.sandbox.world.boards[next(b.id for b in user.sandbox.world.boards.values() if b.name == other)]
    user.types("plan", code=3)
    assert f"{other}: no longer listed by Pinterest" in user.types("status")


def test_find_boards_and_pins_say_where_a_listing_is_partial(user):
    user.library()
    other = one_board_refused(user)
    assert f"{other} could not be read completely" in user.types("find", "Picture", code=1)
    user.sandbox.faults.set([Fault(kind=FaultKind.SHORT, on=BOARD, keep=1)])
    assert f"{other}: 1 pins listed, Pinterest says 9" in user.types("find", "Picture")
    assert "Incomplete: 1 pins listed, Pinterest says 9" in user.types("pins", other)
    user.sandbox.faults.set([Fault(kind=FaultKind.STATUS, status=403, on="GET /boards/*/sections", after=1)])
    said = user.types("boards", "--sections", code=1)
    assert said.count("could not be read: ") == 1
    assert "2 boards of" in said


@pytest.mark.parametrize("template", [DEFAULT_TEMPLATE, "{pin_id}{slot}{ext}"])
def test_a_failed_download_shows_its_title_and_the_reason_with_the_addresses_last(user, template):
    user.types("init", str(user.pins), cwd=user.home)
    config = user.pins / "pinplan.toml"
    text = config.read_text("utf-8").replace(DEFAULT_TEMPLATE, template)
    assert template in text
    config.write_text(text, "utf-8")
    user.sandbox.faults.set([Fault(kind=FaultKind.HTML, on="image")])
    said = user.types("apply", "--auto-approve", code=3)
    lines = [line for line in said.splitlines() if "failed: download" in line]
    assert len(lines) == PINS
    line = next(line for line in lines if line.startswith("Picture 0: "))
    assert (
        line.index("a text page") < line.index("(http://127.0.0.1") < line.index("failed: download Animals 動物/Cats/")
    )

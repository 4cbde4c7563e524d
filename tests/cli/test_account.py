"""The account at a glance, as a user types it: without a library, and in one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pinplan.account.listing import BoardList, PinList, WhoReport
from pinplan.account.search import FindReport
from pinplan.sandbox import Fault, FaultKind, Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture
from tests.cli.test_cli import User

HOSTILE = "\x1b[31mred\x1b[0m \u202eevil\u202c"


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Somebody without a library, and with boards that make it hard to name them; nothing here changes them."""
    world = World()
    animals = world.create_board("Animals 動物")
    cats = world.create_section(animals.id, "Cats")
    odd = world.create_board("a/b: c?")
    hostile = world.create_board(HOSTILE, privacy="SECRET")
    world.create_board("recipes")
    world.create_board("Recipes")
    world.create_board(animals.id)
    group = world.create_board("Shared kitchen", owner="somebody_else")
    places = (
        (animals.id, cats.id, "Sleepy cat"),
        (odd.id, None, "Straße"),
        (hostile.id, None, HOSTILE),
        (group.id, None, "Tiles"),
    )
    for number, (board, section, title) in enumerate(places):
        world.create_pin(board, (Picture(Kind.SHAPES, number, 120, 90),), section_id=section, title=title)
    home = tmp_path_factory.mktemp("home")
    with Sandbox(world) as sandbox:
        yield User(home, sandbox)


@pytest.mark.promise("I28")
def test_boards_in_a_table_that_lines_up_and_that_no_name_can_break(user):
    said = user.types("boards")
    assert "7 boards of demo_collector, 4 pins. (2 API calls)" in said
    assert "somebody_else (group)" in said
    assert "secret" in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "4 empty" not in said
    assert "3 empty ones left out" in user.types("boards", "--no-include-empty")
    assert "  / Cats" in user.types("boards", "--sections")


DOCUMENTS: dict[str, type[BoardList | PinList | FindReport | WhoReport]] = {
    "boards": BoardList,
    "pins": PinList,
    "find": FindReport,
    "whoami": WhoReport,
}


def test_every_document_is_one_json_object_that_fits_its_type(user):
    for name, words in (("boards", ["--sections"]), ("pins", ["a/b: c?"]), ("find", ["STRASSE"]), ("whoami", [])):
        found = msgspec.json.decode(user.types(name, *words, "--json"), type=DOCUMENTS[name], strict=True)
        assert (found.format, found.format_version) == (f"pinplan.{name}", "1.0")
    assert json.loads(user.types("schema", "find"))["$defs"]["FindReport"]["properties"]["matches"]


def test_a_board_is_named_in_any_case_by_id_or_for_sure_and_never_guessed(user):
    animals = user.sandbox.world.board_named("Animals 動物").id
    assert "1 pin in Animals 動物/Cats" in user.types("pins", "ANIMALS 動物/cats")
    assert "1 pin in Animals 動物." in user.types("pins", f"id:{animals}")
    assert "A group board of somebody_else" in user.types("pins", "shared kitchen")
    said = user.types("pins", animals, code=64)
    assert f"Animals 動物 (id:{animals}); {animals} (id:" in said
    said = user.types("pins", "RECIPES", code=64)
    assert "is ambiguous" in said
    assert "did you mean Animals 動物?" in user.types("pins", "Animal", code=64)
    assert "has no section “Dogs”" in user.types("pins", "Animals 動物/Dogs", code=64)


def test_find_and_what_could_not_be_read(user):
    assert "a/b: c?/" in user.types("find", "strasse")
    user.types("find", " ", code=64)
    odd = user.sandbox.world.board_named("a/b: c?").id
    user.sandbox.faults.set([Fault(kind=FaultKind.STATUS, on=f"GET /boards/{odd}/pins", status=403)])
    said = user.types("find", "sleepy", code=1)
    assert "Sleepy cat" in said
    assert "a/b: c? could not be read completely" in said
    user.sandbox.faults.clear()


def test_whoami_costs_one_call_and_says_what_is_known_of_the_token(user):
    user.sandbox.requests.clear()
    said = user.types("whoami", PINPLAN_SCOPES="boards:read,pins:read")
    assert "demo_collector (id 549755885175)" in said
    assert "boards:read, pins:read" in said
    assert len(user.sandbox.requests) == 1


def test_being_told_no_and_nobody_there(user):
    user.types("boards", code=12, PINPLAN_ACCESS_TOKEN=None)
    user.types("whoami", code=12, PINPLAN_ACCESS_TOKEN="wrong")
    said = user.types("boards", code=64, PINPLAN_API_URL="http://api.pinterest.com/v5")
    assert "unencrypted" in said
    user.sandbox.faults.set([Fault(kind=FaultKind.STATUS, on="GET /boards", status=401, code=3, message="no")])
    assert "required: boards:read" in user.types("boards", code=12)
    user.sandbox.faults.set([Fault(kind=FaultKind.FORBIDDEN, on="GET /boards/*/pins")])
    assert "protected or archived" in user.types("pins", "a/b: c?", code=1)
    user.sandbox.faults.clear()


def test_in_a_library_files_are_found_as_well(user, tmp_path):
    pins = tmp_path / "Pins"
    user.types("init", str(pins))
    user.types("apply", "--auto-approve", cwd=pins)
    (path,) = (pins / "Animals 動物" / "Cats").iterdir()
    said = user.types("find", path.name.upper(), cwd=pins)
    assert f"Animals 動物/Cats/{path.name}" in said
    assert "1 match. (Searched Pinterest and 4 tracked files;" in said
    told = json.loads(user.types("pins", "Animals 動物/Cats", "--json", cwd=pins))
    assert told["pins"][0]["files"] == [f"Animals 動物/Cats/{path.name}"]
    assert Path(pins / told["pins"][0]["files"][0]).is_file()

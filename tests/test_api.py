"""The Python API: its names are pinned, documented and shown at work, and every block of docs/library.md runs."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from threading import Event

import pytest

import pinplan
from pinplan import api, errors
from pinplan.actions import KINDS
from pinplan.auth import private_files
from pinplan.auth.profile import Credentials, encode
from pinplan.library_view import make
from pinplan.library_view.objects import SectionView
from pinplan.model.base import Base
from pinplan.model.ids import AccountId, BoardId, LibraryId, Lineage, SectionId
from pinplan.model.pins import Account, Board, Section
from pinplan.model.snapshots import BoardSnapshot, LocalSnapshot, RemoteSnapshot
from pinplan.policies.bundle import Policies
from pinplan.sandbox import Sandbox, default_world
from pinplan.sandbox.pictures import Kind, Picture, encoded
from pinplan.snapshot.saved import Snapshots
from pinplan.wiring import requests

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "library.md").read_text("utf-8")
BLOCKS = [(PAGE.count("\n", 0, m.start(1)), m[1]) for m in re.finditer(r"```python\n(.*?)```", PAGE, re.DOTALL)]
KIND_NAMES = {kind.__name__ for kind in KINDS.values()}
ERRORS = {
    name
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.PinplanError) and not name.startswith("_")
}
VALUES = {
    "AnyAction",
    "ApplyResult",
    "BoardView",
    "Check",
    "Config",
    "Decisions",
    "Differences",
    "DuplicateGroup",
    "Finding",
    "FindingKind",
    "ImageView",
    "LibraryView",
    "Mode",
    "OpenLibrary",
    "PinView",
    "Plan",
    "VerifyReport",
    "Remove",
    "SectionView",
    "Tier",
    "Choice",
}
FUNCTIONS = {
    "apply_plan",
    "decide",
    "find_duplicates",
    "init_library",
    "kind_of",
    "load_config",
    "logout",
    "make_plan",
    "make_post",
    "make_restore",
    "make_undo",
    "open_library",
    "read_decisions",
    "read_plan",
    "verify",
    "view_library",
    "write_decisions",
    "write_plan",
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Somebody with an account on the sandbox, and a library in ~/Pins that nothing was applied to."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with Sandbox(default_world()) as sandbox:
        monkeypatch.setenv("PINPLAN_API_URL", sandbox.url)
        monkeypatch.setenv("PINPLAN_ACCESS_TOKEN", sandbox.token)
        yield tmp_path


@pytest.fixture
def library(home):
    pinplan.init_library(home / "Pins")
    with pinplan.open_library(pinplan.load_config(library=home / "Pins")) as opened:
        yield opened


def sign_in(home: Path, url: str) -> None:
    """Keep a sign-in at the sandbox in a file."""
    kept = Credentials(api_url=url, app_id="1", app_secret="secret", access_token="sandbox", got_at=0)
    name = f"default@{url.split('/')[2].replace(':', '_')}.json"
    private_files.write(home / "config" / "pinplan" / "credentials" / name, encode(kept), print)


# -- the names -------------------------------------------------------------------------------------------------------


def test_the_names_are_these_and_no_others():
    assert set(api.__all__) == KIND_NAMES | ERRORS | VALUES | FUNCTIONS
    assert pinplan.__all__ == api.__all__
    assert len(set(api.__all__)) == len(api.__all__)


def test_every_name_is_documented_and_at_the_front_door():
    for name in api.__all__:
        assert getattr(pinplan, name) is getattr(api, name)
        assert getattr(api, name).__doc__, name
    assert set(api.__all__) <= set(dir(pinplan))
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = pinplan.no_such_name


def test_no_name_is_that_of_a_module_which_would_hide_it():
    assert not set(api.__all__) & {module.name for module in pkgutil.iter_modules(pinplan.__path__)}


def test_every_argument_of_a_function_is_documented():
    for name in FUNCTIONS:
        function = getattr(api, name)
        arguments = [argument for argument in inspect.signature(function).parameters if argument != "library"]
        if len(arguments) > 2:
            assert [one for one in arguments if f"{one}: " not in (function.__doc__ or "")] == [], name


def test_importing_everything_by_star_is_the_same():
    code = "from pinplan import *; import pinplan; print(sorted(set(pinplan.__all__) - set(globals())))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


# -- at work ---------------------------------------------------------------------------------------------------------


def test_the_example_of_the_module_runs(library, home, capsys, monkeypatch):
    example = textwrap.dedent((api.__doc__ or "").partition("::\n")[2])
    monkeypatch.setattr(api, "open_library", lambda config: _Opened(library))
    exec(compile(example, "example", "exec"), {})
    assert capsys.readouterr().out == "True\n"


class _Opened:
    """A library that is open already."""

    def __init__(self, library):
        self.library = library

    def __enter__(self):
        return self.library

    def __exit__(self, *_):
        return None


def test_every_name_is_shown_at_work():
    used = {node.id for _, code in BLOCKS for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    assert set(api.__all__) - used == set()


def test_every_block_of_the_page_runs(home):
    names: dict[str, object] = {"__name__": "page"}
    (first_line, first), *others = BLOCKS
    exec(compile(first, f"docs/library.md:{first_line}", "exec"), names)
    config = pinplan.load_config(library=home / "Pins")
    sign_in(home, config.network.api_url)
    with pinplan.open_library(config) as library:
        names["library"] = library
        for line, code in others:
            # The lines of the page, so that a failure names them.
            exec(compile("\n" * line + code, "docs/library.md", "exec"), names)


def test_the_page_is_well_typed(tmp_path):
    first, *others = (code for _, code in BLOCKS)
    first = re.sub(r"^library: OpenLibrary\n", "", first, flags=re.MULTILINE)
    rest = textwrap.indent("\n".join(others), "    ")
    script = tmp_path / "page.py"
    script.write_text(f"{first}\n\ndef rest(library: OpenLibrary) -> None:\n{rest}", "utf-8")
    config = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache")]
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *config, str(script)], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout


def test_every_call_of_pinsync_is_in_the_table_and_in_a_block():
    calls = (
        "Pin.download() Pin.to_json() Image.is_similar_to( Board.get_sections() get_boards() get_differences() manually_deleted() "
        "push_local_changes() duplicate_images() remove_duplicates() save_manifest() sync() find() delete_pin() delete_image() logout()"
    )
    table = "\n".join(line.partition("|")[2].partition(" | ")[0] for line in PAGE.splitlines() if line.startswith("| "))
    code = "\n".join(block for _, block in BLOCKS)
    for call in calls.split():
        assert call in table, call
        assert call in code, call


def test_what_does_not_exist_is_refused_with_what_does(library):
    plan = pinplan.make_plan(library)
    for wrong, words in (
        (lambda: pinplan.make_plan(library, mode="miror"), "did you mean mirror"),
        (lambda: pinplan.make_plan(library, remove_duplicates="all"), "unknown value"),
        (lambda: pinplan.make_plan(library, refresh="ful"), "did you mean full"),
        (lambda: pinplan.make_plan(library, allow={"remote-delete": 1}), "did you mean remote-deletes"),
        (lambda: pinplan.apply_plan(library, plan, kinds={"downloads"}), "did you mean download"),
        (lambda: pinplan.decide(plan, {plan.actions[0].id: "skipp"}), "did you mean skip"),
        (lambda: pinplan.make_plan(library, targets="con"), "expected a list"),
        (lambda: pinplan.make_post(library, "con", "a.jpg"), "expected a list"),
        (lambda: pinplan.make_post(library, "con", []), "expected a list"),
        (lambda: pinplan.make_post(library, "con", ["no such file.jpg"]), "No such file"),
        (lambda: pinplan.make_post(library, "con", ["a.jpg"], title="{stam}"), "unknown field {stam}"),
        (lambda: pinplan.make_post(library, "con", ["a.jpg"], carousel=True, by_url=True), "mutually exclusive"),
        (lambda: pinplan.make_post(library, "con", ["a.jpg"], allow={"upload": 1}), "did you mean uploads"),
        (lambda: pinplan.decide(plan, {"9999": "skip"}), "the plan has no action 9999"),
        (lambda: pinplan.view_library(library).board("Nature"), "did you mean Nature 自然"),
        (lambda: pinplan.view_library(library).board("recipes"), "matches 2 boards; use an id"),
    ):
        with pytest.raises(pinplan.ConfigError, match=words):
            wrong()


def test_a_run_that_was_stopped_goes_on_with_the_same_plan(library):
    plan = pinplan.make_plan(library, targets=["con"])
    stop = Event()
    stop.set()
    assert pinplan.apply_plan(library, plan, stop=stop).interrupted
    assert pinplan.apply_plan(library, plan, parallelism=1).complete


def drawn(path: Path, number: int) -> Path:
    path.write_bytes(encoded(Picture(Kind.SHAPES, number, 420, 300), "1200x"))
    return path


@pytest.mark.promise("I31")
def test_pictures_are_posted_only_by_consent(library, home):
    some = [drawn(home / "one.jpg", 901), drawn(home / "two.jpg", 902)]
    with pytest.raises(pinplan.Declined, match="own_content=True"):
        pinplan.make_post(library, "con", some)
    plan = pinplan.make_post(library, "con", some, description="Seen on {exif.date}", own_content=True)
    assert {type(action) for action in plan.actions} == {pinplan.PostPin}
    assert pinplan.apply_plan(library, plan).complete
    view = pinplan.view_library(library)
    assert {"one", "two"} <= {pin.title for pin in view.board("con").pins}
    again = pinplan.make_post(library, "con", [str(some[0])], own_content=True)
    assert [finding.kind for finding in again.findings] == [pinplan.FindingKind.ALREADY_PINNED]


@pytest.mark.promise("I31")
def test_a_carousel_is_posted_to_a_section_of_the_view(library, home):
    view = pinplan.view_library(library)
    cats = view.board("Animals 動物").section("Cats")
    some = [drawn(home / f"{number}.jpg", 910 + number) for number in range(2)]
    plan = pinplan.make_post(library, cats, some, title="Both", keep=False, carousel=True, own_content=True)
    (action,) = plan.actions
    assert isinstance(action, pinplan.PostPin)
    assert (action.after.section_id, len(action.files), action.is_kept) == (cats.id, 2, False)
    assert pinplan.apply_plan(library, plan).complete
    assert pinplan.apply_plan(library, pinplan.make_undo(library)).complete
    assert "Both" not in {pin.title for pin in pinplan.view_library(library).pins}


@pytest.mark.promise("I31")
def test_the_config_may_consent_for_a_script(home):
    pinplan.init_library(home / "Pins")
    config = pinplan.load_config(library=home / "Pins", flags={"upload.own_content": True})
    with pinplan.open_library(config) as library:
        assert len(pinplan.make_post(library, "con", [drawn(home / "x.jpg", 920)]).actions) == 1


# -- what is seen ----------------------------------------------------------------------------------------------------


def test_the_view_has_every_pin_and_every_file_once(library):
    before = pinplan.view_library(library)
    assert before.images == ()
    assert before.differences.only_on_pinterest == before.pins
    pinplan.apply_plan(library, pinplan.make_plan(library))
    view = pinplan.view_library(library)
    assert [pin.id for pin in view.pins] == [pin.id for pin in before.pins]
    assert {image.path for image in view.images} == {
        str(path.relative_to(library.root))
        for path in library.root.rglob("*.*")
        if path.parent.name and "[" in path.name
    }
    assert all(image.difference_hash is not None and image.on_pinterest for image in view.images)
    assert sum(len(board.pins) for board in view.boards) == len(view.pins)
    carousel = next(pin for pin in view.pins if len(pin.images) > 1)
    assert [image.slot for image in carousel.images] == list(range(1, len(carousel.images) + 1))


def test_an_image_whose_pin_is_gone_is_only_in_the_library(library):
    pinplan.apply_plan(library, pinplan.make_plan(library, targets=["con"]))
    pin = pinplan.view_library(library).board("con").pins[0]
    library.adapters.remote.delete_pin(pin.id)
    board = pinplan.view_library(library, refresh="full").board("con")
    assert [image.pin_id for image in board.differences.only_in_library] == [pin.id]
    assert (board.differences.unknown, board.removed_here) == ((), ())


def test_a_board_that_was_not_asked_for_proves_nothing(library):
    pinplan.apply_plan(library, pinplan.make_plan(library, targets=["con"]))
    library.adapters.state.listings.drop({board.id for board in pinplan.view_library(library).boards})
    view = pinplan.view_library(library, refresh="none")
    assert view.differences.only_in_library == ()


def test_a_removed_duplicate_is_stood_for_by_the_file_that_was_kept(library):
    pinplan.apply_plan(library, pinplan.make_plan(library, targets=["*Art*"]))
    plan = pinplan.make_plan(library, targets=["*Art*"], remove_duplicates="local")
    gone = {action.pin_id for action in plan.actions if isinstance(action, pinplan.Dedupe)}
    assert gone
    assert pinplan.apply_plan(library, plan).complete
    view = pinplan.view_library(library)
    for pin_id in gone:
        pin = view.pin(pin_id)
        assert pin.images[0].pin_id != pin_id
        assert not pin.removed_here


def test_a_view_is_a_target_that_names_nothing_else(library):
    """Two boards of the sandbox are called recipes, in another case of letters; a section name may look like a pattern."""
    view = pinplan.view_library(library)
    both = [board for board in view.boards if board.name.casefold() == "recipes"]
    assert len(both) == 2
    for board in both:
        planned = pinplan.make_plan(library, targets=[board]).actions
        assert {action.board_id for action in planned} == {board.id}
        assert {action.pin_id for action in planned} == {pin.id for pin in board.pins}
    cats = view.board("Animals 動物").section("Cats")
    planned = pinplan.make_plan(library, targets=[cats]).actions
    assert {action.pin_id for action in planned} == {pin.id for pin in cats.pins}


def test_a_section_with_an_ambiguous_address_stands_for_its_pins():
    def section(**facts):
        return SectionView(id=SectionId("1"), name="*", board="Recipes", pins=(), images=(), **facts)

    assert section().targets == ("Recipes/*",)
    boards = [
        BoardSnapshot(
            board=Board(id=BoardId(str(number)), name=name),
            sections=tuple(Section(id=SectionId(f"{number}{at}"), name=one) for at, one in enumerate(sections)),
        )
        for number, (name, *sections) in enumerate((("Art", "Cats", "Dogs"), ("ART", "cats"), ("B", "a*", "x/y", "x")))
    ]
    remote = RemoteSnapshot(account=Account(id=AccountId("1"), username="me"), boards=tuple(boards))
    base = Base(library_id=LibraryId("l"), lineage=Lineage("m"))
    local = LocalSnapshot(library_id=LibraryId("l"), files=())
    seen = Snapshots(remote=remote, local=local, base=base, policies=Policies())
    view = make._Maker(seen, [], {}).view()
    assert [(one.name, one.ambiguous) for board in view.boards for one in board.sections] == [
        ("Cats", True),
        ("Dogs", False),
        ("cats", True),
        ("a*", True),
        ("x/y", False),
        ("x", True),
    ]
    with pytest.raises(pinplan.ConfigError, match="no pins in the given targets"):
        requests.addresses("targets", [section(ambiguous=True)])

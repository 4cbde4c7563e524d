"""The documents say what is true: examples run, tables are those of the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from pinplan.actions import KINDS
from pinplan.cli import exits
from pinplan.cli.commands import TABLE
from pinplan.config import Settings, load_config
from pinplan.sandbox import Sandbox, default_world
from pinplan.wiring.library_setup import init_library
from tests.cli.terminal import forked
from tests.promises import PAGE, named_by_tests, page_with
from tests.readme import typed

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text("utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLE = (ROOT / "pinplan.toml.example").read_text("utf-8")


def test_the_example_config_with_its_comments_taken_away_is_the_defaults():
    plain = re.sub(
        r"^# (?=[a-z_]+ = )", "", EXAMPLE.partition("# What is different for some boards")[0], flags=re.MULTILINE
    )
    given = tomllib.loads(plain)
    for key in ("on_new_pin", "on_gone_pin", "on_missing_file", "on_moved_file", "on_new_file"):
        given["sync"].pop(key)  # their default is the mode's own answer
    given["network"].pop("daily_calls")  # by default there is no budget
    for key in [key for key in given["limits"] if key.endswith(("_count", "_bytes"))]:
        given["limits"].pop(key)  # by default there is no such limit
    assert msgspec.convert(given, Settings) == Settings()
    assert set(given) == set(Settings.__struct_fields__) - {"override"}


def test_the_example_config_has_every_option(tmp_path):
    plain = re.sub(r"^# (?=[a-z_]+ = |\[\[)", "", EXAMPLE, flags=re.MULTILINE)
    (tmp_path / "pinplan.toml").write_text(plain, "utf-8")
    settings = load_config(library=tmp_path).settings
    document = tomllib.loads(plain)
    for table, default in msgspec.structs.asdict(Settings()).items():
        if isinstance(default, msgspec.Struct):
            assert set(document[table]) == set(default.__struct_fields__), table
    assert set(document["override"][0]) == set(settings.override[0].__struct_fields__)


def test_the_page_of_commands_has_the_exit_codes_of_the_code():
    codes = {value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", COMMANDS, re.MULTILINE)} == codes
    assert {int(code) for code in re.findall(r"^ {2}(\d+) ", exits.TABLE, re.MULTILINE)} == codes


def test_every_promise_is_proven_and_every_proof_is_there():
    named = named_by_tests()
    page = PAGE.read_text("utf-8")
    promised = re.findall(r"^- \*\*(I[0-9]+)\*\*", page, re.MULTILINE)
    assert promised == [f"I{number}" for number in range(1, 32)]
    assert [promise for promise in promised if not named.get(promise)] == []
    assert set(named) <= set(promised)
    assert page == page_with(named, page), "docs/promises.md is not up to date: make docs"


def test_the_page_of_commands_names_every_command():
    for name in [*(name for name, _, _ in TABLE), "sandbox serve"]:
        assert name in COMMANDS, name


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 120


def test_the_example_of_the_readme_runs_and_gives_the_plan_that_it_shows(tmp_path):
    done = list(typed(README, tmp_path, forked))
    assert {ended.returncode for _, ended in done} == {0}, done
    plans = [ended.stdout + ended.stderr for words, ended in done if words[0] == "plan"]
    assert f"```text\n{plans[0]}```" in README, "README.md is not up to date: make docs"
    assert "1 to delete on Pinterest" in plans[1]
    assert "1 to create on Pinterest" in next(ended.stdout for words, ended in done if words[0] == "undo")


def test_the_legend_of_the_readme_has_every_kind_under_its_symbol():
    legend = dict(re.findall(r"\| `(.)` \| ([^|]+)", README))
    for kind in KINDS.values():
        assert kind.trait.title in legend[kind.trait.symbol], kind
    assert set(legend) == {kind.trait.symbol for kind in KINDS.values()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if not link.startswith(("http://", "https://")):
            name, _, anchor = link.partition("#")
            target = page.parent / name if name else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    """Of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_script_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code is not None
    assert run_in_a_library(code[1], tmp_path, monkeypatch) > 10
    assert capsys.readouterr().out == "True\n"


def run_in_a_library(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a script as somebody with a library in ~/Pins; how many cats and dogs are there then."""
    init_library(tmp_path / "Pins")
    with Sandbox(default_world()) as sandbox:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("PINPLAN_API_URL", sandbox.url)
        monkeypatch.setenv("PINPLAN_ACCESS_TOKEN", sandbox.token)
        exec(compile(code, "example", "exec"), {})
    return len(list((tmp_path / "Pins" / "Animals 動物").rglob("*.jpg")))


def test_promises_that_tests_name_exist():
    named = {
        int(n)
        for path in (ROOT / "tests").rglob("*.py")
        for n in re.findall(r'promise\("I(\d+)"\)', path.read_text("utf-8"))
    }
    assert named <= set(range(1, 32))
    assert {1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 22, 23, 24, 25, 27, 28, 29} <= named


def test_no_document_names_a_package_server():
    texts = [
        (ROOT / name).read_text("utf-8")
        for name in (
            "constraints.txt",
            "dev-requirements.txt",
            "sdk-requirements.txt",
            "page-requirements.txt",
            "package.json",
            "Makefile",
        )
    ]
    assert not [text for text in texts if "://" in text or "index-url" in text]


def test_the_architecture_page_names_every_room_and_no_other():
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rooms = page.partition("## Rooms")[2].partition("## Four trips")[0]
    rows = [line.partition("|")[2].partition("|")[0] for line in rooms.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([a-z_]+(?:/|\.py))`", row)}
    there = {f"{one.name}/" if one.is_dir() else one.name for one in (ROOT / "pinplan").iterdir()}
    assert named == {name for name in there if not name.startswith("__") and name != "py.typed"}


def test_the_architecture_page_names_files_that_are_there():
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8").partition("## Four trips")[2]
    paths = set(re.findall(r"`(?:pinplan/)?((?!tests/|fixtures/)[a-z_]+/[a-z_/]+)(?:\.js|\.py|\.[a-z_]+)?`", page))
    missing = {path for path in paths if not any((ROOT / "pinplan" / path).parent.glob(f"{Path(path).name}.*"))}
    assert len(paths) >= 30
    assert missing == set()

"""The table of commands says what their modules say."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pinplan.cli.app import app, run
from pinplan.cli.commands import TABLE, Commands, command_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

TREE: Any = command_tree(app)


@pytest.mark.parametrize(("name", "module", "line"), TABLE)
def test_the_table_has_the_first_sentence_of_each_command(name, module, line):
    command = TREE.commands[name]
    assert command.get_short_help_str(limit=200) == line
    if command.callback is not None:
        assert command.callback.__module__ == f"pinplan.cli.{module}"


@pytest.mark.parametrize("width", [45, 80, 300])
def test_help_from_the_table_is_help_from_the_commands(width):
    short = Commands(name="pinplan")
    assert list(short.commands) == list(TREE.commands)
    for name, command in short.commands.items():
        assert command.get_short_help_str(width) == TREE.commands[name].get_short_help_str(width)


def test_a_command_is_imported_once():
    program = Commands(name="pinplan")
    listed = program.commands["schema"]
    imported = program.imported("schema")
    assert imported is not listed
    assert program.imported("schema") is imported is program.commands["schema"]


def paths_of(command: Any, name: str = "pinplan") -> Iterator[Any]:
    for param in command.params:
        if isinstance(param.type, type(TREE.commands["show"].params[0].type)):
            yield pytest.param(param, id=f"{name} {param.name}")
    for below, one in getattr(command, "commands", {}).items():
        yield from paths_of(one, f"{name} {below}")


PATHS = list(paths_of(TREE))


@pytest.mark.parametrize("param", PATHS)
def test_no_path_may_be_empty_and_a_home_folder_is_found(param, monkeypatch, tmp_path):
    # In a script, `pinplan init "$DIR"` without DIR would be the current folder.
    with pytest.raises(Exception, match="the path is empty"):
        param.type.convert("", param, None)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Path(param.type.convert("~/a.json", param, None)) == tmp_path / "a.json"
    assert Path(param.type.convert("a~/~", param, None)) == Path("a~/~")


def test_all_paths_are_tried():
    assert len(PATHS) > 60


def failure(monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["pinplan", *words])
    with contextlib.redirect_stderr(io.StringIO()) as told:
        return run(), told.getvalue()


def test_dupes_takes_no_empty_folder(monkeypatch):
    code, told = failure(monkeypatch, "dupes", "")
    assert (code, "the path of the folder is empty" in told) == (64, True)


def test_a_demo_needs_a_folder_that_can_be_made(monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    code, told = failure(monkeypatch, "demo", str(tmp_path / "file"))
    assert (code, "is a file; name a new folder for the demo" in told) == (64, True)
    code, told = failure(monkeypatch, "demo", str(tmp_path / "file" / "below"))
    assert (code, "Not a directory" in told) == (1, True)


def test_an_end_of_file_that_is_no_answer_to_a_prompt_is_a_bug_and_no_interrupt(monkeypatch):
    def cut_short(*_: object) -> None:
        raise EOFError("marshal data too short")

    monkeypatch.setattr("pinplan.cli.app.app", Commands(name="pinplan"))
    monkeypatch.setattr(Commands, "imported", cut_short)
    code, told = failure(monkeypatch, "schema", "plan")
    assert (code, "this is a bug in pinplan: EOFError" in told) == (1, True)


def groups_and_commands(command: Any, name: str = "pinplan") -> Iterator[tuple[str, Any]]:
    yield name, command
    for below, one in getattr(command, "commands", {}).items():
        yield from groups_and_commands(one, f"{name} {below}")


ALL = dict(groups_and_commands(TREE))


@pytest.mark.parametrize("name", [name for name, one in ALL.items() if hasattr(one, "commands")])
def test_a_list_of_commands_is_not_cut_short_on_80_columns(name, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    with contextlib.suppress(SystemExit):
        ALL[name].main(["--help"], prog_name=name)
    listed = capsys.readouterr().out.partition("Commands:")[2].partition("Exit codes")[0]
    assert listed
    assert "..." not in listed


@pytest.mark.parametrize("name", list(ALL))
def test_help_names_what_an_option_takes_not_its_type(name, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "200")
    with contextlib.suppress(SystemExit):
        ALL[name].main(["--help"], prog_name=name)
    assert not [
        line for line in capsys.readouterr().out.splitlines() if re.search(r"--[a-z-]+ +(<|[A-Z]+ RANGE|TEXT$)", line)
    ]

"""The table of commands says what their modules say."""

from __future__ import annotations

from typing import Any

import pytest

from pinplan.cli.app import app
from pinplan.cli.commands import TABLE, Commands, command_tree

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

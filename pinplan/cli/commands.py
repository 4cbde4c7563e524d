"""All commands, and the module of each: it is imported when the command is called."""

from __future__ import annotations

import os.path
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup

from pinplan.cli.invocation import Invocation, located
from pinplan.cli.other_tools import ELSEWHERE

if TYPE_CHECKING:
    from collections.abc import Callable

# In the order of --help: the workflow first, then inspection, then the groups.
TABLE: tuple[tuple[str, str, str], ...] = (
    ("init", "library", "Create a library in a folder."),
    ("plan", "plan", "Show the changes that an apply would make."),
    ("show", "show", "Show a saved plan."),
    ("diff", "show", "Compare two saved plans."),
    ("review", "review", "Review a plan with its images, and decide on each action."),
    ("apply", "apply", "Apply a plan exactly."),
    ("post", "post", "Post pictures from anywhere as pins: plan, ask, apply."),
    ("undo", "undo", "Plan the reverse of a run; apply that plan to undo it."),
    ("resolve", "undo", "Resolve an unconfirmed create: name what was created, or none."),
    ("status", "library", "Show the status of the library."),
    ("history", "library", "Show all runs, or the actions of one."),
    ("explain", "library", "Explain the state of a pin or file."),
    ("verify", "library", "Verify every tracked file and every pin."),
    ("dupes", "dupes", "Find duplicate images in the library or any folder."),
    ("gallery", "gallery", "Write the library as offline web pages."),
    ("schema", "schema", "Print the JSON Schema of a plan, the config, or another document."),
    ("demo", "demo", "Run a demo on the sandbox."),
    ("whoami", "account", "Show the account and permissions of the token."),
    ("boards", "account", "List the boards of the account."),
    ("pins", "account", "List the pins of a board or section."),
    ("find", "account", "Search boards, sections, pins and library files for a text."),
    ("trash", "undo", "List, restore or delete trashed files."),
    ("audit", "audit", "The hash-chained record of everything that was done."),
    ("auth", "auth", "Sign in to Pinterest and show the sign-in."),
    ("sandbox", "sandbox", "An embedded Pinterest API v5 for tests and demos."),
)
"""Name, module of `pinplan.cli` that has a function or group of this name, and the first sentence of its docstring."""


class Commands(TyperGroup):
    """All commands. `TABLE` is enough to list them; names from other tools suggest ours."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - typer hands over what it read from the callback
        """List the commands without importing them."""
        super().__init__(**settings)
        self._modules = {name: module for name, module, _ in TABLE}
        for name, _, line in TABLE:
            self.commands[name] = TyperCommand(name, help=line)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - click's own types have moved between versions of typer
        """Import the command that is called. Raises click's UsageError."""
        ours = ELSEWHERE.get(args[0]) if args and args[0] not in self.commands else None
        if ours is not None:
            run = Invocation(located(args[1:]))
            ctx.fail(f"No such command '{args[0]}'. Use: {run.sentence(*ours)}")
        name, command, rest = super().resolve_command(ctx, args)
        # Without a name: completion also asks for commands that do not exist.
        return name, command if name is None else self.imported(name), rest

    def imported(self, name: str) -> Any:  # noqa: ANN401 - as above
        """The command itself, in place of its line in the table."""
        module = self._modules.pop(name, None)
        if module is not None:
            self.commands[name] = _command_in(module, name)
        return self.commands[name]


def _command_in(module: str, name: str) -> Any:  # noqa: ANN401 - as above
    defined = getattr(import_module(f"pinplan.cli.{module}"), name)
    # An app of its own: typer makes commands only of whole apps.
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    # Without a callback, an app of one command is that command, not a group.
    app.callback()(lambda: None)
    if isinstance(defined, typer.Typer):
        app.add_typer(defined, name=name)
    else:
        app.command(name)(defined)
    tree: Any = typer.main.get_command(app)
    _read_paths(tree.commands[name])
    return tree.commands[name]


def _read_paths(command: Any) -> None:  # noqa: ANN401 - as above
    """Let all paths on the command line be read by `_path`, those of subcommands included."""
    for one in getattr(command, "commands", {}).values():
        _read_paths(one)
    for param in command.params:
        if param.type.name == "path":
            param.type.convert = partial(_path, param.type.convert)


def _path(convert: Callable[..., object], value: object, param: object, ctx: object) -> object:
    """Refuse an empty path: it is a variable of a script that is not set, and would be the current folder. Expand ``~``.

    Refuse a path that the system cannot even look up: too long, a loop of links, below a closed folder, on a disk that is gone.
    """
    if value == "":
        raise typer.BadParameter("the path is empty", ctx, param)  # type: ignore[arg-type] # click's own types have moved
    # A shell does not in `--out=~/plan.json`.
    path = os.path.expanduser(value) if isinstance(value, str) else value  # noqa: PTH111 - Path fails for an unknown user
    if isinstance(path, str):
        try:
            os.stat(path)  # noqa: PTH116 - as above
        except (FileNotFoundError, NotADirectoryError):
            pass  # whether it must exist, the command knows
        except OSError as error:
            raise typer.BadParameter(f"{path}: {error.strerror}", ctx, param) from error  # type: ignore[arg-type] # as above
    return convert(path, param, ctx)


def command_tree(app: typer.Typer) -> Any:  # noqa: ANN401 - as above
    """The program with all its commands imported."""
    tree: Any = typer.main.get_command(app)
    for name in list(tree.commands):
        tree.imported(name)
    return tree

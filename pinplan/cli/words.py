"""Commands as other tools name them, and ours that do the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.core import TyperGroup

from pinplan.cli.invocation import Invocation, located

if TYPE_CHECKING:
    from pinplan.errors.suggestions import Command

_PLAN = ("plan", "-o", "plan.json")
_BOARDS = ("{}, or for the pins of one: {}", ("boards",), ("pins", "BOARD"))
_UPLOAD = ("{} or {}; pinplan creates only pins that it deleted before", ("undo",), ("trash", "restore", "NAME"))

ELSEWHERE: dict[str, tuple[str, *tuple[Command, ...]]] = {
    "login": ("{}", ("auth", "login")),
    "logout": ("{}", ("auth", "logout")),
    "sync": ("{}, then: {}", _PLAN, ("apply", "plan.json")),
    "list": _BOARDS,
    "ls": _BOARDS,
    "download": ("{}", ("apply",)),
    "pull": ("{}", ("apply",)),
    "upload": _UPLOAD,
    "push": _UPLOAD,
    "import": ("{}; it adopts files that carry a pin id in their name", _PLAN),
    "validate": ("{}; it checks the config before it looks at anything, and changes nothing", ("plan",)),
    "destroy": ("{}, to reverse a run; pinplan deletes nothing as a whole", ("undo",)),
    "search": ("{}", ("find", "TEXT")),
    "restore": ("{}", ("trash", "restore", "NAME")),
}
"""What people type who know other tools, and the commands of ours to use, in a sentence with a ``{}`` for each."""


class Commands(TyperGroup):
    """All commands; one that has another name elsewhere is pointed to."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - click's own types have moved between versions of typer
        """The command of these arguments. Raises click's UsageError."""
        ours = ELSEWHERE.get(args[0]) if args and args[0] not in self.commands else None
        if ours is not None:
            run = Invocation(located(args[1:]))
            ctx.fail(f"No such command '{args[0]}'. Use: {run.sentence(*ours)}")
        return super().resolve_command(ctx, args)

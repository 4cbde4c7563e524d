"""Commands as other tools name them, and ours that do the same."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

ELSEWHERE = {
    "login": "pinplan auth login",
    "logout": "pinplan auth logout",
    "sync": "pinplan plan -o plan.json, then: pinplan apply plan.json",
    "list": "pinplan boards, or for the pins of one: pinplan pins BOARD",
    "ls": "pinplan boards, or for the pins of one: pinplan pins BOARD",
    "download": "pinplan apply",
    "pull": "pinplan apply",
    "upload": "pinplan undo or pinplan trash restore; pinplan creates only pins that it deleted before",
    "push": "pinplan undo or pinplan trash restore; pinplan creates only pins that it deleted before",
    "import": "pinplan plan -o plan.json; it adopts files that carry a pin id in their name",
    "validate": "pinplan plan; it checks the config before it looks at anything, and changes nothing",
    "destroy": "pinplan undo, to reverse a run; pinplan deletes nothing as a whole",
    "diff": "pinplan plan",
    "search": "pinplan find TEXT",
    "restore": "pinplan trash restore FILE",
}
"""What people type who know other tools, and the command of ours to use."""


class Commands(TyperGroup):
    """All commands; one that has another name elsewhere is pointed to."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - click's own types have moved between versions of typer
        """The command of these arguments. Raises click's UsageError."""
        ours = ELSEWHERE.get(args[0]) if args and args[0] not in self.commands else None
        if ours is not None:
            ctx.fail(f"No such command '{args[0]}'. Use: {ours}")
        return super().resolve_command(ctx, args)

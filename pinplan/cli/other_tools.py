"""Command names of other tools, and what to type instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pinplan.errors.suggestions import Command


_PLAN = ("plan", "-o", "plan.json")
_BOARDS = ("{}, or for the pins of one: {}", ("boards",), ("pins", "BOARD"))
_PUBLISH = ("plan", "--mode", "publish", "-o", "plan.json")
_UPLOAD = ("{}, or for the new files of the library: {}", ("post", "BOARD", "FILE"), _PUBLISH)

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
    "create": _UPLOAD,
    "import": ("{}; it adopts files with a pin id in their name", _PLAN),
    "validate": ("{}; it validates the config first and changes nothing", ("plan",)),
    "destroy": ("{}, to reverse a run; pinplan has no command that deletes everything", ("undo",)),
    "search": ("{}", ("find", "TEXT")),
    "restore": ("{}", ("trash", "restore", "NAME")),
}
"""Command names of other tools → a message with a ``{}`` per pinplan command, and those commands."""

"""What must hold because the config says so: selectors that select nothing, parts that are left out, kinds and files that are protected."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tests.adversary.invariants import Found, invariant
from tests.adversary.setup import TYPO

if TYPE_CHECKING:
    from tests.adversary.stage import Ran, Stage

REMOVES = {
    "delete_remote",
    "delete_local",
    "dedupe",
    "move_local",
    "move_remote",
    "rename_board",
    "rename_section",
    "replace",
}
STRICT = ("archive", "mirror", "two-way")
"""Modes, the one that removes least first."""


def _typos(config: dict[str, Any]) -> tuple[list[str], bool]:
    """Selectors of the config that select nothing, and whether one of them was to protect."""
    protects = [name for name in config.get("protect", {}).get("boards", ()) if name.endswith(TYPO)]
    overrides = [one["board"] for one in config.get("override", ()) if one["board"].endswith(TYPO)]
    plain = config.get("sync", {})
    stricter = plain.get("mode") == "two-way" and not {"on_missing_file", "on_gone_pin"} & set(plain)
    return [*protects, *overrides], bool(protects or (overrides and stricter))


@invariant(
    "typo-is-said",
    "A selector of the config that selects nothing is a finding of every plan, and stops what removes anything where it was to protect.",
)
def typo_is_said(stage: Stage, ran: Ran) -> Found:
    names, protects = _typos(stage.story.setup["config"])
    if not names or ran.command not in {"plan", "apply"} or not ran.plan:
        return
    found = str([one for one in ran.plan.get("findings", ()) if one["kind"] == "unmatched_selector"])
    for name in names:
        if name not in found and ran.command == "plan" and not ran.hidden:
            yield "finding", f"{name} selects nothing, and no finding says so"
    removes = {action["kind"] for action in ran.actions} & REMOVES
    if protects and removes and ran.applies and not ran.hidden and (ran.deleted or _removed(ran)):
        yield "check", f"{', '.join(names)} selects nothing, and {', '.join(sorted(removes))} was done"


def _removed(ran: Ran) -> bool:
    return bool(ran.after.trash.keys() - ran.before.trash.keys())


@invariant("left-out-untouched", "Nothing is planned for boards and pins that the config leaves out.")
def left_out_untouched(stage: Stage, ran: Ran) -> Found:
    table = stage.story.setup["config"].get("boards", {})
    if not table or ran.command != "plan":
        return
    for action in ran.actions:
        board = stage.world.boards.get(action["board_id"])
        if action["pin_id"] in table.get("ignore_pins", ()):
            yield "pin", f"{action['kind']} of {action['address']}, a pin that is to be ignored"
        elif board is not None and board.name in table.get("exclude", ()):
            yield "board", f"{action['kind']} of {action['address']}, on a board that takes no part"


@invariant("protected-stays", "No plan that can be applied has a protected kind, or removes a protected file or pin.")
def protected_stays(stage: Stage, ran: Ran) -> Found:
    protect = stage.story.setup["config"].get("protect", {})
    if not protect or ran.command not in {"plan", "undo"}:
        return
    for action in ran.actions:
        expect = action.get("expect")
        path = expect.get("path", "") if isinstance(expect, dict) else ""
        if action["kind"] in protect.get("kinds", ()):
            yield "kind", f"{action['kind']} is protected, and planned for {action['address']}"
        elif action["kind"] in {"delete_local", "move_local", "move_remote", "replace"}:
            if any(fnmatchcase(path, glob) for glob in protect.get("globs", ())):
                yield "file", f"{action['kind']} of the protected file {path}"
            elif action["pin_id"] in protect.get("pins", ()):
                yield "pin", f"{action['kind']} of the protected pin {action['pin_id']}"

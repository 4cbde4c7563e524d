"""How this run was called. Builds every command that pinplan suggests."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from pinplan.errors.suggestions import filled, suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pinplan.errors.suggestions import Command
    from pinplan.plan.document import Finding, Plan

LOCATING = ("library", "config", "profile", "token_file", "api")
"""Options that select library and account; suggested commands repeat them."""
IF_SAVED = "[PLAN]"
"""Placeholder for the given plan file; empty without one."""
_WITHOUT: dict[str, tuple[str, ...]] = {
    "init": LOCATING,  # names its folder itself
    "demo": LOCATING,
    "schema": LOCATING,
    "sandbox": LOCATING,
    "auth login": ("token_file",),  # a sign-in replaces the token that was given
}


class Invocation:
    """The options that selected library and account, and the paths of this run.

    Attributes:
        library: the library folder, once known; replaces ``DIR``.
        plan_file: the given plan; replaces ``PLAN``.
    """

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        """Keep the options in `LOCATING`."""
        given = options or {}
        self._given = {name: str(given[name]) for name in LOCATING if given.get(name) is not None}
        self.library: Path | None = given.get("library")
        self.plan_file: Path | None = None

    def command(self, *words: str) -> str:
        """A command for the same library and account, quoted for a shell."""
        without = _WITHOUT.get(words[0]) or _WITHOUT.get(" ".join(words[:2]), ())
        # Repeated in every suggestion: a command pasted into another folder must find the same library.
        options = [
            part
            for name, value in self._given.items()
            if name not in without
            for part in (f"--{name.replace('_', '-')}", value)
        ]
        known = {"DIR": self.library, "PLAN": self.plan_file, IF_SAVED: self.plan_file}
        written = (str(known.get(word) or word) for word in words if word != IF_SAVED or self.plan_file)
        return suggestion(*written, *options)

    def sentence(self, text: str, *commands: Command) -> str:
        """The text with each ``{}`` replaced by a command."""
        return text.format(*(self.command(*words) for words in commands))

    def findings(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Findings for display: suggested commands get the options of this run."""
        from msgspec.structs import replace

        return tuple(
            replace(one, message=filled(one.message, one.commands, self.command)) if one.commands else one
            for one in findings
        )

    def shown(self, plan: Plan) -> Plan:
        """A plan for display: only its findings differ."""
        from msgspec.structs import replace

        return replace(plan, findings=self.findings(plan.findings))


def located(arguments: Sequence[str]) -> dict[str, str]:
    """The options in `LOCATING` of an unparsed command line."""
    flags = {f"--{name.replace('_', '-')}": name for name in LOCATING}
    found: dict[str, str] = {}
    # By hand: the line could not be parsed, but its suggestion still needs these options.
    for argument, following in zip_longest(arguments, arguments[1:]):
        flag, given, value = argument.partition("=")
        if flag in flags and (given or following is not None):
            found[flags[flag]] = value if given else str(following)
    return found

"""How this run was called, and the commands that go on from it. Every command that pinplan suggests is made here."""

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
"""Options that name the library and the account: a command that is suggested needs the same."""
IF_SAVED = "[PLAN]"
"""Stands for the plan file that was named, and for nothing where none was."""
_WITHOUT: dict[str, tuple[str, ...]] = {
    "init": LOCATING,  # names its folder itself
    "demo": LOCATING,
    "schema": LOCATING,
    "sandbox": LOCATING,
    "auth login": ("token_file",),  # a sign-in replaces the token that was given
}


class Invocation:
    """The options that located library and account, and what else is known of this run.

    Attributes:
        library: the folder of the library, once it is known; stands for ``DIR``.
        plan_file: the plan that was named; stands for ``PLAN``.
    """

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        """Keep those of a command's options that locate."""
        given = options or {}
        self._given = {name: str(given[name]) for name in LOCATING if given.get(name) is not None}
        self.library: Path | None = given.get("library")
        self.plan_file: Path | None = None

    def command(self, *words: str) -> str:
        """A command that acts on the same library and account, as a shell takes it."""
        without = _WITHOUT.get(words[0]) or _WITHOUT.get(" ".join(words[:2]), ())
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
        """A sentence with a ``{}`` for each command."""
        return text.format(*(self.command(*words) for words in commands))

    def findings(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Findings as they are shown: what they suggest can be typed as it is written."""
        from msgspec.structs import replace

        return tuple(
            replace(one, message=filled(one.message, one.commands, self.command)) if one.commands else one
            for one in findings
        )

    def shown(self, plan: Plan) -> Plan:
        """A plan as it is shown: only its findings are written otherwise."""
        from msgspec.structs import replace

        return replace(plan, findings=self.findings(plan.findings))


def located(arguments: Sequence[str]) -> dict[str, str]:
    """Those options of a command line that locate, where no command has parsed it."""
    flags = {f"--{name.replace('_', '-')}": name for name in LOCATING}
    found: dict[str, str] = {}
    for argument, following in zip_longest(arguments, arguments[1:]):
        flag, given, value = argument.partition("=")
        if flag in flags and (given or following is not None):
            found[flags[flag]] = value if given else str(following)
    return found

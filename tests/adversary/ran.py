"""What a command of pinplan's did, as the stage saw it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.adversary.network import Write
from tests.adversary.oracle import Look


@dataclass
class Ran:
    """A command that ran, and what it did.

    Attributes:
        code: its exit code; None if it died.
        deleted: pins that it deleted, each with the look at the moment before.
        weather: names of the rules that took a request of it.
        places: for each of them, which paths it is about.
        sent: requests that would change Pinterest, each with the weather that took it.
        asked: paths that were asked for.
        hidden: whether something that is there could not be seen because of the weather or the machine.
        hidden_by: the names of that weather.
        crash: a traceback that left the program.
        unannounced: pins that it deleted before the audit log on disk said that it would.
        early: pins whose deletion the audit log announced while another pin was being deleted.
        plan: the document that was made or applied, if there is one.
    """

    argv: tuple[str, ...]
    before: Look
    code: int | None = None
    out: str = ""
    err: str = ""
    after: Look = field(default_factory=Look)
    writes: list[Write] = field(default_factory=list)
    deleted: list[tuple[str, Look]] = field(default_factory=list)
    unannounced: list[str] = field(default_factory=list)
    early: set[str] = field(default_factory=set)
    weather: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    hidden: bool = False
    hidden_by: set[str] = field(default_factory=set)
    spoilt: int = 0
    crash: str = ""
    plan: dict[str, Any] = field(default_factory=dict)

    def deletes(self, pin_id: str, look: Look, audit_log: bytes) -> None:
        """A pin is about to be deleted on Pinterest: note what is there, and what the audit log says at this moment."""
        self.deleted.append((pin_id, look))
        announced = announced_of(audit_log)
        if pin_id not in {pin for _, pin in announced}:
            self.unannounced.append(pin_id)
        self.early |= {pin for kind, pin in announced if kind == "delete_remote"} - {pin_id}

    @property
    def command(self) -> str:
        return self.argv[0]

    @property
    def applies(self) -> bool:
        return self.command == "apply"

    @property
    def died(self) -> bool:
        return self.code is None and not self.crash

    @property
    def actions(self) -> list[dict[str, Any]]:
        actions: list[dict[str, Any]] = self.plan.get("actions", [])
        return actions

    @property
    def calm(self) -> bool:
        """Neither weather nor machine got in its way."""
        return not self.weather and not self.spoilt and not self.died


def announced_of(audit_log: bytes) -> set[tuple[str, str]]:
    """Kinds and pins of what the run that is on announced, and of which it has not said yet how it ended."""
    announced: dict[str, tuple[str, str]] = {}
    for text in audit_log.splitlines():
        try:
            line = json.loads(text)
        except ValueError:  # a log that was cut or rewritten
            continue
        if line.get("type") == "run":
            announced.clear()
        elif line.get("type") == "intent":
            announced[line["action"]] = (line["kind"], line["pin_id"])
        elif line.get("type") == "result":
            announced.pop(line["action"], None)
    return set(announced.values())

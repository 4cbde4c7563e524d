"""The words of the terminal review: its keys, and its help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pinplan.plan.document import CheckStatus
from pinplan.render.text import summary_line
from pinplan.render.text_safety import local_time, message, plain, spelt

if TYPE_CHECKING:
    from pinplan.plan.document import Plan

HELP = (
    ("← →", "previous, next; Home and End: the first, the last"),
    ("Enter", "only the pictures, as large as the terminal; again or Esc: back"),
    ("A", "approve: perform it as planned"),
    ("S", "skip: leave it as it is"),
    ("1 – 9", "duplicates: keep only this one"),
    ("T", "of three or more: let the one on the right stay as well, or not"),
    ("K", "duplicates: keep all"),
    ("N", "duplicates: mark as different, also for future plans"),
    ("C", "clear the decision"),
    ("U, Y", "undo, redo"),
    ("W", "write a note: why"),
    ("↑ ↓", "of three or more: compare with the next; Shift changes the left one"),
    ("F", "flicker: both pictures in one place, by turns"),
    ("X", "mark, for a decision about all that are marked (in B)"),
    ("B", "boards and kinds: decide about a whole one, or go to it"),
    ("V", "what is decided: view, take back"),
    ("/", "search in names and paths"),
    ("I", "the plan: checks and findings"),
    ("Q", "finish"),
    ("Ctrl-C", "quit at once; everything decided is saved"),
)
SINGLE = "A approve  S skip  U undo  ←→ move  B boards  W note  Q finish  ? help"
PAIR = "A drop  K keep all  1-9 keep  N different  U undo  ←→ move  Q finish  ? help"
FEW = "? help  Q finish  A yes  S no  U undo  ←→"
"""The keys in a narrow terminal: the help names the others."""
MORE = "  B kinds and boards  W note  V decided  X mark  / search"
"""What fits a wide terminal as well."""
READ_ONLY = "←→ move  B boards  I plan  Q quit  ? help"


def help_page() -> Text:
    """The keys, a line each."""
    rows = [Text.assemble((f"{keys:>7}", "bold"), f"  {does}") for keys, does in HELP]
    words = "Decisions are saved as they are made. A key that is held down decides once. Nothing is applied here."
    return Text("\n").join([Text("Keys", "bold"), Text(), *rows, Text(), Text(words, "dim")])


def plan_page(plan: Plan, most: int = 1000) -> Text:
    """What a plan is about: its summary, checks, and findings."""
    lines = [
        Text("The plan", "bold"),
        Text(summary_line(plan)),
        Text(f"made {local_time(plain(plan.created_at))} for {plain(plan.account.username)}; {plan.digest}", "dim"),
        Text(),
        Text("Checks", "bold"),
    ]
    for check in plan.checks:
        passed = check.status is CheckStatus.PASS
        lines.append(
            Text.assemble(
                ("passed  " if passed else "FAILED  ", "green" if passed else "bold red"),
                f"{spelt(check.name)}: {message(check.message) or plain(f'{check.figure}, limit {check.limit}')}",
            )
        )
    lines += [Text(), Text(f"Findings: {len(plan.findings):,}", "bold")]
    for finding in plan.findings[:most]:
        lines.append(
            Text.assemble(
                (f"{spelt(finding.kind)}  ", "bold"), f"{plain(finding.address)}  ", (message(finding.message), "dim")
            )
        )
    return Text("\n").join(lines)

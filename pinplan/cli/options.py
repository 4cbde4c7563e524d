"""Options that several commands share, and what their values mean: ``-o FILE`` and PLAN, where ``-`` is standard output or input; ``--refresh``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from pinplan.errors import ConfigError

if TYPE_CHECKING:
    from pinplan.cli.common import Common
    from pinplan.plan.document import Plan
    from pinplan.snapshot.freshness import Refresh


def is_stdout(path: Path) -> bool:
    """Whether a path stands for standard output."""
    return str(path) == "-"


def is_stdin(path: Path) -> bool:
    """Whether a path stands for standard input."""
    return str(path) == "-"


def check_plan_target(common: Common, out: Path | None) -> None:
    """Check that a plan can be written there, before a long listing. Raises `ConfigError`, `DiskRefused`."""
    from pinplan.records.output_file import Document, check_target

    if out is None:
        return
    # Before a listing that may take hours.
    if not is_stdout(out):
        check_target(out, Document.PLAN)
    elif common.out.json:
        raise ConfigError(["--json and -o - both write to standard output: use only one"])


def read_plan_argument(path: Path) -> Plan:
    """The plan in a file, or on standard input. Raises as `pinplan.records.plan_file.read_plan`."""
    from pinplan.documents import read_bounded
    from pinplan.records.plan_file import decode_plan, read_plan

    if is_stdin(path):
        # One byte more than allowed: the decoder refuses it instead of reading without end.
        return decode_plan(read_bounded(sys.stdin.buffer), "standard input")
    return read_plan(path)


OutOption: TypeAlias = Annotated[
    Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the plan to a file, for apply.")
]
ShowAllOption: TypeAlias = Annotated[bool, typer.Option("--all", help="Show every action and finding.")]
NoInputOption: TypeAlias = Annotated[bool, typer.Option("--no-input", help="Never prompt; decline instead.")]
LockTimeoutOption: TypeAlias = Annotated[
    str, typer.Option("--lock-timeout", metavar="TIME", help="How long to wait for the lock, e.g. 30s.")
]
PortOption: TypeAlias = Annotated[
    int, typer.Option("--port", metavar="N", min=0, max=65535, help="Port; 0 picks a free one.")
]
PageOption: TypeAlias = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write a self-contained page with images.")
]
MaxSizeOption: TypeAlias = Annotated[str, typer.Option("--max-size", metavar="SIZE", help="Maximum size of the page.")]


def allow_option(example: str) -> Any:  # noqa: ANN401 - what typer.Option returns
    """``--allow`` of a command that plans, with an example of its own."""
    return typer.Option(
        "--allow", metavar="CHECK=FIGURE", help=f"Raise one safety limit for this plan, e.g. {example}."
    )


WORDS = ("auto", "full", "none")

RefreshOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--refresh",
        metavar="auto|full|none",
        help="List changed boards, all boards, or none (then nothing is deleted or moved).",
    ),
]


def refresh_of(text: str) -> Refresh:
    """Parse the option. Raises `ConfigError`."""
    from pinplan.snapshot.freshness import Refresh

    if text not in WORDS:
        raise ConfigError([f"--refresh {text}: expected one of {', '.join(WORDS)}"])
    return Refresh(text)

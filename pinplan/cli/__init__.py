"""The command line: one file per group of commands."""

from __future__ import annotations

__all__ = [
    "main",
]

INTERRUPTED = 130


def main() -> None:
    """Run the program and leave with one of the documented exit codes; never with a traceback."""
    import sys

    from pinplan.cli.process import handled, interrupt

    try:
        with handled(interrupt):
            # Imported in here, so that a signal during the half second that this may take ends like any other.
            from pinplan.cli.app import run

            code = run()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        code = INTERRUPTED
    sys.exit(code)

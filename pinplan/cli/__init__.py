"""The command line: one file per group of commands."""

from __future__ import annotations

__all__ = [
    "main",
]

INTERRUPTED = 130


def main() -> None:
    """Run the program and exit with a documented exit code; never with a traceback."""
    import sys

    from pinplan.cli.process import handled, interrupt

    try:
        with handled(interrupt):
            # Imported under the handler: the import takes up to half a second, and Ctrl-C in it must not print a traceback.
            from pinplan.cli.app import run

            code = run()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        code = INTERRUPTED
    sys.exit(code)

"""The command line: one file per group of commands."""

from __future__ import annotations

__all__ = [
    "main",
]

FAILED = 1
INTERRUPTED = 130
_COLLECT_AFTER = 500_000
"""New objects between two runs of the garbage collector. With Python's 700, looking for cycles among what is imported takes a tenth of a short command."""


def main() -> None:
    """Run the program and exit with a documented exit code; never with a traceback."""
    import gc
    import sys

    gc.set_threshold(_COLLECT_AFTER)
    from pinplan.cli.process import handled, interrupt
    from pinplan.cli.streams import open_closed_ones

    open_closed_ones()

    try:
        with handled(interrupt):
            # Imported under the handler: the import takes up to half a second, and Ctrl-C in it must not print a traceback.
            from pinplan.cli.app import run

            code = run()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        code = INTERRUPTED
    except (MemoryError, ImportError, OSError) as error:
        # Importing something, if only to say what else failed, is what fails first. Nothing more is imported here.
        sys.stderr.write(f"Error: {'not enough memory' if isinstance(error, MemoryError) else error}\n")
        code = FAILED
    sys.exit(code)

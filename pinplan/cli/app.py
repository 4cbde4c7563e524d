"""The ``pinplan`` program: its commands and exit."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from pinplan import __version__
from pinplan.cli import exits, process, streams
from pinplan.cli.aliases import as_ours
from pinplan.cli.commands import Commands

_ABOUT = "Terraform for Pinterest boards: plan the changes, review the plan, apply exactly that plan."

app = typer.Typer(
    name="pinplan",
    cls=Commands,
    help=_ABOUT,
    epilog=exits.TABLE,
    no_args_is_help=True,
    rich_markup_mode=None,
    # rich tracebacks print local variables, and with them tokens (I27).
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"pinplan {__version__}\n")
        raise typer.Exit(exits.DONE)


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    pass


_UsageError: Any = typer.BadParameter.__mro__[1]
"""Click's UsageError: older versions of typer import it from click, newer ones vendor it."""


def run() -> int:
    """Run the program; returns a documented exit code."""
    with streams.steady() as standard:
        code = _run()
        sys.stdout.flush()
        if standard.problem:
            sys.stderr.write(f"Error: standard output: {standard.problem}. {_CUT_SHORT}\n")
            code = exits.FAILED if code in {exits.DONE, exits.CHANGES} else code
    return code


_CUT_SHORT = "Only the output is incomplete; what the command does was not affected."


def _run() -> int:
    try:
        with process.handled(process.interrupt):
            # Standalone mode would exit inside click, with its own exit codes.
            code = app(as_ours(sys.argv[1:], app), standalone_mode=False)
    # click would exit with 2, which means "changes present" here.
    except _UsageError as error:
        error.show()
        _report_usage_error(error.format_message())
        return exits.USAGE
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort as stop:
        # typer aborts for an EOFError, too. Every prompt handles its own: any other is no Ctrl-D, but a bug.
        return _report_bug(stop.__cause__) if isinstance(stop.__cause__, EOFError) else exits.INTERRUPTED
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - last resort: a bug writes a crash report, not a traceback
        return _report_bug(error)
    return code if isinstance(code, int) else exits.DONE


def _report_usage_error(message: str) -> None:
    """Report a usage error under ``--json``, as an event or a document like any other error."""
    from pinplan.cli.output import Output
    from pinplan.events import Failed

    typed = set(as_ours(sys.argv[1:], app))  # parsing failed: the options exist only as words
    if "--json" in typed:
        out = Output(json=True, quiet=bool(typed & {"-q", "--quiet"}))
        out.failed(Failed(message=message, exit_code=exits.USAGE))


def _report_bug(error: Exception) -> int:
    from pinplan.errors.crash_report import write_report
    from pinplan.errors.shortage import shortage_of

    # Of all that was to be said about it, only this needs nothing more from the computer.
    lacks = shortage_of(error)
    if lacks is not None:
        sys.stderr.write(f"Error: {lacks.message}\n{lacks.next_step}\n")
        return exits.FAILED
    sys.stderr.write(f"Error: this is a bug in pinplan: {type(error).__name__}\n")
    sys.stderr.write(f"{write_report(error)}\n")
    return exits.FAILED

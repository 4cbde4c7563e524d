"""Shared by all commands: common options, and errors as messages and exit codes."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pinplan.cli.invocation import Invocation
from pinplan.errors import PinplanError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinplan.cli.output import Output
    from pinplan.config import Config
    from pinplan.events import Emit

_LIBRARY = Annotated[
    Path | None,
    typer.Option(
        "--library", metavar="DIR", help="Library folder (default: PINPLAN_LIBRARY, or the folder with pinplan.toml)."
    ),
]
_CONFIG = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Config file (default: PINPLAN_CONFIG, or pinplan.toml)."),
]
_PROFILE = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help="Sign-in profile (default: PINPLAN_PROFILE, or default)."),
]
_TOKEN_FILE = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="File with an access token (default: PINPLAN_ACCESS_TOKEN, or the profile).",
    ),
]
_API = Annotated[
    str | None,
    typer.Option("--api", metavar="production|sandbox", help="Pinterest API to use (or: PINPLAN_API_URL)."),
]
_JSON = Annotated[bool, typer.Option("--json", help="Print JSON on stdout: one document, or events.")]
_NO_COLOR = Annotated[bool, typer.Option("--no-color", help="Disable colours (also: NO_COLOR).")]
_QUIET = Annotated[bool, typer.Option("--quiet", "-q", help="Hide progress; with --json: one document, no events.")]
_VERBOSE = Annotated[bool, typer.Option("--verbose", "-v", help="Show more detail.")]

# After the command's own options in --help.
_OPTIONS: dict[str, tuple[Any, object]] = {
    "library": (_LIBRARY, None),
    "config": (_CONFIG, None),
    "profile": (_PROFILE, None),
    "token_file": (_TOKEN_FILE, None),
    "api": (_API, None),
    "json": (_JSON, False),
    "no_color": (_NO_COLOR, False),
    "quiet": (_QUIET, False),
    "verbose": (_VERBOSE, False),
}


class Common:
    """The values of the common options."""

    def __init__(self, options: dict[str, Any]) -> None:
        """Pop them from a command's options."""
        from pinplan.cli.output import Output

        self.run = Invocation(options)
        self.library: Path | None = options.pop("library")
        self.config: Path | None = options.pop("config")
        self.token_file: Path | None = options.pop("token_file")
        self._account = {"auth.profile": options.pop("profile"), "network.api": options.pop("api")}
        self.out = Output(
            json=options.pop("json"),
            color=not options.pop("no_color"),
            quiet=options.pop("quiet"),
            verbose=options.pop("verbose"),
            run=self.run,
        )

    def load(self, *, anywhere: bool = False, **flags: object) -> Config:
        """Load the config; flags of None are unset. ``anywhere``: no library required."""
        from pinplan.cli.process import prepare
        from pinplan.wiring.open_library import load

        # Here: commands that load no config have little to do.
        prepare()
        given = self._account | {key.replace("__", "."): value for key, value in flags.items()}
        config = load(
            self.config,
            self.library,
            {key: value for key, value in given.items() if value is not None},
            token_file=self.token_file,
            anywhere=anywhere,
        )
        self.run.library = config.library
        return config

    @property
    def progress(self) -> Emit:
        """Progress of commands that print one document: silent under ``--json``."""
        from pinplan.events import silent

        return silent if self.out.json else self.out.event


def command(function: Callable[..., int | None]) -> Callable[..., None]:
    """Add the common options to a command (as ``common``) and turn its errors into exit codes."""

    @functools.wraps(function)
    def run(**options: Any) -> None:  # noqa: ANN401 - typer hands over whatever the command asks for
        # Pops its own options: what is left are the command's.
        common = Common(options)
        raise typer.Exit(guarded(common.out, lambda: function(common=common, **options)))

    own = [p for p in inspect.signature(function, eval_str=True).parameters.values() if p.name != "common"]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in _OPTIONS.items()
    ]
    # typer reads both; functools.wraps copied those of the command without its common options.
    run.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined] # functions may carry one
    run.__annotations__ = {p.name: p.annotation for p in (*own, *shared)}
    return run


def guarded(out: Output, work: Callable[[], int | None]) -> int:
    """Run the work; returns its exit code, or that of its error after printing it with the next step."""
    from pinplan.cli import exits
    from pinplan.errors.shortage import shortage_of
    from pinplan.events import Failed
    from pinplan.render.text_safety import message, plain

    try:
        code = work() or exits.DONE
        sys.stdout.flush()  # here, not at exit: a closed pipe is handled below
        return code
    except BrokenPipeError:
        # `pinplan show … | head` closed the pipe. Without a new stdout the interpreter would fail again on its final flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.DONE
    except PinplanError as error:
        out.finish()
        print_error(out, error)
        return exits.exit_code(error)
    except KeyboardInterrupt:
        out.finish()
        out.failed(Failed(message="interrupted", exit_code=exits.INTERRUPTED))
        out.problem("Interrupted. The library is consistent; run the same command again to resume.")
        return exits.INTERRUPTED
    except Exception as error:
        lacks = shortage_of(error)
        if lacks is not None:
            out.finish()
            out.failed(Failed(message=plain(lacks.message), exit_code=exits.FAILED, next_step=lacks.next_step))
            out.problem(f"Error: {message(lacks.message)}\n{lacks.next_step}")
            return exits.FAILED
        # Only the event: `pinplan.cli.app.run` writes the crash report.
        out.failed(Failed(message=f"this is a bug in pinplan: {type(error).__name__}", exit_code=exits.FAILED))
        raise
    finally:
        out.finish()


def print_error(out: Output, error: PinplanError) -> None:
    """Print an error and the next step."""
    from pinplan.cli import exits
    from pinplan.events import Failed
    from pinplan.render.text_safety import message, plain

    lines = message_of(out, error).splitlines()
    step = exits.next_step(error, out.run)
    if out.json:
        out.failed(Failed(message="\n".join(map(plain, lines)), exit_code=exits.exit_code(error), next_step=step))
    out.problem("Error: " + "\n".join(map(message, lines)))
    if step:
        out.problem(step)


def message_of(out: Output, error: PinplanError) -> str:
    """The message of an error; suggested commands get the options of this run."""
    from pinplan.errors.suggestions import filled

    return filled(str(error), error.commands, out.run.command)


def print_warning(out: Output, error: PinplanError) -> None:
    """Print an error that did not end the command, and the next step: an event under ``--json``."""
    from pinplan.cli import exits
    from pinplan.events import Warned
    from pinplan.render.text_safety import message, plain

    step = exits.next_step(error, out.run)
    if out.json:
        out.event(Warned(message=f"{plain(message_of(out, error))} {step}".rstrip()))
        return
    out.problem(message(message_of(out, error)))
    if step:
        out.problem(f"  {step}")

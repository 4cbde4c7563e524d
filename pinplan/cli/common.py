"""What all commands share: their common options, and one place where errors become messages and exit codes."""

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
        "--library", metavar="DIR", help="The library (default: PINPLAN_LIBRARY, or the folder with pinplan.toml)."
    ),
]
_CONFIG = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="The config file (default: PINPLAN_CONFIG, or pinplan.toml)."),
]
_PROFILE = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help="As whom you signed in (default: PINPLAN_PROFILE, or default)."),
]
_TOKEN_FILE = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="An access token in a file (default: PINPLAN_ACCESS_TOKEN, or the profile's).",
    ),
]
_API = Annotated[
    str | None,
    typer.Option("--api", metavar="production|sandbox", help="Which API of Pinterest's (or: PINPLAN_API_URL)."),
]
_JSON = Annotated[bool, typer.Option("--json", help="One JSON document, or events, on stdout.")]
_NO_COLOR = Annotated[bool, typer.Option("--no-color", help="No colours (also: NO_COLOR).")]
_QUIET = Annotated[bool, typer.Option("--quiet", "-q", help="No progress; with --json: one document, no events.")]
_VERBOSE = Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")]

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
        """Take them out of a command's options."""
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
        """The config, with flags that were given (those that are None were not); ``anywhere``: there need not be a library."""
        from pinplan.cli.process import keep_one_heap
        from pinplan.wiring.open_library import load

        keep_one_heap()
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
        """A listener for looks whose result is one document: under ``--json`` it says nothing."""
        from pinplan.events import silent

        return silent if self.out.json else self.out.event


def command(function: Callable[..., int | None]) -> Callable[..., None]:
    """Give a command the common options (it takes them as ``common``), and turn what it raises into an exit code."""

    @functools.wraps(function)
    def run(**options: Any) -> None:  # noqa: ANN401 - typer hands over whatever the command asks for
        common = Common(options)
        raise typer.Exit(guarded(common.out, lambda: function(common=common, **options)))

    own = [p for p in inspect.signature(function, eval_str=True).parameters.values() if p.name != "common"]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in _OPTIONS.items()
    ]
    run.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined] # functions may carry one
    run.__annotations__ = {p.name: p.annotation for p in (*own, *shared)}
    return run


def guarded(out: Output, work: Callable[[], int | None]) -> int:
    """Do the work; its exit code, or that of its error, which is told in one message with what to do next."""
    from pinplan.cli import exits
    from pinplan.events import Failed

    try:
        code = work() or exits.DONE
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader of our output went away (`pinplan show … | head`): no reason to complain, here or at the very end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.DONE
    except PinplanError as error:
        out.finish()
        tell(out, error)
        return exits.exit_code(error)
    except KeyboardInterrupt:
        out.finish()
        out.failed(Failed(message="interrupted", exit_code=exits.INTERRUPTED))
        out.problem("Interrupted. Nothing is half done; the same command goes on with what it has so far.")
        return exits.INTERRUPTED
    except Exception as error:
        # The program writes the report and ends with this code: see `pinplan.cli.app.run`.
        message = f"this is a bug in pinplan: {type(error).__name__}"
        out.failed(Failed(message=message, exit_code=exits.FAILED))
        raise
    finally:
        out.finish()


def tell(out: Output, error: PinplanError) -> None:
    """An error in words: what and where, then what to do next."""
    from pinplan.cli import exits
    from pinplan.events import Failed
    from pinplan.render.text_safety import message, plain

    lines = said_of(out, error).splitlines()
    step = exits.next_step(error, out.run)
    if out.json:
        out.failed(Failed(message="\n".join(map(plain, lines)), exit_code=exits.exit_code(error), next_step=step))
    out.problem("Error: " + "\n".join(map(message, lines)))
    if step:
        out.problem(step)


def said_of(out: Output, error: PinplanError) -> str:
    """An error's message; the commands that it suggests carry the options of this run."""
    from pinplan.errors.suggestions import filled

    return filled(str(error), error.commands, out.run.command)


def tell_in_passing(out: Output, error: PinplanError) -> None:
    """An error that did not end the command, and what to do next: a warning for programs, words for people."""
    from pinplan.cli import exits
    from pinplan.events import Warned
    from pinplan.render.text_safety import message, plain

    step = exits.next_step(error, out.run)
    if out.json:
        out.event(Warned(message=f"{plain(said_of(out, error))} {step}".rstrip()))
        return
    out.problem(message(said_of(out, error)))
    if step:
        out.problem(f"  {step}")

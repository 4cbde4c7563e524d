"""A process that has pinplan imported already and runs each command in a fork of itself. ``python -m tests.cli.terminal``.

What is typed runs as `pinplan.cli.main` in a process of its own, with its own folder, environment, streams and exit code; only the
half second that Python needs to import everything is paid once. Reads one request a line from stdin, answers with one line.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import pty
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
PINPLAN = str(Path(sys.executable).with_name("pinplan"))


class Done(NamedTuple):
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def at_a_terminal(words: list[str], cwd: Path, environment: dict[str, str], *typed: str) -> tuple[int, str]:
    """Run a command with a terminal as its standard input, on which these lines are typed; its exit code and all that it says."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [PINPLAN, *words],
        cwd=cwd,
        env={**environment, "TERM": "dumb"},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.write(ours, "".join(typed).encode())
    said, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    return process.returncode, said


CTRL_D = "\x04"


class Terminal:
    """Runs commands."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._out, self._err = home / "stdout", home / "stderr"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.terminal"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, words: list[str], cwd: Path, environment: dict[str, str]) -> Done:
        assert self._process.stdin
        assert self._process.stdout
        streams = {"stdout": str(self._out), "stderr": str(self._err)}
        request = {"words": words, "cwd": str(cwd), "environment": environment, **streams}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return Done(code, self._out.read_text("utf-8"), self._err.read_text("utf-8"))

    def close(self) -> None:
        self._process.communicate(timeout=10)
        shutil.rmtree(self._home)


def installed(words: list[str], cwd: Path, environment: dict[str, str]) -> Done:
    """Run the program as it was installed."""
    done = subprocess.run([PINPLAN, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def forked(words: list[str], cwd: Path, environment: dict[str, str]) -> Done:
    """Run the same in a fork; where a system has none, as `installed`."""
    return terminal().run(words, cwd, environment) if hasattr(os, "fork") else installed(words, cwd, environment)


@functools.cache
def terminal() -> Terminal:
    """The one that all tests of this process share."""
    made = Terminal(Path(tempfile.mkdtemp(prefix="pinplan-terminal-")))
    atexit.register(made.close)
    return made


def become(request: dict[str, Any]) -> None:
    """The process of a command, as a shell starts it."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = [PINPLAN, *request["words"]]
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, opened in enumerate(
        (os.open(os.devnull, os.O_RDONLY), os.open(request["stdout"], write), os.open(request["stderr"], write))
    ):
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - open as long as the process lives
        for number, mode in enumerate("rww")
    )


def perform(request: dict[str, Any]) -> int:
    from pinplan.cli import main

    become(request)
    try:
        main()
    except SystemExit as end:
        code = end.code
    else:
        code = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


def serve() -> None:
    from tests.imported import import_everything

    import_everything()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 99
            try:
                code = perform(json.loads(line))
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()

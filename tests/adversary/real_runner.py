"""``python -m tests.adversary.real_runner``: runs commands of pinplan, each in a process of its own that may be killed.

Reads a request a line from stdin; answers with the id of the process, and when it ended with its exit code. Each is a fork of this process, which has
everything imported already: a command takes a tenth of a second, not a whole one.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, NoReturn

from tests.imported import import_everything


def run(request: dict[str, Any]) -> NoReturn:
    """Be pinplan, with its command line, its environment and its streams."""
    for number, name in enumerate(("in", "out", "err")):
        handle = os.open(request[name], os.O_RDONLY if name == "in" else os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(handle, number)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = ["pinplan", *request["argv"]]
    code = 1
    try:
        from pinplan.cli import main

        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve() -> None:
    """One request after the other."""
    import_everything()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(json.loads(line))
        say(child)
        say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def say(number: int) -> None:
    """A line of the answer."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve()

"""The example of README.md, typed line by line, and the plan that it shows."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from pinplan.sandbox import Sandbox, default_world
from tests.cli.terminal import Done

PAGE = Path(__file__).parents[1] / "README.md"
_EXAMPLE = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_PLAN = re.compile(r"(?<=```text\n)Pinterest: .*?(?=```)", re.DOTALL)

Run = Callable[[list[str], Path, dict[str, str]], Done]


def example(page: str) -> list[str]:
    """The lines of the example."""
    found = _EXAMPLE.search(page)
    assert found, "README.md has no example"
    return found[1].splitlines()


def typed(page: str, home: Path, run: Run) -> Iterator[tuple[list[str], Done]]:
    """Type the example in an empty home folder: every pinplan command with how it ended."""
    with Sandbox(default_world()) as sandbox:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PINPLAN_API_URL": sandbox.url,
            "PINPLAN_ACCESS_TOKEN": sandbox.token,
        }
        folder = home
        for line in example(page):
            for command in line.replace("~", str(home)).split(" && "):
                match shlex.split(command, comments=True):
                    case ["pinplan", "sandbox", *_] | ["export", *_]:  # the sandbox above, on a free port
                        pass
                    case ["cd", where]:
                        folder = Path(where)
                    case ["rm", pattern]:
                        for path in folder.glob(pattern):
                            path.unlink()
                    case ["pinplan", *words]:
                        yield words, run(words, folder, environment)
                    case other:
                        raise AssertionError(other)


def page_with_plan(page: str, home: Path, run: Run) -> str:
    """The page with the present output of its first plan."""
    plan = next(done for words, done in typed(page, home, run) if words[0] == "plan")
    return _PLAN.sub(lambda _: plan.stdout + plan.stderr, page)

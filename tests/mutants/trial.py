"""Which tests run into a line, and which of them notices that something there was changed."""

from __future__ import annotations

import gc
import io
import os
import shutil
import sys
import time
from collections import defaultdict
from contextlib import redirect_stdout, suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol

from tests.mutants.forks import end_after, in_fork
from tests.mutants.operators import Mutant, mutated
from tests.mutants.targets import MOST, ROOT, SLOWEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import ModuleType

    from tests.mutants.operators import Enums

TO_COLLECT = 120.0
"""Seconds that pytest may take until the first test."""
PYTEST = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov")


class Baseline(NamedTuple):
    """What was seen when nothing was changed.

    Attributes:
        seconds: of the processor, that each test took.
        ran: for each file and line, the tests that ran it.
        failed: tests that failed, or were slower than is of use.
    """

    seconds: dict[str, float]
    ran: dict[str, dict[int, list[str]]]
    failed: list[str]

    def tests_of(self, mutant: Mutant, first: Iterable[str] = ()) -> list[str]:
        """The tests that run into a change, in the order in which they are tried."""
        lines = self.ran.get(mutant.path, {})
        if mutant.outermost is None:  # it takes effect on import: for everything in the module
            found = {test for tests in lines.values() for test in tests}
        else:
            found = {test for line in range(mutant.lines[0], mutant.lines[1] + 1) for test in lines.get(line, ())}
        ahead = [test for test in dict.fromkeys(first) if test in found]
        order = [*ahead, *sorted(found - set(ahead), key=lambda test: (self.seconds[test], test))]
        total = 0.0
        most: list[str] = []
        for test in order:
            total += self.seconds[test]
            if total > MOST and most:
                break
            most.append(test)
        return most


class _Session:
    """A pytest that collects, and then does something else than to run everything once."""

    def __init__(self, then: Callable[[pytest.Session], None]) -> None:
        self._then = then

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._then(session)
        return True


def collected(tests: Sequence[str], scratch: Path, then: Callable[[pytest.Session], None]) -> int:
    """Collect tests and do this with them; temporary files lie in a folder of our own."""
    os.environ["TMPDIR"] = str(scratch)
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    words = [*PYTEST, f"--rootdir={ROOT}", f"--basetemp={scratch / 'pytest'}", *tests]
    with redirect_stdout(io.StringIO()) as said:
        code = int(pytest.main(words, plugins=[_Session(then)]))
    if code:
        sys.stderr.write(said.getvalue())
    return code


def baseline(tests: Sequence[str], paths: Sequence[str], scratch: Path) -> Baseline:
    """Run every test once, and watch."""
    import coverage

    watch = coverage.Coverage(data_file=None, config_file=False, include=[str(ROOT / path) for path in paths])
    seconds: dict[str, float] = {}
    failed: list[str] = []

    def then(session: pytest.Session) -> None:
        for item in session.items:
            watch.switch_context(item.nodeid)
            began = time.process_time()  # not by the clock: others are at work on this machine, too
            passed = _passes(item)
            seconds[item.nodeid] = time.process_time() - began
            if not passed or seconds[item.nodeid] > SLOWEST:
                failed.append(item.nodeid)
        watch.switch_context("")

    watch.start()
    try:
        code = collected(tests, scratch, then)
    finally:
        watch.stop()
    if code:
        raise SystemExit(f"the tests cannot be collected: {', '.join(tests)}")
    data = watch.get_data()
    ran: dict[str, dict[int, list[str]]] = {}
    for path in paths:
        lines = data.contexts_by_lineno(str(ROOT / path))
        ran[path] = {line: sorted(set(who) - {"", *failed}) for line, who in lines.items()}
    return Baseline(seconds, ran, failed)


def _passes(item: pytest.Item) -> bool:
    """Whether a test passes, with all fixtures of its own."""
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


class Trial(NamedTuple):
    """How a change was noticed.

    Attributes:
        by: the test that failed; empty if none did. ``timeout`` if the tests did not come to an end.
        tried: how many tests were run.
    """

    by: str
    tried: int


def limit_of(seconds: float) -> float:
    """Seconds after which a test counts as endless: others may be at work on this machine, too."""
    return 5 + 20 * seconds


def try_on_import(
    mutant: Mutant | None, tests: Sequence[str], seconds: Mapping[str, float], scratch: Path, enums: Enums
) -> Trial:
    """Change a module (if any) while it is imported, and run tests. Nothing of it may have been imported in this process."""

    def work() -> Trial:
        if mutant is not None:
            sys.meta_path.insert(0, _Planter(mutant, enums))
        found: list[Trial] = []
        files = sorted({test.partition("::")[0] for test in tests})
        code = collected(files, scratch, lambda session: found.append(_first_failing(session.items, tests, seconds)))
        return found[0] if found else Trial(f"collecting: exit {code}", 0)

    return in_fork(work, TO_COLLECT) or Trial("timeout", len(tests))


def _first_failing(items: Iterable[pytest.Item], tests: Sequence[str], seconds: Mapping[str, float]) -> Trial:
    by_name = {item.nodeid: item for item in items}
    for tried, test in enumerate(tests, 1):
        end_after(limit_of(seconds.get(test, 0.0)))
        if test not in by_name or not _passes(by_name[test]):
            return Trial(test, tried)
    return Trial("", len(tests))


class InPlace:
    """Changes functions of modules that are imported, in forks of this process."""

    def __init__(self, session: pytest.Session, scratch: Path, enums: Enums) -> None:
        """Find the functions."""
        self._items = session.items
        self._scratch = scratch
        self._enums = enums
        self._functions: dict[tuple[str, str, int], list[FunctionType]] = defaultdict(list)
        for one in gc.get_objects():
            if isinstance(one, FunctionType):
                self._functions[_place(one.__code__)].append(one)
        gc.collect()
        gc.freeze()  # what is here now is not copied into each fork by looking whether it is still needed

    def try_one(self, mutant: Mutant, tests: Sequence[str], seconds: Mapping[str, float]) -> Trial | None:
        """Change a function, and run tests; None if that cannot be done in place."""
        code = self._changed(mutant)
        functions = self._functions.get(_place(code), []) if code is not None else []
        if code is None or any(len(one.__code__.co_freevars) != len(code.co_freevars) for one in functions):
            return None
        if not functions:
            return None

        def work() -> Trial:
            for function in functions:
                function.__code__ = code
            return _first_failing(self._items, tests, seconds)

        trial = in_fork(work, TO_COLLECT) or Trial("timeout", len(tests))
        _clear(self._scratch)
        return trial

    def passes_unchanged(self, test: str, seconds: Mapping[str, float]) -> bool:
        """Whether a test passes by itself, with nothing changed."""
        trial = in_fork(lambda: _first_failing(self._items, [test], seconds), TO_COLLECT)
        _clear(self._scratch)
        return trial is not None and not trial.by

    def _changed(self, mutant: Mutant) -> CodeType | None:
        tree = mutated((ROOT / mutant.path).read_text("utf-8"), mutant.number, self._enums)
        module = compile(tree, str(ROOT / mutant.path), "exec")
        return next(
            (code for code in _codes(module) if (code.co_qualname, code.co_firstlineno) == mutant.outermost), None
        )


def _place(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _codes(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _codes(one)


def _clear(scratch: Path) -> None:
    """Remove what a trial left behind."""
    for folder in (scratch / "pytest", scratch):
        with suppress(FileNotFoundError):
            for left in folder.iterdir():
                if left.is_dir() and left.name != "pytest":
                    shutil.rmtree(left, ignore_errors=True)


class _Planter(MetaPathFinder):
    def __init__(self, mutant: Mutant, enums: Enums) -> None:
        self._mutant = mutant
        self._enums = enums
        self._name = mutant.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._mutant, self._enums)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, mutant: Mutant, enums: Enums) -> None:
        super().__init__(name, path)
        self._mutant = mutant
        self._enums = enums

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return compile(mutated(Path(path).read_text("utf-8"), self._mutant.number, self._enums), path, "exec")

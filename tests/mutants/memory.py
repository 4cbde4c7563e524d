"""What is known from runs before, in ``.mutants``: which tests run which line, and which of them noticed a change."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections import defaultdict
from typing import TYPE_CHECKING

from tests.mutants.forks import in_fork
from tests.mutants.targets import ROOT, modules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tests.mutants.operators import Mutant
    from tests.mutants.trial import Baseline

FOLDER = ROOT / ".mutants"
KILLERS = "noticed.json"
BASELINES = "baseline.pickle"


def killers() -> dict[tuple[str, ...], str]:
    """The test that noticed each change the last time; empty if none did."""
    path = FOLDER / KILLERS
    return {tuple(key): by for key, by in json.loads(path.read_text("utf-8"))} if path.exists() else {}


def remember(known: dict[tuple[str, ...], str]) -> None:
    """Keep it for the next time."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / KILLERS).write_text(json.dumps(sorted(known.items())), "utf-8")


def key_of(mutant: Mutant) -> tuple[str, ...]:
    """How a change is known from one run to the next."""
    return (mutant.path, *mutant.key)


def baseline(tests: Sequence[str], patterns: Sequence[str], scratch: Path) -> Baseline:
    """What the tests run, each file of them anew only if it or what it rests on has changed."""
    rests_on = _digest([*ROOT.glob("pinplan/**/*.py"), *_support()]) + repr(patterns)
    files = {path.relative_to(ROOT).as_posix(): _digest([path]) + rests_on for path in _files(tests)}
    kept = FOLDER / BASELINES
    known = pickle.loads(kept.read_bytes()) if kept.exists() else {}
    new = [file for file, digest in files.items() if known.get(file, ("",))[0] != digest]
    if new:
        for file, seen in _by_file(in_fork(lambda: _measured(new, modules(patterns), scratch)), new).items():
            known[file] = (files[file], seen)
        FOLDER.mkdir(exist_ok=True)
        kept.write_bytes(pickle.dumps(known))
    return _together([known[file][1] for file in files])


def _measured(files: Sequence[str], paths: Sequence[str], scratch: Path) -> Baseline:
    from tests.mutants import trial

    return trial.baseline(files, paths, scratch)


def _files(tests: Sequence[str]) -> list[Path]:
    found = [ROOT / test for test in tests]
    return sorted(path for one in found for path in ([one] if one.is_file() else one.rglob("test_*.py")))


def _support() -> list[Path]:
    """What tests share, and how they are watched."""
    shared = [path for path in ROOT.glob("tests/**/*.py") if not path.name.startswith("test_")]
    return [path for path in shared if path.parent.name != "mutants" or path.name == "trial.py"]


def _digest(paths: Iterable[Path]) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted(paths))).hexdigest()


def _by_file(seen: Baseline | None, files: Sequence[str]) -> dict[str, Baseline]:
    if seen is None:
        raise SystemExit("the tests could not be run")
    found = {file: type(seen)({}, defaultdict(lambda: defaultdict(list)), []) for file in files}
    for test, seconds in seen.seconds.items():
        found[test.partition("::")[0]].seconds[test] = seconds
    for test in seen.failed:
        found[test.partition("::")[0]].failed.append(test)
    for path, lines in seen.ran.items():
        for line, tests in lines.items():
            for test in tests:
                found[test.partition("::")[0]].ran[path][line].append(test)
    plain = {file: {path: dict(lines) for path, lines in one.ran.items()} for file, one in found.items()}
    return {file: one._replace(ran=plain[file]) for file, one in found.items()}


def _together(ones: Sequence[Baseline]) -> Baseline:
    from tests.mutants.trial import Baseline

    ran: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in ones:
        for path, lines in one.ran.items():
            for line, tests in lines.items():
                ran[path][line].extend(tests)
    seconds = {test: took for one in ones for test, took in one.seconds.items()}
    return Baseline(
        seconds, {path: dict(lines) for path, lines in ran.items()}, [test for one in ones for test in one.failed]
    )

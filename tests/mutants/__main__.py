"""``python -m tests.mutants``: changes the core in small ways, one at a time, and says which changes no test notices.

--only TEXT     modules with this in their path
--sample N      so many changes, drawn by --seed
--seed S        which (0)
--jobs N        side by side
--minutes N     no new change is tried after so long (60)
--again         only what survived the last time
--modules PATH  these modules instead of those of targets.py; may be repeated
--tests PATH    these tests instead of those of targets.py; may be repeated
--forget        neither use nor keep what is known from runs before (.mutants)
--list          every change, none tried

Nothing on disk is changed. Exit 1 if more than 5 % of the changes survive; those that make no difference (survivors.toml) do not count.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.mutants import memory, report
from tests.mutants.operators import enums_in, mutants_of
from tests.mutants.targets import MODULES, ROOT, TESTS, modules
from tests.mutants.worker import Job, work

if TYPE_CHECKING:
    from tests.mutants.operators import Enums, Mutant
    from tests.mutants.trial import Trial

IN_MEMORY = Path("/dev/shm")


def main() -> int:
    """Try, report; 1 if too many survive."""
    options = _options()
    scratch = Path(tempfile.mkdtemp(prefix="pinplan-mutants-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None))
    try:
        return _run(options, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _run(options: argparse.Namespace, scratch: Path) -> int:
    began = time.monotonic()
    if options.forget:
        memory.FOLDER = scratch / "memory"
    known = memory.killers()
    enums = enums_in(path.read_text("utf-8") for path in sorted(ROOT.glob("pinplan/**/*.py")))
    mutants = _chosen(options, enums, known)
    if options.list:
        sys.stdout.writelines(f"{report.line_of(one)}\n" for one in mutants)
        return 0
    tests = options.tests or TESTS
    seen = memory.baseline(tests, options.modules or MODULES, scratch)
    report.say_baseline(seen, time.monotonic() - began)
    tried = _try_all(Job(mutants, tests, seen, enums, known, scratch, began + 60 * options.minutes), options.jobs)
    memory.remember(known)
    whole = not (options.only or options.modules or options.sample or options.again)
    return report.close(mutants, tried, seconds=time.monotonic() - began, whole=whole)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", metavar="TEXT")
    parser.add_argument("--sample", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    parser.add_argument("--minutes", type=float, default=60.0, metavar="N")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--modules", action="append", default=[], metavar="PATH")
    parser.add_argument("--tests", action="append", default=[], metavar="PATH")
    parser.add_argument("--forget", action="store_true")
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def _chosen(options: argparse.Namespace, enums: Enums, known: dict[tuple[str, ...], str]) -> list[Mutant]:
    found = [
        one
        for path in modules(options.modules or MODULES, options.only)
        for one in mutants_of(path, (ROOT / path).read_text("utf-8"), enums)
    ]
    if options.again:
        found = [one for one in found if not known.get(memory.key_of(one))]
    if options.sample:
        found = random.Random(options.seed).sample(found, min(options.sample, len(found)))
    return found


def _try_all(job: Job, jobs: int) -> dict[Mutant, Trial]:
    """Every change with how it was noticed; without those for which there was no time."""
    fork = multiprocessing.get_context("fork")
    told, turn = fork.SimpleQueue(), fork.Value("i", 0)
    workers = [fork.Process(target=work, args=(job, turn, told, job.scratch / str(one))) for one in range(jobs)]
    for worker in workers:
        worker.start()
    tried: dict[Mutant, Trial] = {}
    at_work = jobs
    while at_work:
        answer = told.get()
        if answer is None:
            at_work -= 1
            continue
        mutant, trial = answer
        tried[mutant] = trial
        job.killers[memory.key_of(mutant)] = trial.by
        if len(tried) % 50 == 0:
            memory.remember(job.killers)  # for the next run, if this one is stopped
        report.say_one(mutant, trial, len(tried), len(job.mutants))
    for worker in workers:
        worker.join()
    return tried


if __name__ == "__main__":
    sys.exit(main())

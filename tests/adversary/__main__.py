"""``python -m tests.adversary``: plays stories and tells of those in which something breaks.

--seeds A:B | --minutes N   which stories: these seeds, or fresh ones for so long
--jobs N                    side by side
--only VERB,…               only these verbs happen (and what pinplan is asked)
--steps N                   of a story
--replay FILE               one story, in words
--real N                    every Nth story over sockets, with a pinplan that is killed for real
--pinplan DIR               another checkout of pinplan than this one
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.adversary import worker


def say(text: str) -> None:
    """A line of the result."""
    sys.stdout.write(f"{text}\n")


def main() -> int:
    """Play; exit 1 if anything broke that is not known."""
    options = _options()
    if options.pinplan:
        sys.path.insert(0, str(Path(options.pinplan).resolve()))
    if options.replay:
        return _replay(options)
    began = time.perf_counter()
    seeds = _seeds(options)
    tally = Tally(options)
    if options.pinplan:  # processes that are started later look there first, too
        os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(options.pinplan).resolve()), str(Path.cwd())])
    with multiprocessing.get_context("spawn").Pool(options.jobs, worker.begin, (vars(options),)) as pool:
        for told in pool.imap_unordered(worker.play_some, seeds, chunksize=1):
            tally.take(told, time.perf_counter() - began)
            if tally.broken and not options.keep_going:
                pool.terminate()
                break
    return tally.close(time.perf_counter() - began)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.adversary", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default="", metavar="A:B", help="from A to B - 1")
    parser.add_argument("--minutes", type=float, default=0.0, help="fresh seeds for so long")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", default="", metavar="VERB,…")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--replay", default="", metavar="FILE")
    parser.add_argument(
        "--real", type=int, default=0, metavar="N", help="every Nth story over sockets, with processes that are killed"
    )
    parser.add_argument("--pinplan", default="", metavar="DIR", help="the checkout whose pinplan is tried")
    parser.add_argument(
        "--out", default="stories-found", metavar="DIR", help="where stories that break something are written"
    )
    parser.add_argument(
        "--keep-going", action="store_true", help="after something broke, too; each invariant is told of once"
    )
    parser.add_argument(
        "--unknown",
        default="",
        metavar="NAME,…",
        help="switches that are taken for unknown: their breaches are told of; or all",
    )
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="fail for switches that no story met, and for verbs and kinds that never took effect",
    )
    parser.add_argument("--counts", action="store_true", help="the table of verbs, kinds and outcomes")
    return parser.parse_args()


def _seeds(options: argparse.Namespace) -> list[tuple[int, int, float | None]]:
    """Pieces of work: first seed, end, and when there is no time left."""
    if options.seeds:
        first, _, end = options.seeds.partition(":")
        start, stop, until = int(first), int(end or int(first) + 1), None
    else:
        start = int(time.time()) * 1000
        until = time.time() + 60 * (options.minutes or 1.0)
        stop = start + 1_000_000
    piece = 10
    return [(at, min(at + piece, stop), until) for at in range(start, stop, piece)]


class Tally:
    """What came of all stories so far, and the line that says so."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.stories = self.steps = 0
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self.met: Counter[str] = Counter()
        self.seeds_of: dict[str, list[tuple[int, int]]] = {}
        self.broken: dict[str, dict[str, Any]] = {}
        self._told = 0.0
        for old in Path(options.out).glob(".*") if Path(options.out).is_dir() else ():
            old.unlink()

    def take(self, told: list[dict[str, Any]], seconds: float) -> None:
        """Count the stories of a piece of work."""
        for one in told:
            self.stories += 1
            self.steps += one["steps"]
            self.counts.update({tuple(row[:3]): row[3] for row in one["counts"]})
            self.met.update(one["met"])
            if "broken" in one:
                self.seeds_of.setdefault(one["broken"], []).append((one["seed"], one["steps"]))
                sys.stderr.write(f"\nseed {one['seed']}, step {one['steps']}: {one['broken']}\n")
                kept = self.broken.get(one["broken"])
                if kept is None or ("file" in one and "file" not in kept):
                    self.broken[one["broken"]] = one
        if sys.stderr.isatty() or seconds - self._told > 20:
            self._told = seconds
            sys.stderr.write(f"\r{self._line(seconds)}" + ("" if sys.stderr.isatty() else "\n"))

    def _line(self, seconds: float) -> str:
        rate = 60 * self.stories / max(seconds, 1e-6)
        return f"{self.stories:,} stories, {self.steps:,} steps, {rate:.0f} a minute, {len(self.broken)} broken, {sum(self.met.values()):,} known"

    def close(self, seconds: float) -> int:
        """Say everything; the exit code."""
        from tests.adversary.known import KNOWN
        from tests.adversary.report import counts_table

        if self.options.counts:
            say(counts_table(self.counts.items()))
        for name, one in sorted(self.broken.items()):
            seeds = ", ".join(f"{seed} (step {step})" for seed, step in sorted(self.seeds_of[name])[:5])
            say(
                f"\nBROKEN {name}: {len(self.seeds_of[name])} stories, seeds {seeds}\n  {one['message'].strip().splitlines()[-1][:300]}"
            )
            if "file" in one:
                say(f"  {one['small']} steps: python -m tests.adversary --replay {one['file']}")
        for name, number in sorted(self.met.items()):
            say(f"known: {name} met {number:,} times")
        say(self._line(seconds))
        failed = bool(self.broken)
        if self.options.strict:
            failed |= self._lacks(KNOWN)
        return int(failed)

    def _lacks(self, switches: Any) -> bool:
        """Switches and verbs that no story met."""
        from tests.adversary.actors import VERBS

        unmet = [one.name for one in switches if not self.met[one.name]]
        done = {what for (_, what, outcome), _ in self.counts.items() if outcome == "done"}
        idle = sorted(set(VERBS) - done) if not self.options.only else []
        kinds = {what for (actor, what, outcome), _ in self.counts.items() if actor == "kind" and outcome == "exit 0"}
        from pinplan.actions import KINDS

        never = sorted(set(KINDS) - kinds) if not self.options.only else []
        for text, names in (
            ("switches that nothing met", unmet),
            ("verbs that never took effect", idle),
            ("kinds that were never applied", never),
        ):
            if names:
                say(f"{text}: {', '.join(names)}")
        return bool(unmet or idle or never)


def _replay(options: argparse.Namespace) -> int:
    from tests.adversary.known import without
    from tests.adversary.report import readable
    from tests.adversary.runner import replay
    from tests.adversary.story import read_story

    story, said = read_story(Path(options.replay))
    played = replay(story, without(options.unknown))
    say(readable(played))
    for name, number in sorted(played.met.items()):
        say(f"known: {name} met {number:,} times")
    if "broken" in said:
        say(f"It was found because it broke: {said['broken']}")
    say(json.dumps({"broken": played.broken.name if played.broken else None, "digest": played.digest}))
    return int(played.broken is not None)


if __name__ == "__main__":
    sys.exit(main())

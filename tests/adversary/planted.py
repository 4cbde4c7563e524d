"""``python -m tests.adversary.planted``: plays plain stories against planted faults, until each is found.

--stories N   at most so many for each fault
--jobs N      side by side
--only NAME,… only these faults

A fault is found by a story that breaks an invariant with it, and nothing without it.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.adversary import faults

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 120
"""Seconds of work that a story may take before it counts as one that does not end; what others do on this computer does not count."""


class Found(NamedTuple):
    """What became of a fault.

    Attributes:
        broken: the invariant that gave it away; empty if nothing did.
        stories: how many were played, the one that found it included.
    """

    fault: str
    broken: str
    seed: int
    step: int
    stories: int
    message: str = ""


class _Endless(BaseException):
    """Nothing catches it, neither pinplan nor a judge."""


def look_for(name: str, first: int, stop: int) -> Found:
    """Plant a fault into this process and play stories until one gives it away."""
    faults.plant(name)
    from tests.adversary.known import KNOWN
    from tests.adversary.runner import play_all

    by = faults.FAULTS[name].by
    switches = tuple(one for one in KNOWN if one.name.rstrip("*").partition(":")[0] != by)
    signal.signal(signal.SIGPROF, _too_long)
    seed = first
    try:
        for seed in range(first, stop):
            signal.setitimer(signal.ITIMER_PROF, PATIENCE)
            played = next(play_all([seed], switches=switches))
            signal.setitimer(signal.ITIMER_PROF, 0)
            if played.broken is None:
                continue
            if _is_sound(seed):
                return Found(name, played.broken.name, seed, played.step, seed - first + 1, played.broken.message)
    except _Endless:
        return Found(name, "endless", seed, 0, seed - first + 1)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return Found(name, "", first, 0, stop - first)


def _too_long(_number: int, _frame: Any) -> None:
    raise _Endless


def _is_sound(seed: int) -> bool:
    """Whether a story breaks nothing, known or not, in a pinplan without the fault: in another process."""
    return bool(_in_a_process("--sound", str(seed))["sound"])


def sound(seed: int) -> bool:
    """Whether a story breaks nothing, known or not."""
    from tests.adversary.runner import play_all

    return next(play_all([seed], switches=())).broken is None


def _in_a_process(*options: str) -> dict[str, Any]:
    """What this program finds out with other options: a fault lasts as long as its process."""
    argv = [sys.executable, "-m", "tests.adversary.planted", *options]
    done = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> int:
    """Play, and say what was found; exit 1 if less than 95 % was."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.adversary.planted",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--stories", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", default="", metavar="NAME,…")
    parser.add_argument("--plant", default="", help=argparse.SUPPRESS)
    parser.add_argument("--sound", type=int, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = [name for name in options.only.split(",") if name] or list(faults.FAULTS)
    unknown = sorted(set(names) - set(faults.FAULTS))
    if unknown:
        parser.error(f"there is no fault {', '.join(unknown)}")
    if options.plant or options.sound is not None:
        answer = (
            look_for(options.plant, options.first, options.first + options.stories)._asdict()
            if options.plant
            else {"sound": sound(options.sound)}
        )
        sys.stdout.write(f"\n{json.dumps(answer)}\n")
        return 0
    began, results = time.perf_counter(), []
    for found in _each(names, options):
        results.append(found)
        sys.stdout.write(f"{_line(found)}\n")
        sys.stdout.flush()
    share = 100 * sum(bool(one.broken) for one in results) / len(results)
    played = sum(one.stories for one in results)
    missed = ", ".join(sorted(one.fault for one in results if not one.broken))
    sys.stdout.write(
        f"{sum(bool(one.broken) for one in results)} of {len(results)} faults found ({share:.0f} %) in {played:,} stories, "
        f"{(time.perf_counter() - began) / 60:.0f} minutes" + (f"; missed: {missed}\n" if missed else "\n")
    )
    return int(share < 95)


def _each(names: list[str], options: argparse.Namespace) -> Iterator[Found]:
    """A process for each fault, of which so many run side by side."""

    def one(name: str) -> Found:
        return Found(**_in_a_process("--plant", name, "--first", str(options.first), "--stories", str(options.stories)))

    with ThreadPoolExecutor(options.jobs) as pool:
        for future in as_completed([pool.submit(one, name) for name in names]):
            yield future.result()


def _line(found: Found) -> str:
    if not found.broken:
        return f"| `{found.fault}` | missed in {found.stories} stories | | |"
    return f"| `{found.fault}` | `{found.broken}` | {found.seed} (step {found.step}) | {found.stories} |"


if __name__ == "__main__":
    sys.exit(main())

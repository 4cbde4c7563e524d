"""Plays stories: one after the other, in this process or side by side in several."""

from __future__ import annotations

import os
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.adversary import (  # noqa: F401 - enters them
    answer_invariants,
    config_invariants,
    move_invariants,
    place_invariants,
    plan_invariants,
    upload_invariants,
    word_invariants,
)
from tests.adversary.actors import VERBS
from tests.adversary.invariants import Broken, judged
from tests.adversary.known import KNOWN, Known, known
from tests.adversary.stage import Ran, Stage, Stop, on_stage
from tests.adversary.still import SeamMissing, stillness
from tests.adversary.story import LENGTH, Picks, Story, draw_story

_ROOM = 256 << 20


@dataclass
class Played:
    """What came of a story.

    Attributes:
        broken: the invariant that ended it, if one did that is not known.
        step: the number of the step that broke it, from 1.
        met: known breaches that it met, by their names.
        words: what happened, a line each.
        digest: of all that happened and all that was said.
        counts: (actor, verb or kind, outcome) → how often.
    """

    story: Story
    broken: Broken | None = None
    step: int = 0
    met: Counter[str] = field(default_factory=Counter)
    words: list[str] = field(default_factory=list)
    digest: str = ""
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)


def workplace() -> Path:
    """A folder of this process for its stories: in memory, where there is room."""
    memory = Path("/dev/shm")
    fits = os.access(memory, os.W_OK) and os.statvfs(memory).f_bavail * os.statvfs(memory).f_frsize > _ROOM
    return Path(tempfile.mkdtemp(prefix="pinplan-adversary-", dir=memory if fits else None))


def play(
    story: Story,
    home: Path,
    switches: Sequence[Known] = KNOWN,
    stage_of: Callable[[Story, Path], Stage] = Stage,
) -> Played:
    """Play a story, to its end or to the first invariant that it breaks. Must be called within `stillness`, unless pinplan is another process."""
    played = Played(story)
    with on_stage(story, home, stage_of) as stage:

        def accused(broken: Broken) -> None:
            switch = known(broken.name, tuple(switches))
            if switch is None:
                played.broken = broken
                raise Stop
            played.met[switch.name] += 1
            played.first.setdefault(broken.name, played.step)
            if switch.ends:
                raise Stop

        def judge(stage: Stage, ran: Ran) -> None:
            for broken in judged(stage, ran):
                accused(broken)
            stage.remember(ran)

        stage.judge = judge
        stage.accuser = accused
        try:
            for number, step in enumerate(story.steps, start=1):
                played.step = number
                _take(stage, step.verb, Picks(step.picks))
        except Stop:
            pass
        except SeamMissing:
            raise
        except Exception:  # noqa: BLE001 - a fault of the adversary's own is told with the story that shows it
            played.broken = Broken("adversary", traceback.format_exc())
        played.words, played.digest = stage.words, stage.digest.hexdigest()
        played.counts = Counter(stage.counts)
    return played


def _take(stage: Stage, name: str, picks: Picks) -> None:
    verb = VERBS[name]
    stage.say(f"{verb.actor}: {name}")
    done = verb.do(stage, picks, **verb.options)
    stage.count(verb.actor, name, "done" if done else "nothing to do")
    stage.say(f"  {done or 'nothing to do'}")


def verbs_of(only: Iterable[str] = ()) -> list[object]:
    """Rows to draw stories from: all, or those that are named (what pinplan is asked always takes part)."""
    names = set(only)
    unknown = names - set(VERBS)
    if unknown:
        raise ValueError(f"there is no verb {', '.join(sorted(unknown))}")
    if not names:
        return list(VERBS.values())
    asks = any(VERBS[name].actor == "asks" for name in names)
    return [verb for verb in VERBS.values() if verb.name in names or (not asks and verb.actor == "asks")]


def play_all(
    seeds: Iterable[int],
    *,
    length: int = LENGTH,
    only: Iterable[str] = (),
    switches: Sequence[Known] = KNOWN,
    until: float | None = None,
) -> Iterator[Played]:
    """Play the stories of these seeds, until the time is over."""
    rows = verbs_of(only)
    home = workplace()
    try:
        with stillness():
            for seed in seeds:
                if until is not None and time.perf_counter() > until:
                    return
                yield play(draw_story(seed, rows, length), home / "story", switches)
    finally:
        home.rmdir()


def replay(story: Story, switches: Sequence[Known] = KNOWN) -> Played:
    """Play one story."""
    home = workplace()
    try:
        with stillness():
            return play(story, home / "story", switches)
    finally:
        home.rmdir()


def playing(switches: Sequence[Known] = KNOWN) -> Callable[[Story], Played]:
    """Play stories one by one, within `stillness`."""
    home = workplace()
    return lambda story: play(story, home / "story", switches)

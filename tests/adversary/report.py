"""What a broken invariant is told as: a story that a person can read, and a file that can be played again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.adversary.invariants import sentence_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.adversary.runner import Played


def readable(played: Played) -> str:
    """A story in words: how it begins, what happens, what is broken."""
    setup = played.story.setup
    lines = [f"Seed {played.story.seed}: {len(played.story.steps)} steps", "", "At first"]
    lines += [f"  config {table}: {values}" for table, values in setup["config"].items()]
    lines += [
        f"  board {number}: {one['name']}, sections {one['sections']}" for number, one in enumerate(setup["boards"])
    ]
    lines += [f"  pin: board {b}, section {s}, {sort}, picture {n}" for b, s, sort, n in setup["pins"]]
    lines += ["", "Then", *(f"  {line}" for line in played.words)]
    if played.broken is not None:
        lines += ["", f"Broken at step {played.step}: {played.broken.name}", f"  {sentence_of(played.broken.name)}"]
        lines += [f"  {line}" for line in played.broken.message.splitlines()]
    return "\n".join(lines) + "\n"


def write_story(played: Played, folder: Path) -> Path:
    """Keep a story: its JSON, and beside it the same in words."""
    folder.mkdir(parents=True, exist_ok=True)
    name = played.broken.name.replace(":", "-").replace(" ", "-") if played.broken else "story"
    path = folder / f"{name}-{played.story.seed}.json"
    broken = {"broken": played.broken.name, "says": played.broken.message.splitlines()[0]} if played.broken else {}
    path.write_text(played.story.as_json(**broken), encoding="utf-8")
    path.with_suffix(".txt").write_text(readable(played), encoding="utf-8")
    return path


def counts_table(counts: Iterable[tuple[tuple[str, str, str], int]]) -> str:
    """How often each verb and each kind of action met which end."""
    rows: dict[tuple[str, str], dict[str, int]] = {}
    for (actor, what, outcome), number in counts:
        rows.setdefault((actor, what), {})[outcome] = number
    lines = []
    for (actor, what), ends in sorted(rows.items()):
        lines.append(f"  {actor:9} {what:24} " + ", ".join(f"{end} {number:,}" for end, number in sorted(ends.items())))
    return "\n".join(lines)

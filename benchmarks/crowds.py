"""What a crowd of near pictures costs: many sizes of one picture, beyond their fingerprints, at n/16, n/4 and n files."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageChops

from benchmarks.fingerprints import grained
from benchmarks.growth import exponent
from benchmarks.measure import PINPLAN, Cost, process, say
from pinplan.sandbox.pictures import Kind, Picture, encoded

NARROWEST, WIDEST = 200, 1097
_DRAWN = 1200, 1200
_FOUND = 0.95


def run(files: int = 300) -> None:
    """CPU of the comparisons of one crowd, and how it grows."""
    counts = [files // 16, files // 4, files]
    with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as home:
        costs = [measure(Path(home), count) for count in counts]
    seconds = ", ".join(f"{cost.cpu:.2f}" for cost in costs)
    grown = exponent(costs)
    say(
        f"{', '.join(map(str, counts))} sizes of one picture, {NARROWEST} to {WIDEST} wide: {seconds} s CPU beyond their fingerprints "
        f"(budget 2 s), {1000 * costs[-1].cpu / files:.1f} ms a file, "
        f"{'no exponent' if grown is None else f'exponent {grown:.2f}'}; peak {costs[-1].peak_mb:.0f} MB"
    )


def measure(home: Path, count: int) -> Cost:
    """What the comparisons of a crowd cost; the fingerprints of as many pictures that are all different are taken off."""
    picture = grained(encoded(Picture(Kind.LANDSCAPE, 3, *_DRAWN, "PNG"), "originals"), 3)
    crowd, strangers = home / f"crowd {count}", home / f"strangers {count}"
    for number in range(count):
        side = NARROWEST + (WIDEST - NARROWEST) * number // max(1, count - 1)
        _save(picture, crowd / f"{number:04}.jpg", side)
        _save(ImageChops.offset(picture, 229 * number, 317 * number), strangers / f"{number:04}.jpg", side)
    with tempfile.TemporaryDirectory(dir=home) as cache, tempfile.TemporaryDirectory(dir=home) as other:
        whole, without = _search(crowd, cache), _search(strangers, other)
        _check(crowd, cache, count)
    return Cost(wall=whole.wall - without.wall, cpu=whole.cpu - without.cpu, peak_mb=whole.peak_mb)


def _search(files: Path, cache: str) -> Cost:
    return process([PINPLAN, "dupes", str(files)], {**os.environ, "XDG_CACHE_HOME": cache})


def _check(crowd: Path, cache: str, count: int) -> None:
    """Nearly every file is in a group, and all were compared: else something else was measured."""
    command = [PINPLAN, "dupes", "--json", "-q", str(crowd)]
    env = {**os.environ, "XDG_CACHE_HOME": cache}
    found = json.loads(subprocess.run(command, env=env, check=True, capture_output=True).stdout)
    assert found["faceless"] == []
    assert sum(len(group["files"]) for group in found["groups"]) >= _FOUND * count


def _save(picture: Image.Image, path: Path, side: int) -> None:
    path.parent.mkdir(exist_ok=True)
    picture.resize((side, side), Image.Resampling.LANCZOS).save(path, "JPEG", quality=85)

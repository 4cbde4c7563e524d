"""What it costs to compare two copies of a picture, against Pillow decoding the same files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.measure import PINPLAN, Cost, process, say
from pinplan.sandbox.pictures import Kind, Picture, encoded

SIZE = 736, 994
_DECODE = """
import sys
from pathlib import Path
from PIL import Image
for path in Path(sys.argv[1]).iterdir():
    with Image.open(path) as image:
        image.load()
"""


def run(pairs: int = 40, rounds: int = 3) -> None:
    """CPU of a pair of copies, in multiples of what Pillow takes to decode a file; start-up and fingerprints are taken off."""
    with tempfile.TemporaryDirectory() as folder:
        copies, different = Path(folder, "copies"), Path(folder, "different")
        for number in range(2 * pairs):
            _write(copies / f"{number}.jpg", number // 2, (90, 75)[number % 2])
            _write(different / f"{number}.jpg", number, 90)
        _check(folder, copies, pairs)
        found = [_costs(folder, copies, different, pairs) for _ in range(rounds)]
    pair, decoded, peak = (median(values) for values in zip(*found, strict=True))
    say(f"a pair of copies: {1000 * pair:.1f} ms CPU, {pair / decoded:.1f} × a decoded file; peak {peak:.0f} MB")


def _check(folder: str, copies: Path, pairs: int) -> None:
    """Every pair is found: else something else would be measured."""
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        env = {**os.environ, "XDG_CACHE_HOME": cache}
        command = [PINPLAN, "dupes", "--json", "-q", str(copies)]
        document = subprocess.run(command, env=env, check=True, capture_output=True).stdout
    assert len(json.loads(document)["groups"]) == pairs


def _costs(folder: str, copies: Path, different: Path, pairs: int) -> tuple[float, float, float]:
    """CPU seconds of a pair and of a decoded file, and megabytes at the peak."""
    with_pairs, without = _search(folder, copies), _search(folder, different)
    decoding = process([sys.executable, "-c", _DECODE, str(copies)])
    return (with_pairs.cpu - without.cpu) / pairs, decoding.cpu / pairs / 2, with_pairs.peak_mb


def _search(folder: str, files: Path) -> Cost:
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        return process([PINPLAN, "dupes", str(files)], {**os.environ, "XDG_CACHE_HOME": cache})


def _write(path: Path, seed: int, quality: int) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(encoded(Picture(Kind.LANDSCAPE, seed, *SIZE, quality=quality), "originals"))

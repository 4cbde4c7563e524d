"""Fingerprints with two threads against `imagehash.dhash` one after the other, and all pairs against bands in Python dictionaries."""

from __future__ import annotations

import io
import itertools
import resource
import statistics
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

from benchmarks.measure import block, say
from pinplan.dedupe.fingerprint import fingerprint
from pinplan.dedupe.neighbours import near
from pinplan.sandbox.pictures import Kind, Picture, encoded

FILES, ROUNDS = 80, 3


def run() -> None:
    """Both measurements."""
    with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as home:
        for name, budget in (("baseline", 5), ("progressive", 3)):
            _hashes(Path(home), name, budget)
    for count, radius, budget in ((1_000_000, 3, 1), (1_000_000, 6, 5), (10_000_000, 3, 20)):
        _pairs(count, radius, budget)
    _peer(100_000)


def _hashes(home: Path, name: str, budget: int) -> None:
    paths = [
        _saved(home / f"{name} {number}.jpg", number, progressive=name == "progressive") for number in range(FILES)
    ]
    _fingerprint(paths[0])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ratios, grown = [], 0.0
    for _ in range(ROUNDS):
        with block() as ours, ThreadPoolExecutor(2) as pool:
            list(pool.map(_fingerprint, paths))
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        with block() as theirs:
            for path in paths:
                _plain(path)
        ratios.append(theirs.wall / ours.wall)
    figures = ", ".join(f"{ratio:.1f}" for ratio in sorted(ratios))
    say(
        f"fingerprints of {FILES} {name} JPEGs, 736 and 1200 wide: {statistics.median(ratios):.1f} × imagehash.dhash and mean colour "
        f"({figures}; budget {budget} ×), {grown:.0f} MB more (budget 60 MB)"
    )


def _saved(path: Path, number: int, *, progressive: bool) -> Path:
    width, height = ((736, 1104), (1200, 1800))[number % 2]
    data = encoded(
        Picture(Kind.LANDSCAPE if number % 4 < 2 else Kind.TEXTURE, number % 20, width, height, "PNG"), "originals"
    )
    Image.open(io.BytesIO(data)).convert("RGB").save(path, "JPEG", quality=85, progressive=progressive)
    return path


def _fingerprint(path: Path) -> None:
    fingerprint(path.read_bytes(), path.name)


def _plain(path: Path) -> None:
    with Image.open(path) as image:
        imagehash.dhash(image)
        image.resize((1, 1), Image.Resampling.BOX)


def _pairs(count: int, radius: int, budget: int) -> None:
    hashes = _planted(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with block() as cost:
        found = near(hashes, radius)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    say(
        f"all pairs of {count:,} hashes within {radius}: {cost.wall:.2f} s (budget {budget} s), {len(found.pairs):,} pairs, {grown:.0f} MB more"
    )


def _planted(count: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Random hashes, a tenth of them with a neighbour, a hundredth identical, a twentieth with half their rows empty."""
    dice = np.random.default_rng(1)
    hashes = dice.integers(0, 2**64, size=count, dtype=np.uint64)
    tenth = count // 10
    for _ in range(3):
        hashes[:tenth] = np.where(
            dice.random(tenth) < 0.7,
            hashes[tenth : 2 * tenth] ^ (np.uint64(1) << dice.integers(0, 64, tenth, dtype=np.uint64)),
            hashes[:tenth],
        )
    hashes[-count // 100 :] = hashes[0]
    hashes[-count // 20 : -count // 100] &= np.uint64(0x00FF00FF00FF00FF)
    return hashes


def _peer(count: int) -> None:
    hashes = _planted(count)
    with block() as ours:
        found = near(hashes, 3)
    with block() as theirs:
        pairs = _by_dictionary(np.unique(hashes).tolist())
    assert len(pairs) == len(found.pairs)
    say(
        f"all pairs of {count:,} hashes within 3: {theirs.wall / ours.wall:.0f} × bands in Python dictionaries (faiss is not measured here)"
    )


def _by_dictionary(words: list[int]) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for band in range(4):
        heaps = defaultdict(list)
        for word in words:
            heaps[word >> 16 * band & 0xFFFF].append(word)
        for heap in heaps.values():
            if len(heap) < 2000:  # the empty rows: quadratic for this peer
                found.update((a, b) for a, b in itertools.combinations(heap, 2) if (a ^ b).bit_count() <= 3)
    return found

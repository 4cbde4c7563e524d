"""How fast duplicates are found: `pinplan dupes` on a folder of JPEGs against others, each in a process of its own; and all pairs of hashes.

Peers that are not installed are left out, with a word: findimagedupes (Debian), imagededup and faiss-cpu, which may live in another environment
(``BENCHMARK_PEERS=/path/to/python``).
"""

from __future__ import annotations

import io
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops

from benchmarks.measure import PINPLAN, Cost, alone, block, say
from pinplan.dedupe.neighbours import near
from pinplan.sandbox.pictures import Kind, Picture, Size, encoded

FILES, DRAWN, ROUNDS = 320, 16, 3
PEERS = os.environ.get("BENCHMARK_PEERS", sys.executable)
_SERIAL = """
import sys, pathlib, imagehash
from PIL import Image
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    with Image.open(path) as image:
        imagehash.dhash(image)
"""
_IMAGEDEDUP = """
import sys
from imagededup.methods import DHash
DHash(verbose=False).find_duplicates(image_dir=sys.argv[1], max_distance_threshold=6)
"""
_FAISS = """
import sys, time, numpy, faiss
faiss.omp_set_num_threads(1)
hashes = numpy.unique(numpy.load(sys.argv[1]))
rows = hashes.view(numpy.uint8).reshape(-1, 8)
began = time.perf_counter()
index = faiss.IndexBinaryMultiHash(64, 4, 16)
index.add(rows)
limits, _, _ = index.range_search(rows, 4)  # strictly below: within 3
print(time.perf_counter() - began, (int(limits[-1]) - len(rows)) // 2)
"""
_OURS = """
import resource, sys, time, numpy
from pinplan.dedupe.neighbours import near
hashes = numpy.load(sys.argv[1])
near(hashes[:1000], 3)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.perf_counter()
found = near(hashes, int(sys.argv[2]))
took = time.perf_counter() - began
print(took, len(found.pairs), len(found.capped), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def run() -> None:
    """All measurements."""
    with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as home:
        for name, budget in (("baseline", 5), ("progressive", 3)):
            _folder(Path(home), name, budget)
        _all_pairs(Path(home))


# -- fingerprints ----------------------------------------------------------------------------------------------------


def _folder(home: Path, name: str, budget: int) -> None:
    folder = home / name
    size = _fill(folder, progressive=name == "progressive")
    peers = {
        f"imagehash.dhash(Image.open(file)), one after the other (budget {budget} ×)": [
            sys.executable, "-c", _SERIAL, str(folder)
        ],
        "findimagedupes (budget 4 ×)": [shutil.which("findimagedupes") or "", str(folder)],
        "imagededup (budget 12 ×)": [PEERS, "-c", _IMAGEDEDUP, str(folder)],
    }  # fmt: skip
    say(f"{FILES} {name} JPEGs, 736 and 1200 wide, {size // 1024} kB on average:")
    ours, theirs = _in_turn(home, folder, {what: command for what, command in peers.items() if _runs(what, command)})
    wall, peak = statistics.median(cost.wall for cost in ours), max(cost.peak_mb for cost in ours)
    say(f"  pinplan dupes: {wall:.2f} s, {FILES / wall:.0f} files a second, {peak:.0f} MB at its peak (budget 60 MB)")
    for what, costs in theirs.items():
        ratios = sorted(their.wall / our.wall for our, their in zip(ours, costs, strict=True))
        peak = max(cost.peak_mb for cost in costs)
        figures = ", ".join(f"{ratio:.1f}" for ratio in ratios)
        cpu = statistics.median(their.cpu / our.cpu for our, their in zip(ours, costs, strict=True))
        say(f"  {statistics.median(ratios):.1f} × {what} ({figures}; by CPU {cpu:.1f} ×; it takes {peak:.0f} MB)")


def _in_turn(home: Path, folder: Path, peers: dict[str, Sequence[str]]) -> tuple[list[Cost], dict[str, list[Cost]]]:
    """What everybody costs, round by round; our own cache is a new one in each."""
    ours: list[Cost] = []
    theirs: dict[str, list[Cost]] = {what: [] for what in peers}
    for number in range(ROUNDS):
        cache = {**os.environ, "XDG_CACHE_HOME": str(home / f"cache {folder.name} {number}")}
        ours.append(alone([PINPLAN, "dupes", str(folder), "--json"], env=cache))
        for what, command in peers.items():
            theirs[what].append(alone(command))
    return ours, theirs


def _runs(what: str, command: Sequence[str]) -> bool:
    known = bool(command[0])
    if known and "imagededup" in what:
        known = (
            subprocess.run([command[0], "-c", "import imagededup"], check=False, capture_output=True).returncode == 0
        )
    if not known:
        say(f"  not measured, for it is not installed: {what}")
    return known


def _fill(folder: Path, *, progressive: bool) -> int:
    """Files of a few drawn pictures, each moved by some pixels, so that no two are the same; their mean size in bytes."""
    folder.mkdir()
    for which in range(DRAWN):
        size = (Size(736, 1104), Size(1200, 1800))[which % 2]
        kind = Kind.LANDSCAPE if which % 4 < 2 else Kind.TEXTURE
        drawn = _grained(encoded(Picture(kind, which, *size, "PNG"), "originals"), which)
        for number in range(which, FILES, DRAWN):
            moved = ImageChops.offset(drawn, 29 * number, 17 * number)
            moved.save(folder / f"{number:03}.jpg", "JPEG", quality=85, progressive=progressive)
    return sum(path.stat().st_size for path in folder.iterdir()) // FILES


def _grained(data: bytes, seed: int) -> Image.Image:
    """With the grain of a photograph: what is only drawn is smoother, and decoded faster, than what people pin."""
    levels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=np.float32)
    grain = np.random.default_rng(seed).normal(0, 2.5, levels.shape[:2]).astype(np.float32)
    return Image.fromarray(np.clip(levels + grain[:, :, None], 0, 255).astype(np.uint8))


# -- all pairs -------------------------------------------------------------------------------------------------------


def _all_pairs(home: Path) -> None:
    file = str(home / "hashes.npy")
    for count, radius, budget, rounds in ((1_000_000, 3, 1, 5), (1_000_000, 6, 5, 3), (10_000_000, 3, 20, 3)):
        np.save(file, _planted(count))
        ours = [_told([sys.executable, "-c", _OURS, file, str(radius)]) for _ in range(rounds)]
        took, pairs, capped, grown = (statistics.median(row[n] for row in ours) for n in range(4))
        times = ", ".join(f"{row[0]:.2f}" for row in sorted(ours))
        say(
            f"all pairs of {count:,} hashes within {radius}: {took:.2f} s ({times}; budget {budget} s), {pairs:,.0f} pairs, "
            f"{capped:.0f} not searched to the end, {grown:.0f} MB more"
        )
        if (count, radius) == (1_000_000, 3):
            _faiss(file, took, pairs)
    _dictionaries(100_000)


def _faiss(file: str, ours: float, pairs: float) -> None:
    if subprocess.run([PEERS, "-c", "import faiss"], check=False, capture_output=True).returncode:
        say("  not measured, for it is not installed: faiss IndexBinaryMultiHash (budget 15 ×)")
        return
    took, found = _told([PEERS, "-c", _FAISS, file])
    say(
        f"  {took / ours:.0f} × faiss IndexBinaryMultiHash, 4 × 16 bits ({took:.1f} s, {found:,.0f} pairs; budget 15 ×)"
    )
    if found != pairs:
        say(f"  faiss finds {found:,.0f} pairs and we {pairs:,.0f}")


def _told(command: Sequence[str]) -> list[float]:
    return [float(word) for word in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]


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


def _dictionaries(count: int) -> None:
    hashes = _planted(count)
    with block() as ours:
        found = near(hashes, 3)
    with block() as theirs:
        pairs = _by_dictionary(np.unique(hashes).tolist())
    assert len(pairs) == len(found.pairs)
    say(f"all pairs of {count:,} hashes within 3: {theirs.wall / ours.wall:.0f} × bands in Python dictionaries")


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

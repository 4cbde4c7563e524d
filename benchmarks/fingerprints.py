"""How fast duplicates are found: `pinplan dupes` on a folder of JPEGs against others, each in a process of its own; and all pairs of hashes.

Peers that are not installed are left out, with a word: findimagedupes (Debian), imagededup and faiss-cpu, which may live in another environment
(``BENCHMARK_PEERS=/path/to/python``).
"""

from __future__ import annotations

import io
import itertools
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image, ImageChops

from benchmarks.large import face_row
from benchmarks.measure import PINPLAN, Cost, alone, block, say
from pinplan.duplicates.cache import Source
from pinplan.duplicates.decode import decode
from pinplan.duplicates.find import DuplicateScanRequest, find_duplicate_pairs, plainly_tracked
from pinplan.duplicates.fingerprint import fingerprint
from pinplan.duplicates.fingerprinter import ImageFingerprinter
from pinplan.duplicates.index import near
from pinplan.events import silent
from pinplan.model.base import Base, Tracked
from pinplan.model.ids import BoardId, LibraryId, Lineage, PinId, RelPath, Sha256
from pinplan.model.images import FileFact
from pinplan.model.similarity import Fingerprint
from pinplan.model.snapshots import LocalSnapshot
from pinplan.records.state import create_state, open_state
from pinplan.sandbox.pictures import Kind, Picture, Size, encoded

SOME, DRAWN, ROUNDS = 96, 16, 3
PEERS = os.environ.get("BENCHMARK_PEERS", sys.executable)
_SERIAL = """
import sys, pathlib, imagehash
from PIL import Image
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    with Image.open(path) as image:
        imagehash.dhash(image)
"""
_HASH_SIZE_COLOUR = """
import sys, imagehash
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from PIL import Image
from pinplan.duplicates.decode import decode
def look(path):
    decoded = decode(path.read_bytes(), path.name)
    tiny = decoded.image.convert("L").resize((9, 8), Image.Resampling.LANCZOS)
    return imagehash.dhash(tiny), decoded.width, decoded.height, decoded.image.resize((1, 1), Image.Resampling.BOX)
with ThreadPoolExecutor(2) as pool:
    list(pool.map(look, sorted(Path(sys.argv[1]).iterdir())))
"""
"""As much of a fingerprint as the others take."""
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
began = time.process_time()
index = faiss.IndexBinaryMultiHash(64, 4, 16)
index.add(rows)
limits, _, _ = index.range_search(rows, 4)  # strictly below: within 3
print(time.process_time() - began, (int(limits[-1]) - len(rows)) // 2)
"""
_OURS = """
import sys, time, numpy
from pathlib import Path
from pinplan.duplicates.index import near
def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
hashes = numpy.load(sys.argv[1])
near(hashes[:1000], 3)
before = peak()
began = time.process_time()
found = near(hashes, int(sys.argv[2]))
took = time.process_time() - began
print(took, len(found.pairs), len(found.capped), peak() - before)
"""


def run(files: int = 320, hashes: int = 1_000_000, rounds: int = ROUNDS) -> None:
    """All measurements, with so many files and hashes; a tenth of the hashes are files of a library."""
    with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as home:
        for name, budget in (("baseline", 5), ("progressive", 3)):
            _folder(Path(home), name, budget, files, rounds)
        _all_pairs(Path(home), hashes, rounds)
        _nothing_new(Path(home) / "state.db", hashes // 10)


# -- fingerprints ----------------------------------------------------------------------------------------------------


def _folder(home: Path, name: str, budget: int, files: int, rounds: int) -> None:
    folder = home / name
    size = _fill(folder, files, progressive=name == "progressive")
    say(f"{files} {name} JPEGs, 736 and 1200 wide, {size // 1024} kB on average:")
    _steps(sorted(folder.iterdir())[:SOME], budget, rounds)
    peers = {
        "imagehash.dhash(Image.open(file)), one after the other": [
            sys.executable, "-c", _SERIAL, str(folder)
        ],
        "findimagedupes (budget 4 ×)": [shutil.which("findimagedupes") or "", str(folder)],
        "imagededup (budget 12 ×)": [PEERS, "-c", _IMAGEDEDUP, str(folder)],
    }  # fmt: skip
    known = {what: command for what, command in peers.items() if _runs(what, command)}
    for what, command in (
        ("hash, size and colour, a process of two threads", [sys.executable, "-c", _HASH_SIZE_COLOUR, str(folder)]),
        ("pinplan dupes, with all of the fingerprint", [PINPLAN, "dupes", str(folder), "--json"]),
    ):
        _against(what, files, *_in_turn(command, known, rounds))


def _against(what: str, files: int, ours: list[Cost], theirs: dict[str, list[Cost]]) -> None:
    wall, peak = statistics.median(cost.wall for cost in ours), max(cost.peak_mb for cost in ours)
    say(f"  {what}: {wall:.2f} s, {files / wall:.0f} files a second, {peak:.0f} MB at its peak (budget 60 MB)")
    for whom, costs in theirs.items():
        ratios = sorted(their.wall / our.wall for our, their in zip(ours, costs, strict=True))
        peak = max(cost.peak_mb for cost in costs)
        figures = ", ".join(f"{ratio:.1f}" for ratio in ratios)
        cpu = statistics.median(their.cpu / our.cpu for our, their in zip(ours, costs, strict=True))
        say(f"    {statistics.median(ratios):.1f} × {whom} ({figures}; by CPU {cpu:.1f} ×; it takes {peak:.0f} MB)")


def _steps(paths: Sequence[Path], budget: int, rounds: int) -> None:
    """The same comparison without the start of a process, and without what else belongs to a fingerprint."""
    _plain(paths[0])
    _whole(paths[0])
    for what, look in (("hash, size and colour", _hash_size_colour), ("the whole fingerprint", _whole)):
        costs = []
        for _ in range(rounds):
            with block() as ours, ThreadPoolExecutor(2) as pool:
                list(pool.map(look, paths))
            with block() as theirs:
                for path in paths:
                    _plain(path)
            costs.append((theirs.wall / ours.wall, theirs.cpu / ours.cpu))
        wall, cpu = (statistics.median(cost[n] for cost in costs) for n in (0, 1))
        figures = ", ".join(f"{cost[0]:.1f}" for cost in sorted(costs))
        say(
            f"  {what}, two threads: {wall:.1f} × imagehash.dhash(Image.open(file)) ({figures}; budget {budget} ×; by CPU {cpu:.1f} ×)"
        )


def _plain(path: Path) -> None:
    with Image.open(path) as image:
        imagehash.dhash(image)


def _hash_size_colour(path: Path) -> tuple[object, ...]:
    decoded = decode(path.read_bytes(), path.name)
    tiny = decoded.image.convert("L").resize((9, 8), Image.Resampling.LANCZOS)
    return imagehash.dhash(tiny), decoded.width, decoded.height, decoded.image.resize((1, 1), Image.Resampling.BOX)


def _whole(path: Path) -> Fingerprint:
    return fingerprint(path.read_bytes(), path.name)


def _in_turn(
    command: Sequence[str], peers: Mapping[str, Sequence[str]], rounds: int
) -> tuple[list[Cost], dict[str, list[Cost]]]:
    """What everybody costs, round by round; our own cache is a new one in each."""
    ours: list[Cost] = []
    theirs: dict[str, list[Cost]] = {whom: [] for whom in peers}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as cache:
            ours.append(alone(command, env={**os.environ, "XDG_CACHE_HOME": cache}))
        for whom, other in peers.items():
            theirs[whom].append(alone(other))
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


def _fill(folder: Path, files: int, *, progressive: bool) -> int:
    """Files of a few drawn pictures, each moved by some pixels, so that no two are the same; their mean size in bytes."""
    folder.mkdir()
    for which in range(min(DRAWN, files)):
        size = (Size(736, 1104), Size(1200, 1800))[which % 2]
        kind = Kind.LANDSCAPE if which % 4 < 2 else Kind.TEXTURE
        drawn = grained(encoded(Picture(kind, which, *size, "PNG"), "originals"), which)
        for number in range(which, files, DRAWN):
            moved = ImageChops.offset(drawn, 29 * number, 17 * number)
            moved.save(folder / f"{number:03}.jpg", "JPEG", quality=85, progressive=progressive)
    return sum(path.stat().st_size for path in folder.iterdir()) // files


def grained(data: bytes, seed: int) -> Image.Image:
    """With the grain of a photograph: what is only drawn is smoother, and decoded faster, than what people pin."""
    levels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=np.float32)
    grain = np.random.default_rng(seed).normal(0, 2.5, levels.shape[:2]).astype(np.float32)
    return Image.fromarray(np.clip(levels + grain[:, :, None], 0, 255).astype(np.uint8))


# -- all pairs -------------------------------------------------------------------------------------------------------


def _all_pairs(home: Path, hashes: int, rounds: int) -> None:
    file = str(home / "hashes.npy")
    for count, radius, budget in ((hashes, 3, 1), (hashes, 6, 5), (10 * hashes, 3, 20)):
        np.save(file, _planted(count))
        ours = [_told([sys.executable, "-c", _OURS, file, str(radius)]) for _ in range(rounds)]
        took, pairs, capped, grown = (statistics.median(row[n] for row in ours) for n in range(4))
        times = ", ".join(f"{row[0]:.2f}" for row in sorted(ours))
        say(
            f"all pairs of {count:,} hashes within {radius}: {took:.2f} s CPU ({times}; budget {budget} s), {pairs:,.0f} pairs, "
            f"{capped:.0f} not searched to the end, {grown:.0f} MB more"
        )
        assert pairs > 0
        if (count, radius) == (hashes, 3):
            _faiss(file, took, pairs)
    _dictionaries(hashes // 10)


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


# -- a plan ----------------------------------------------------------------------------------------------------------


def _nothing_new(file: Path, count: int) -> None:
    """What a plan spends on duplicates among files that all have a fingerprint."""
    create_state(file, LibraryId("benchmark"), Lineage("benchmark"))
    dice = random.Random(1)
    tracked = tuple(_tracked(number) for number in range(count))
    base = Base(library_id=LibraryId("benchmark"), lineage=Lineage("benchmark"), serial=1, tracked=tracked)
    files = tuple(FileFact(path=record.path, size=record.size, mtime_ns=record.mtime_ns) for record in tracked)
    local = LocalSnapshot(library_id=LibraryId("benchmark"), files=files, unknown=(), taken_at="")
    with open_state(file, LibraryId("benchmark"), Lineage("benchmark")) as state:
        state.fingerprints.remember_fingerprints(face_row(record, dice) for record in tracked)

        def look() -> float:
            with block() as cost:
                request = DuplicateScanRequest(
                    files=plainly_tracked(base, local), source=Source(fingerprinter=ImageFingerprinter(), read=_unread)
                )
                find_duplicate_pairs(request, state.fingerprints, silent)
            return cost.cpu

        first = look()
        again = sorted(look() for _ in range(5))
    say(
        f"a plan with nothing new among {count:,} files: {again[2]:.2f} s CPU on duplicates ({again[0]:.2f}–{again[-1]:.2f}; budget 1 s); "
        f"with one that is new, and all pairs looked for: {first:.2f} s"
    )


def _unread(path: RelPath) -> bytes:
    raise AssertionError(path)


def _tracked(number: int) -> Tracked:
    return Tracked(
        pin_id=PinId(str(number)),
        slot=0,
        path=RelPath(f"Board {number % 500}/A picture with a title [{number}].jpg"),
        size=150_000,
        mtime_ns=number,
        sha256=Sha256(f"{number:064x}"),
        width=736,
        height=1104,
        format="JPEG",
        board_id=BoardId(str(number % 500)),
        container=f"Board {number % 500}",
        template="",
    )

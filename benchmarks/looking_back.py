"""``verify`` against Pillow alone, two threads each, in turn over the same files; and the audit log, 200,000 records."""

from __future__ import annotations

import hashlib
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from PIL import Image

from benchmarks.measure import block, say
from pinplan.disk.library import DiskLibrary
from pinplan.disk.marker import Marker, write_marker
from pinplan.events import silent
from pinplan.history.verify import FileStatus, verify_files
from pinplan.model.base import Base, Tracked
from pinplan.model.ids import ActionId, BoardId, LibraryId, Lineage, PinId, RelPath, RunId, Sha256
from pinplan.records.audit import Head, Intended, chained
from pinplan.records.audit_log import AuditFile
from pinplan.sandbox.pictures import Kind, Picture, encoded

FILES, ROUNDS, RECORDS = 300, 5, 200_000


def run(files: int = FILES, records: int = RECORDS, rounds: int = ROUNDS) -> None:
    """Both measurements."""
    with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as home:
        _verify(Path(home) / "library", files, rounds)
        _audit(Path(home) / "audit.jsonl", records)


def _verify(root: Path, count: int, rounds: int) -> None:
    (root / ".pinplan").mkdir(parents=True)
    write_marker(root, Marker(library_id=LibraryId("l"), lineage=Lineage("m")))
    base = Base(
        library_id=LibraryId("l"),
        lineage=Lineage("m"),
        tracked=tuple(_written(root, number) for number in range(count)),
    )
    paths = [root / record.path for record in base.tracked]
    ratios, quick = [], []
    with closing(DiskLibrary(root)) as library:
        for _ in range(rounds):
            with block() as alone, ThreadPoolExecutor(2) as pool:
                list(pool.map(_decode, paths))
            with block() as proof:
                proved = verify_files(library, base, silent)
            assert all(file.proof is FileStatus.GOOD for file in proved)
            with block() as fast:
                seen = verify_files(library, base, silent, quick=True)
            assert all(file.proof is FileStatus.GOOD for file in seen)
            ratios.append(alone.wall / proof.wall)
            quick.append(fast.wall)
    size = sum(path.stat().st_size for path in paths)
    say(
        f"verify of {count} images ({size / 1e6:.0f} MB): {100 * statistics.median(ratios):.0f} % of the speed of Pillow alone, "
        f"{', '.join(f'{100 * ratio:.0f}' for ratio in sorted(ratios))} (budget 80 %)"
    )
    say(f"verify --quick of the same: {size / statistics.median(quick) / 1e6:,.0f} MB/s")


def _decode(path: Path) -> None:
    with Image.open(path) as image:
        image.load()


def _written(root: Path, number: int) -> Tracked:
    data = encoded(Picture(Kind.TEXTURE, number % 60, 736, 1104), "originals")
    path = root / f"{number}.jpg"
    path.write_bytes(data)
    found = path.stat()
    return Tracked(
        pin_id=PinId(str(number)), slot=0, path=RelPath(path.name), size=found.st_size, mtime_ns=found.st_mtime_ns,
        sha256=Sha256(hashlib.sha256(data).hexdigest()), width=736, height=1104, format="JPEG",
        board_id=BoardId("1"), container="", template="",
    )  # fmt: skip


def _audit(path: Path, count: int) -> None:
    entries = [
        Intended(
            run=RunId("20261123T182521Z-93c0"), action=ActionId(f"{number:06d}"), kind="download",
            pin_id=PinId("987000000000088"), address="Animals 動物/Cats/987000000000088",
        )
        for number in range(count)
    ]  # fmt: skip
    with block() as made:
        lines = [line for _, line in chained(Head(), entries, "2026-01-01T00:00:00Z")]
    AuditFile(path).append(lines)
    with block() as checked:
        verdict = AuditFile(path).verify()
    assert (verdict.records, verdict.breaks) == (count, ())
    say(f"audit log: {count / made.wall:,.0f} records made a second")
    say(
        f"audit verify: {count / checked.wall:,.0f} records a second, {path.stat().st_size / 1e6:.0f} MB (budget 100,000)"
    )

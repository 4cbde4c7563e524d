"""Downloads through pinplan's whole apply, against ``curl --parallel``, on a line of 20 MB/s."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from benchmarks.measure import block, process, say
from pinplan.apply.executor import ExecutorOptions
from pinplan.disk.library import DiskLibrary
from pinplan.model.pins import Rendition
from pinplan.pinterest.hosts import rules_for
from pinplan.pinterest.images import ImageDownloads
from pinplan.pipeline import apply_plan
from pinplan.sandbox.pictures import Kind, Picture, encoded
from pinplan.wiring.library_setup import init_library
from tests.worlds import SmallWorld

FILES, RATE = 400, 20e6


def run(files: int = FILES, rounds: int = 3) -> None:
    """In turn; wall time over wall time."""
    image = encoded(Picture(Kind.TEXTURE, 5, 900, 1200, quality=75), "1200x")
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.slow_server", str(RATE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(image)
    server.stdin.close()
    port = int(server.stdout.readline())
    try:
        walls = [(_ours(port, files), _curl(port, files)) for _ in range(rounds)]
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    ratios = sorted(mine / theirs for mine, theirs in walls)
    say(
        f"download of {files} images of {len(image) // 1000} kB at 20 MB/s: {ratios[len(ratios) // 2]:.2f} × curl --parallel "
        f"({ratios[0]:.2f}–{ratios[-1]:.2f}); ours {walls[0][0]:.1f} s (budget 1.1 ×)"
    )


def _ours(port: int, files: int) -> float:
    """Everything that apply does: fetch, decode, flush, place, journal, base."""
    with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as home:
        world = SmallWorld()
        board = world.board("Board")
        for _ in range(files):
            pin = world.remote.pins_by_id[world.pin(board)]
            link = Rendition(size="1200x", url=f"http://127.0.0.1:{port}/1200x/{pin.id}.jpg", width=900, height=1200)
            world.remote.pins_by_id[pin.id] = replace(pin, images=(replace(pin.images[0], renditions=(link,)),))
        plan = world.plan()
        library = Path(home) / "Pins"
        init_library(library)
        with (
            closing(ImageDownloads(user_agent="bench", rules=rules_for(f"http://127.0.0.1:{port}"))) as images,
            closing(DiskLibrary(library)) as disk,
            block() as cost,
        ):
            adapters = replace(world.adapters(), library=disk, images=images)
            result = apply_plan(adapters, plan, ExecutorOptions(parallelism=8))
        assert result.complete, result
        assert len(list(library.rglob("*.jpg"))) == files
        world.close()
    return cost.wall


def _curl(port: int, files: int) -> float:
    with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as home:
        targets = [f"http://127.0.0.1:{port}/{number}.jpg" for number in range(files)]
        config = Path(home) / "curl.txt"
        config.write_text("".join(f'url = "{url}"\noutput = "{home}/{n}.jpg"\n' for n, url in enumerate(targets)))
        curl = ["curl", "-sS", "--no-progress-meter", "--parallel", "--parallel-max", "8", "-K", str(config)]
        wall = process(curl).wall
        assert len(list(Path(home).glob("*.jpg"))) == files
        return wall

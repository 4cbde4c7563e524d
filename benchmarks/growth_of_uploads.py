"""How the cost of everything that goes to Pinterest grows: uploads, carousels, videos, posts, new boards and sections, moves and renames.

The pauses after ten creates, and until a video is processed, are left out: only time on the processor is measured.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from PIL import Image

from benchmarks.growth import actions_of, measured, report
from benchmarks.large import agree
from benchmarks.measure import Cost, process
from tests.small_videos import video

PINS, PER_BOARD = 200, 20
# The first use fails if it is called otherwise one day: the pause would be an hour.
_UNHURRIED = """
from pinplan.apply import creates, video_uploads
creates.CREATES_A_MINUTE *= 10**6
video_uploads._PAUSES = tuple(0.01 for _ in video_uploads._PAUSES)
from pinplan.cli import main
main()
"""
_PINPLAN = (sys.executable, "-c", _UNHURRIED)
_CONFIG = """
[sync]
mode = "two-way"
on_moved_file = "move"
on_new_file = "upload"
[limits]
max_uploads = 1000000
max_new_boards = 1000000
max_moves = "100%"
max_remote_deletes = "100%"
max_remote_delete_count = 1000000
max_remote_delete_bytes = "1000 GB"
[upload]
own_content = true
settle_seconds = 0
per_day = 100000
"""


def run(pins: int = PINS) -> None:
    """A line for each command, at n, 4n and 16n pins."""
    sizes = [pins, 4 * pins, 16 * pins]
    report(sizes, [measure(size) for size in sizes])


def measure(pins: int) -> dict[str, Cost]:
    """What each plan and apply costs with so many pins; the sandbox is a process of its own."""
    return measured(_commands, max(2, pins // PER_BOARD), pins)


def _commands(home: Path, env: Mapping[str, str], pins: int, url: str) -> Iterator[tuple[str, Cost]]:
    return _Story(home, env, url).commands(pins)


class _Story:
    """A library that agrees with its account, and what a person does in it."""

    def __init__(self, home: Path, env: Mapping[str, str], url: str) -> None:
        self._home, self._env = home, env
        self._library, self._saved = home / "Pins", str(home / "plan.json")
        self._pictures = 0
        agree(self._library, url)
        (self._library / "pinplan.toml").write_text(_CONFIG)

    def commands(self, pins: int) -> Iterator[tuple[str, Cost]]:
        boards = self._boards()
        for number in range(pins // 4):
            self._picture(boards[number % len(boards)])
        yield from self._planned_and_applied("n/4 uploads", {"upload": pins // 4})
        yield "undo of n/4 uploads", self._pinplan("undo", "-q", "-o", self._saved)
        yield from self._moved(pins // 8)
        for number in range(pins // 20):
            folder = boards[number % len(boards)] / f"Trip {number}"
            self._picture(folder)
            self._picture(folder)
            (folder / ".pin").touch()
        yield from self._planned_and_applied("n/20 carousels", {"upload_carousel": pins // 20})
        for number in range(pins // 20):
            self._picture(self._library / f"New {number}" / "Section")
        new = dict.fromkeys(("create_board", "create_section", "upload"), pins // 20)
        yield from self._planned_and_applied("n/20 new boards with a section and a picture", new)
        yield from self._renamed(pins // 20)
        yield from self._posted(pins // 8)
        for number in range(pins // 20):
            folder = self._boards()[number % len(boards)]
            self._picture(folder)
            cover = folder / f"p{self._pictures}.jpg"
            cover.with_suffix(".mp4").write_bytes(video())
        yield from self._planned_and_applied("n/20 videos", {"upload_video": pins // 20})

    def _moved(self, count: int) -> Iterator[tuple[str, Cost]]:
        """Files go to the folder of another board."""
        boards = self._boards()
        # Not those in a section: to a board without one, either is a move.
        files = sorted(file for folder in boards for file in folder.iterdir() if file.suffix == ".jpg")
        for file in files[:: len(files) // count][:count]:
            other = boards[(boards.index(file.parent) + 1) % len(boards)]
            file.rename(other / file.name)
        yield from self._planned_and_applied("n/8 moves to another board", {"move_remote": count})

    def _renamed(self, new: int) -> Iterator[tuple[str, Cost]]:
        """All boards and all new sections get another name."""
        boards = self._boards()
        for folder in boards:
            folder.rename(folder.with_name(f"My {folder.name}"))
        yield from self._planned_and_applied("n/10 renamed boards", {"rename_board": len(boards)})
        for number in range(new):
            section = self._library / f"My New {number}" / "Section"
            section.rename(section.with_name("Renamed"))
        yield from self._planned_and_applied("n/20 renamed sections", {"rename_section": new})

    def _posted(self, count: int) -> Iterator[tuple[str, Cost]]:
        """Pictures from elsewhere."""
        folder = self._home / "Elsewhere"
        for _ in range(count):
            self._picture(folder)
        yield "post of n/8 pictures", self._pinplan("post", "My New 0", str(folder), "-q", "-o", self._saved)
        assert actions_of(self._saved) == {"post": count}
        yield "apply of n/8 posts", self._pinplan("apply", self._saved, "-q")

    def _boards(self) -> list[Path]:
        return sorted(path for path in self._library.iterdir() if path.is_dir() and path.name != ".pinplan")

    def _picture(self, folder: Path) -> None:
        """Another picture each time."""
        folder.mkdir(parents=True, exist_ok=True)
        self._pictures += 1
        Image.effect_noise((160, 120), 20 + self._pictures % 80).save(folder / f"p{self._pictures}.jpg", quality=90)

    def _planned_and_applied(self, what: str, actions: Mapping[str, int]) -> Iterator[tuple[str, Cost]]:
        """Both must be complete: an apply that did not do everything does not exit 0."""
        yield f"plan of {what}", self._pinplan("plan", "-q", "-o", self._saved)
        assert actions_of(self._saved) == actions, actions_of(self._saved)
        yield f"apply of {what}", self._pinplan("apply", self._saved, "-q")

    def _pinplan(self, *words: str) -> Cost:
        return process([*_PINPLAN, *words, "--library", str(self._library)], self._env)

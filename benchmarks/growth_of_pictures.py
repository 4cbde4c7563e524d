"""How the cost of commands that need real pictures grows: those that read them, and applies that fetch, trash, restore, replace and delete them."""

from __future__ import annotations

import re
import sqlite3
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from PIL import Image

from benchmarks.growth import actions_of, files_of, measured, report
from benchmarks.measure import PINPLAN, Cost, process
from pinplan.wiring.library_setup import init_library

PINS, PER_BOARD = 100, 50


def run(pins: int = PINS) -> None:
    """A line for each command, at n, 4n and 16n pictures."""
    sizes = [pins, 4 * pins, 16 * pins]
    report(sizes, [measure(size) for size in sizes])


def measure(pins: int) -> dict[str, Cost]:
    """What each command costs with so many pictures; the sandbox, which draws them, is a process of its own."""
    return measured(_commands, max(2, pins // PER_BOARD), pins)


def _commands(home: Path, env: Mapping[str, str], pins: int, url: str) -> Iterator[tuple[str, Cost]]:
    return _Story(home, env, url).commands(pins)


class _Story:
    """A library from its first download on."""

    def __init__(self, home: Path, env: Mapping[str, str], url: str) -> None:
        self._home, self._env, self._url = home, env, url
        self._saved = str(home / "plan.json")
        self._gone: set[str] = set()
        init_library(home / "Pins")
        # Every deleted pin is asked for by its id.
        with (home / "Pins" / "pinplan.toml").open("a") as config:
            config.write("\n[network]\nmax_gone_checks = 100000\n")

    def commands(self, pins: int) -> Iterator[tuple[str, Cost]]:
        self._plan("download", pins)
        yield "apply of n downloads", self._apply()
        yield "verify, every image decoded", self._pinplan("verify", "-q")
        yield "gallery", self._pinplan("gallery", "-q")
        yield "dupes, all fingerprints known", self._pinplan("dupes", "-q")
        yield from self._dupes_of_a_folder(pins)
        yield from self._trashed_and_restored()
        yield from self._replaced()
        yield from self._deleted()

    def _dupes_of_a_folder(self, pins: int) -> Iterator[tuple[str, Cost]]:
        """In a folder that is no library, each picture is another one: the sandbox draws few."""
        folder = self._home / "Folder"
        folder.mkdir()
        for number in range(pins):
            Image.effect_noise((400, 300), 20 + number % 80).save(folder / f"{number}.jpg", quality=90)
        for what in ("every image new", "none new"):
            yield f"dupes of a folder, {what}", process([PINPLAN, "dupes", str(folder), "-q"], self._env)
            (cache,) = self._home.rglob("faces.db")
            with closing(sqlite3.connect(cache)) as db:
                assert db.execute("SELECT count(*) FROM fingerprints").fetchone() == (pins,)

    def _trashed_and_restored(self) -> Iterator[tuple[str, Cost]]:
        """Every fourth pin is deleted on Pinterest, and its file is wanted back."""
        self._gone = set(sorted(map(_pin_of, files_of(self._home)))[::4])
        for pin in self._gone:
            _delete(f"{self._url}/pins/{pin}")
        count = len(self._gone)
        limit = f"local-deletes={count}"
        yield "plan of n/4 deleted pins", self._plan("delete_local", count, "--mode", "mirror", "--allow", limit)
        yield "apply of n/4 trashed files", self._apply()
        yield "plan of n/4 restored files", self._pinplan("trash", "restore", "*", "-q", "-o", self._saved)
        assert actions_of(self._saved) == {"restore": count}
        yield "apply of n/4 restored files", self._apply()

    def _replaced(self) -> Iterator[tuple[str, Cost]]:
        """Every third file of a pin is cut off in the middle."""
        damaged = self._of_pins()[::3]
        for path in damaged:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        yield "plan of n/4 damaged files", self._plan("replace", len(damaged))
        yield "apply of n/4 replaced files", self._apply()

    def _deleted(self) -> Iterator[tuple[str, Cost]]:
        """Every third file of a pin is removed; the pins that were deleted before are still gone."""
        removed = self._of_pins()[1::3]
        for path in removed:
            path.unlink()
        limits = (f"remote-deletes={len(removed)}", f"local-deletes={len(self._gone)}")
        allowed = [word for limit in limits for word in ("--allow", limit)]
        yield (
            "plan of n/4 deletes on each side",
            self._plan("delete_remote", len(removed), "--mode", "two-way", *allowed),
        )
        yield "apply of n/4 deletes on each side", self._apply()

    def _of_pins(self) -> list[Path]:
        return [path for path in files_of(self._home) if _pin_of(path) not in self._gone]

    def _plan(self, kind: str, count: int, *words: str) -> Cost:
        cost = self._pinplan("plan", "-q", "-o", self._saved, *words)
        assert actions_of(self._saved)[kind] == count
        return cost

    def _apply(self) -> Cost:
        """An apply that performs its whole plan: only then it exits 0."""
        return self._pinplan("apply", self._saved, "-q")

    def _pinplan(self, *words: str) -> Cost:
        return process([PINPLAN, *words, "--library", str(self._home / "Pins")], self._env)


def _pin_of(path: Path) -> str:
    found = re.search(r"\[(\d+)\]", path.name)
    assert found is not None, path
    return found[1]


def _delete(url: str) -> None:
    urllib.request.urlopen(
        urllib.request.Request(url, method="DELETE", headers={"Authorization": "Bearer sandbox"})
    ).close()

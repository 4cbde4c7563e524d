"""``pinplan dupes``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.cli.options import MaxSizeOption, PageOption
from pinplan.cli.show import MAX_SIZE
from pinplan.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pinplan.cli.dupes_page import PageOutput
    from pinplan.config import Config
    from pinplan.duplicates.find import DuplicateScanRequest, ScannedFiles
    from pinplan.duplicates.image_hashes import HashLimit
    from pinplan.duplicates.report import DuplicateReport, PinFacts
    from pinplan.model.base import Base
    from pinplan.model.ids import RelPath
    from pinplan.model.similarity import Tier

MARK = "mark-different"


@dataclass(frozen=True)
class _Wanted:
    """The options of the command."""

    tiers: frozenset[Tier]
    board: str | None
    mirrored: bool
    borders: bool
    by_hash: HashLimit | None = None
    folders: dict[str, bool] = field(default_factory=dict)

    def covers(self, path: str, pin_id: str = "") -> bool:
        """Whether a file is included; records its folder for `check`."""
        from pinplan.model.matching import names

        covered = self.board is None or names(self.board, path, pin_id)
        # Remembered for the error: only after the scan is it known which folders exist.
        self.folders.setdefault(path.rpartition("/")[0], False)
        self.folders[path.rpartition("/")[0]] |= covered
        return covered

    def check(self) -> None:
        """Raises `ConfigError` with similar folders if ``--board`` matched nothing."""
        from pinplan.errors.did_you_mean import similar_names

        if self.board is not None and not any(self.folders.values()):
            near = similar_names(self.board, sorted(self.folders))
            raise ConfigError([f"--board {self.board}: no such file or folder{near}"])

    def request(
        self, files: Sequence[ScannedFiles], read: Callable[[RelPath], bytes], *, of_pins: bool = True
    ) -> DuplicateScanRequest:
        """The scan request for these files."""
        from pinplan.duplicates.cache import Source
        from pinplan.duplicates.find import DuplicateScanRequest
        from pinplan.duplicates.fingerprinter import ImageFingerprinter

        return DuplicateScanRequest(
            files=files,
            source=Source(fingerprinter=ImageFingerprinter(), read=read),
            tiers=self.tiers,
            mirrored=self.mirrored,
            bordered=self.borders,
            of_pins=of_pins,
            by_hash=self.by_hash,
        )


@command
def dupes(
    *,
    common: Common,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar=f"[DIR | {MARK} A B]",
            help=f"A folder (no library needed), or “{MARK}” and two pin ids or files that are not duplicates.",
            show_default=False,
        ),
    ] = None,
    tier: Annotated[str | None, typer.Option("--tier", metavar="exact|confirmed", help="Only this tier.")] = None,
    similar: Annotated[bool, typer.Option("--similar", help="Include similar images; never removed.")] = False,
    mirrored: Annotated[bool, typer.Option("--mirrored", help="Include mirror images, as similar.")] = False,
    borders: Annotated[
        bool, typer.Option("--borders", help="Include images that differ by a border, as similar.")
    ] = False,
    near: Annotated[
        str | None,
        typer.Option(
            "--hash",
            metavar="NAME:BITS",
            help="Include pairs within BITS of an imagehash hash, e.g. phash:8; never removed.",
        ),
    ] = None,
    board: Annotated[
        str | None, typer.Option("--board", metavar="NAME", help="Only files in this folder (* and ? allowed).")
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Show every group.")] = False,
    html: PageOption = None,
    max_size: MaxSizeOption = MAX_SIZE,
) -> None:
    """Find duplicate images in the library or any folder.

    Changes nothing. [dedupe] in pinplan.toml sets what a plan does about them.
    """
    from pinplan.cli.dupes_page import PageOutput
    from pinplan.duplicates.image_hashes import parse_hash_limit
    from pinplan.render.reports import duplicate_lines

    named = list(words or [])
    # A word, not an option or subcommand: `dupes DIR` takes any folder, and `./mark-different` still names one.
    if named[:1] == [MARK]:
        _mark(common, named[1:])
        return
    if named == [""]:
        raise ConfigError(["the path of the folder is empty"])
    if len(named) > 1:
        raise ConfigError([f"dupes takes one folder, not {len(named)}"])
    if near is not None and html is not None:
        raise ConfigError(["--html shows groups, --hash lists pairs: use only one"])
    wanted = _Wanted(
        _tiers(tier, similar=similar or mirrored or borders),
        board=board,
        mirrored=mirrored,
        borders=borders,
        by_hash=None if near is None else parse_hash_limit(near),
    )
    page = PageOutput(common, html, max_size) if html is not None else None
    report = _of_folder(common, Path(named[0]), wanted, page) if named else _of_library(common, wanted, page)
    if common.out.json:
        common.out.document(report)
    elif page is None:
        common.out.lines(duplicate_lines(report, everything=show_all))


def _tiers(text: str | None, *, similar: bool) -> frozenset[Tier]:
    from pinplan.model.similarity import Tier

    if text is not None and text not in set(Tier):
        raise ConfigError([f"--tier {text}: expected one of {', '.join(Tier)}"])
    chosen = {Tier(text)} if text is not None else {Tier.EXACT, Tier.CONFIRMED}
    return frozenset(chosen | ({Tier.SIMILAR} if similar else set()))


def _of_library(common: Common, wanted: _Wanted, page: PageOutput | None) -> DuplicateReport:
    from pinplan.duplicates.report import find_file_groups, tracked_in
    from pinplan.wiring.open_library import base_as_it_lies, looking, open_tree

    config = common.load()
    with (
        looking(config.library, "dupes") as read_only,
        open_tree(config.library, read_only=read_only) as (library, state),
    ):
        base = base_as_it_lies(config, library, state)
        # Files that changed since the last apply are reported: their fingerprint would be that of another image.
        files, changed = tracked_in(base, library, lambda record: wanted.covers(record.path, record.pin_id))
        report = find_file_groups(
            wanted.request(files, library.read),
            state.fingerprints,
            common.progress,
            order=config.settings.dedupe.keep,
            left_out=changed,
            of_library=True,
            candidate_of=_pin_facts(config, base).candidate_of,
        )
        _finish(common, wanted)
        if page is not None:
            sizes = {record.path: record.size for record in base.tracked}
            page.write(report, config.library, library.read, lambda path: sizes.get(path, 0))
    return report


def _pin_facts(config: Config, base: Base) -> PinFacts:
    """What was last known of the pins, so that the keeper is the one of a plan."""
    from pinplan.duplicates.report import PinFacts
    from pinplan.model.matching import names_board
    from pinplan.wiring.open_library import open_pin_metadata

    with open_pin_metadata(config.library, read_only=True) as facts:
        boards, pins = facts.boards(), facts.pins({record.pin_id for record in base.tracked})
    reference = {
        board_id
        for board_id, known in boards.items()
        for pattern in config.settings.dedupe.reference
        if names_board(pattern, known.board.name, board_id, known.board.owner)
    }
    return PinFacts(
        records={record.path: record for record in base.tracked},
        pins={pin_id: known.pin for pin_id, known in pins.items()},
        is_reference=reference.__contains__,
    )


def _of_folder(common: Common, folder: Path, wanted: _Wanted, page: PageOutput | None) -> DuplicateReport:
    from pinplan.cli.process import prepare
    from pinplan.disk.folder import PlainFolder
    from pinplan.duplicates.report import OtherFiles, find_file_groups
    from pinplan.wiring.open_library import default_fingerprinter

    prepare()
    if not folder.is_dir():
        raise ConfigError([f"{folder}: {'is a file; name a folder' if folder.exists() else 'no such folder'}"])
    # Fingerprints go to the user's cache: nothing is written into a foreign folder.
    with PlainFolder(folder) as opened, default_fingerprinter() as state:
        found = opened.scan(state.known_contents(), wanted.covers, common.progress)
        state.remember_contents(found.fresh)
        request = wanted.request(found.files, opened.read, of_pins=False)
        others = OtherFiles(paths=found.others, alike=found.others_alike)
        report = find_file_groups(request, state.fingerprints, common.progress, left_out=found.unknown, others=others)
        _finish(common, wanted)
        if page is not None:
            page.write(report, folder, opened.read, opened.size)
    return report


def _finish(common: Common, wanted: _Wanted) -> None:
    common.out.finish()
    # After the scan, before any output: a misspelt --board would look like "no duplicates".
    wanted.check()


def _mark(common: Common, named: list[str]) -> None:
    from pinplan.duplicates.cache import Source
    from pinplan.duplicates.fingerprinter import ImageFingerprinter
    from pinplan.duplicates.report import MarkedDifferent, mark_different
    from pinplan.wiring.open_library import base_as_it_lies, locked, open_tree

    if len(named) != 2:
        raise ConfigError([f"dupes {MARK} takes two pin ids or files of the library, not {len(named)}"])
    config = common.load()
    with locked(config.library, "dupes"), open_tree(config.library) as (library, state):
        source = Source(fingerprinter=ImageFingerprinter(), read=library.read)
        base = base_as_it_lies(config, library, state)
        one, other = mark_different(named, base, state.fingerprints, source)
    common.out.document(MarkedDifferent(files=(one, other)))
    common.out.say(f"Marked as different: {one} and {other}.")

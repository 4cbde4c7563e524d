"""``pinplan dupes --html``: the report as a page, with pictures as large as its size allows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pinplan.errors import ConfigError, ImageRefused, PinplanError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pinplan.cli.common import Common
    from pinplan.duplicates.report import DuplicateReport
    from pinplan.gallery.duplicates import PagePicture
    from pinplan.model.ids import RelPath
    from pinplan.review.thumbnails import ThumbnailStep

_THREADS = 2


class PageOutput:
    """Where the page is written, how large it may be, and how files are read for it."""

    def __init__(self, common: Common, file: Path, max_size: str) -> None:
        """Check the target before a long search. Raises `ConfigError`, `DiskRefused`."""
        from pinplan.cli.options import is_stdout
        from pinplan.cli.show import bytes_of
        from pinplan.records.output_file import Document, check_target

        self._common, self._file = common, file
        self._budget, self._max_size = bytes_of(max_size), max_size
        self._to_stdout = is_stdout(file)
        if self._to_stdout and common.out.json:
            raise ConfigError(["--json and --html - both write to standard output: use only one"])
        if not self._to_stdout:
            check_target(file, Document.PAGE)

    def write(
        self,
        report: DuplicateReport,
        source: Path,
        read: Callable[[RelPath], bytes],
        size_of: Callable[[RelPath], int],
    ) -> None:
        """Write the page, and say what is in it. Raises `ConfigError`, `DiskRefused`."""
        from pinplan.gallery.duplicates import duplicates_page
        from pinplan.model.times import timestamp
        from pinplan.records.output_file import Document, write_document
        from pinplan.render.text_safety import local_time, plural, size
        from pinplan.wiring.open_library import SystemClock

        pictures = _Pictures(report, read, size_of, self._budget)
        made = local_time(timestamp(SystemClock().now()))
        page = duplicates_page(report, pictures.of, made, str(source))
        data = page.html.encode("utf-8", "replace")
        out = self._common.out
        if self._to_stdout:
            out.raw(data)
        else:
            write_document(self._file, data, Document.PAGE)
        write = out.note if self._to_stdout else out.say
        groups = plural(len(report.groups), "group")
        write(f"{self._file}: {groups}, {plural(page.pictures, 'picture')}, {size(len(data))}")
        if pictures.left_out:
            out.note(f"{plural(pictures.left_out, 'picture')} left out: --max-size {self._max_size} reached.")


class _Pictures:
    """The pictures of a report, made ahead of time, each once."""

    def __init__(
        self,
        report: DuplicateReport,
        read: Callable[[RelPath], bytes],
        size_of: Callable[[RelPath], int],
        budget: int,
    ) -> None:
        from pinplan.model.ids import RelPath
        from pinplan.review.thumbnails import STEPS

        self._read, self._size_of = read, size_of
        files = [file for group in report.groups for file in group.files]
        shown = [RelPath(file.path) for file in files if file.looks.width]
        # base64 turns three bytes into four; about 2 kB of a page are the words about a file.
        self._room = max(0, (budget - 2000 * len(files)) * 3 // 4)
        step = next((one for one in STEPS if one.bytes * len(shown) <= self._room), STEPS[-1])
        self.left_out = 0
        with ThreadPoolExecutor(_THREADS) as pool:
            made = pool.map(lambda path: self._make(path, step), shown)
            self._made = {path: self._within(one) for path, one in zip(shown, made, strict=True)}

    def of(self, path: str) -> PagePicture:
        from pinplan.gallery.duplicates import PagePicture
        from pinplan.model.ids import RelPath

        made = self._made.get(RelPath(path), "not compared as a picture")
        data, missing = (made, "") if isinstance(made, bytes) else (b"", made)
        try:
            size = self._size_of(RelPath(path))
        except PinplanError:
            size = 0
        return PagePicture(data, missing, size)

    def _make(self, path: RelPath, step: ThumbnailStep) -> bytes | str:
        from pinplan.review.thumbnails import thumbnail

        try:
            return thumbnail(self._read(path), path, step.edge, step.quality)
        # One broken picture must not cost the page: its reason is shown in its place.
        except ImageRefused as error:
            return error.reason
        except PinplanError as error:
            return str(error)

    def _within(self, made: bytes | str) -> bytes | str:
        if isinstance(made, bytes) and len(made) > self._room:
            self.left_out += 1
            return "left out: the page would be too large"
        self._room -= len(made) if isinstance(made, bytes) else 0
        return made

"""``pinplan gallery``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.errors import ConfigError, DiskRefused
from pinplan.model.times import timestamp

if TYPE_CHECKING:
    from pinplan.config import Config
    from pinplan.gallery.catalog import Gallery

MARK = ".pinplan-gallery"
"""Lists the pages written into a folder, so that foreign files are never replaced or removed."""


@command
def gallery(
    *,
    common: Common,
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]", help="Output folder (default: .pinplan/gallery in the library).", show_default=False
        ),
    ] = None,
) -> None:
    """Write the library as offline web pages.

    They show boards, sections, titles, texts, links and dates, and link to the images in the library, including
    those of pins deleted on Pinterest. Needs no network.
    """
    from urllib.parse import quote

    from pinplan.cli.documents import GalleryWritten, in_json
    from pinplan.gallery import INDEX, gallery_pages
    from pinplan.records.files import OWN_FOLDER
    from pinplan.render.reports import partial_lines
    from pinplan.render.text_safety import local_time, plural
    from pinplan.wiring.open_library import SystemClock, looking, partial_boards_of

    if str(folder) == "-":
        raise ConfigError(["-: a gallery cannot be written to standard output; name a folder"])
    config = common.load()
    library = config.library.absolute()
    # Resolved first: a symlink must not lead into .pinplan or over foreign files.
    place = (folder.absolute() if folder is not None else library / OWN_FOLDER / "gallery").resolve()
    own = library / OWN_FOLDER
    if folder is not None and place.is_relative_to(own.resolve()) and place != (own / "gallery").resolve():
        raise ConfigError([f"{folder}: {OWN_FOLDER} holds the library state; name a folder outside it"])
    if place.exists() and not place.is_dir():
        raise ConfigError([f"{place}: is a file; name a folder"])
    # Beside a running apply it works on a copy: pages may then lack the last downloads.
    with looking(library, "gallery") as read_only:
        shown = _gallery(config, read_only=read_only)
        # The bytes: a folder's name need not be UTF-8, and a browser asks for them as they are.
        pictures = quote(os.fsencode(Path(os.path.relpath(library.resolve(), place)).as_posix()))
        made_at = timestamp(SystemClock().now())
        _write(place, dict(gallery_pages(shown, pictures, local_time(made_at), common.run.command("apply"))))
    pins = sum(len(album.pictures) for album in shown.albums)
    partial = partial_boards_of(library)
    common.out.document(
        GalleryWritten(
            index=in_json(place / INDEX),
            made_at=made_at,
            boards=len(shown.albums),
            pins=pins,
            missing=shown.missing,
            nameless=shown.nameless,
            partial=tuple(partial),
        )
    )
    common.out.say(f"{plural(len(shown.albums), 'board')}, {plural(pins, 'pin')}: {place / INDEX}")
    for line in partial_lines(partial, common.run.command):
        common.out.note(line.text, line.style)
    if shown.missing:
        common.out.note(f"{plural(shown.missing, 'tracked file')} missing in the library: left out.", "yellow")
    if shown.nameless:
        words = plural(shown.nameless, "pin")
        look = common.run.command("plan")
        common.out.note(f"No metadata for {words} yet; the next plan fetches titles and links: {look}")


def _gallery(config: Config, *, read_only: bool) -> Gallery:
    from pinplan.gallery.catalog import gallery_of
    from pinplan.wiring.open_library import open_pin_metadata, open_tree, where_files_are

    with (
        open_tree(config.library, read_only=read_only) as (tree, state),
        open_pin_metadata(config.library, read_only=read_only) as facts,
    ):
        base, sides = where_files_are(config, tree, state)
        pins = facts.pins({record.pin_id for record in base.tracked})
        return gallery_of(base, facts.boards(), pins, sides.where)


def _write(place: Path, pages: dict[str, str]) -> None:
    """Write the pages and remove those of an earlier gallery that no longer exist.

    Raises:
        ConfigError: a foreign file would be replaced.
        DiskRefused: a page cannot be written.
    """
    from pinplan.records.files import write_private

    mark = place / MARK
    try:
        place.mkdir(parents=True, exist_ok=True)
        own = set(mark.read_text("utf-8").split()) if mark.exists() else set()
        if not mark.exists() and any(place.iterdir()):
            raise ConfigError([f"{place}: not empty and not a gallery of pinplan; name an empty or new folder"])
        foreign = sorted(name for name in pages if name not in own and (place / name).exists())
        if foreign:
            raise ConfigError([f"{place / foreign[0]} exists and is not part of this gallery; name another folder"])
        # The union before, the pages after: an interrupted run owns everything it may have written.
        mark.write_text("\n".join(sorted(own | set(pages))) + "\n", "utf-8")
        for name, page in pages.items():
            # Private: a gallery shows secret boards, too.
            write_private(place / name, page.encode("utf-8", "replace"))
        for name in own - set(pages):
            # The mark file may have been edited: remove only names that this command makes.
            if name.startswith("board-") and "/" not in name:
                (place / name).unlink(missing_ok=True)
        mark.write_text("\n".join(sorted(pages)) + "\n", "utf-8")
    except (OSError, UnicodeDecodeError) as error:
        errno = error.errno if isinstance(error, OSError) else None
        raise DiskRefused(str(place), errno, str(getattr(error, "strerror", None) or error)) from error

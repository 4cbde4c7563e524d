"""Pictures on the command line of ``pinplan post``: files, the pictures of folders, and addresses."""

from __future__ import annotations

import io
import os
import stat
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pinplan.errors import ConfigError, DiskRefused, ImageRefused
from pinplan.model.naming import looks_like_image, looks_like_video
from pinplan.snapshot.post_pictures import PostSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.config import Config
    from pinplan.pinterest.images import ImageDownloads
    from pinplan.ports import ImageSource

MAX_BYTES = 64 * 1024 * 1024
"""Of a file; Pinterest takes less, which is checked with everything else."""


@contextmanager
def post_sources(config: Config, sources: Sequence[str], *, by_url: bool) -> Iterator[list[PostSource]]:
    """The pictures that were named, unread.

    Args:
        config: of the library.
        sources: files, folders and addresses.
        by_url: whether Pinterest fetches the addresses.

    Raises:
        ConfigError: a file is missing or no regular file, a folder has no pictures, an address is none.
    """
    problems: list[str] = []
    found: list[PostSource] = []
    with closing(_web(config)) as web:
        for source in sources:
            try:
                found += [_address(web, source, by_url=by_url)] if _is_address(source) else _files(source)
            except ConfigError as error:
                problems += error.problems
        if by_url:
            problems += [f"{one.source}: --by-url needs an address, not a file" for one in found if not one.url]
        if problems:
            raise ConfigError(problems)
        yield found


def _web(config: Config) -> ImageDownloads:
    """Any public host over https; an API on loopback serves its own images, as always."""
    from msgspec.structs import replace

    from pinplan.pinterest.hosts import rules_for
    from pinplan.pinterest.images import ImageDownloads
    from pinplan.wiring.access import USER_AGENT

    network = config.network
    return ImageDownloads(
        user_agent=USER_AGENT,
        rules=replace(rules_for(network.api_url), any_public=True),
        parallelism=1,
        timeout=(10.0, float(network.timeout_seconds)),
        retries=network.retries,
    )


def _is_address(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def _address(web: ImageSource, source: str, *, by_url: bool) -> PostSource:
    try:
        parts = urlsplit(source)
        name = unquote(parts.path.rpartition("/")[2]) or (parts.hostname or "")
    except ValueError:
        name = ""
    if not name:
        raise ConfigError([f"{source}: not a web address"])
    return PostSource(source=source, name=name, read=partial(_fetched, web, source), url=source if by_url else "")


def _fetched(web: ImageSource, source: str) -> bytes:
    body = io.BytesIO()
    web.fetch(source, body)
    return body.getvalue()


def _files(source: str) -> list[PostSource]:
    if not source:
        # A variable of a script that is not set; as a path it would be the current folder.
        raise ConfigError(["an empty path was given; name a file, a folder or an address"])
    path = Path(source)
    try:
        mode = path.stat().st_mode
        inside = sorted(path.iterdir()) if stat.S_ISDIR(mode) else []
    except (OSError, ValueError) as error:
        raise ConfigError([f"{source}: {getattr(error, 'strerror', None) or error}"]) from error
    if stat.S_ISDIR(mode):
        there = [one for one in inside if looks_like_image(one.name) and not one.name.startswith(".")]
        # Links are named one by one: a folder is not to lead anywhere else.
        pictures = [one for one in there if one.is_file() and not one.is_symlink()]
        if not pictures:
            raise ConfigError([f"{source}: no pictures in this folder; its subfolders are not read"])
        return [_file(one) for one in pictures]
    if not stat.S_ISREG(mode):
        raise ConfigError([f"{source}: not a regular file"])
    if looks_like_video(path.name):
        cover = f"a picture named {path.stem}.jpg beside it as its cover: the next plan uploads both as one pin"
        reason = f"only pictures can be posted; put the video into the folder of its board, and {cover}"
        raise ConfigError([f"{source}: {reason}"])
    return [_file(path)]


def _file(path: Path) -> PostSource:
    return PostSource(source=str(path), name=path.name, read=partial(_read, path))


def _read(path: Path) -> bytes:
    """The whole file, unchanged while it was read. Raises `ImageRefused`, `DiskRefused`."""
    try:
        # Without waiting: a pipe may have taken the place of the file.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            before = os.fstat(handle)
            if not stat.S_ISREG(before.st_mode):
                raise ImageRefused(str(path), "not a regular file")
            data = file.read(MAX_BYTES + 1)
            after = os.fstat(handle)
    except OSError as error:
        raise DiskRefused(str(path), error.errno, error.strerror or str(error)) from error
    if len(data) > MAX_BYTES:
        raise ImageRefused(str(path), f"larger than {MAX_BYTES // 1024 // 1024} MB")
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        raise ImageRefused(str(path), "it changed while it was read; post it again")
    return data

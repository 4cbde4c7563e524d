"""The oracle: what truly is, known without asking pinplan.

It has a table from the digest of every file that was ever written, here or on the image host, to the picture that it shows; it reads the disk
and Pinterest's own world. It never reads pinplan's state and uses none of its code.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.adversary import pictures

OWN = ".pinplan"
TRASH = f"{OWN}/trash/"
LINK = "link to "
"""Stands in the place of a digest for a symbolic link, before its target."""
WORLD = 1 << 40
"""How much of a picture Pinterest has: all of it."""


@dataclass(frozen=True)
class Made:
    """What a file shows, and how it came to be.

    Attributes:
        picture: which one; different names are different pictures, a variant has a name of its own.
        how: ``served`` by the image host, ``tagged`` (the same pixels), ``saved`` anew, ``opaque`` (a format that not everybody reads),
            ``broken``, ``link``, ``edited`` (another picture in the place of one), ``valid`` (one that is easily taken for damaged), ``own`` (a person's picture), ``text``, ``placeholder``.
        detail: pixels of it that are truly there.
    """

    picture: str
    how: str
    detail: int

    @property
    def shows(self) -> bool:
        """Whether the picture can still be had from it."""
        return self.how in {"served", "tagged", "saved", "opaque", "own", "edited", "valid"}

    @property
    def plainly(self) -> bool:
        """Whether every program can see that it is this picture."""
        return self.how in {"served", "tagged", "saved"}


@dataclass(frozen=True)
class Seen:
    """A file on disk."""

    sha256: str
    size: int
    mtime_ns: int
    mode: int = 0


@dataclass(frozen=True)
class SeenPin:
    """A pin on Pinterest.

    Attributes:
        pictures, details: what it shows, and in how many pixels.
    """

    board: str
    section: str | None
    title: str | None
    pictures: tuple[str, ...]
    owner: str
    video: bool = False
    details: tuple[int, ...] = ()


@dataclass
class Look:
    """Everything at one moment.

    Attributes:
        files: of the library, without pinplan's own folder.
        trash: below it, by their paths there.
        adapters: files beside the library.
    """

    files: dict[str, Seen] = field(default_factory=dict)
    trash: dict[str, Seen] = field(default_factory=dict)
    adapters: dict[str, Seen] = field(default_factory=dict)
    pins: dict[str, SeenPin] = field(default_factory=dict)

    @property
    def kept(self) -> Iterable[Seen]:
        """Files of library and trash."""
        return (*self.files.values(), *self.trash.values())


class Oracle:
    """Knows every picture."""

    def __init__(self, library: Path, adapters: Path, world: Any) -> None:
        self.library, self.adapters, self.world = library, adapters, world
        self.made: dict[str, Made] = {}
        self.of_upload: dict[bytes, Made] = {}
        self.thumbnails: dict[str, np.ndarray] = {}
        self._hashed: dict[tuple[int, int, int, int], str] = {}

    # -- the table ---------------------------------------------------------------------------------------------------

    def learn(self, data: bytes, picture: str, how: str, detail: int) -> Made:
        """A file that is written now shows this picture."""
        digest = hashlib.sha256(data).hexdigest()
        known = self.made.get(digest)
        if known is None:
            known = self.made[digest] = Made(picture, how, detail)
        if (known.plainly or how in {"own", "valid"}) and picture not in self.thumbnails:
            thumbnail = pictures.thumbnail(data)
            if thumbnail is not None:
                self.thumbnails[picture] = thumbnail
        return known

    def what(self, sha256: str, path: Path | None = None) -> Made:
        """What a file shows. One that pinplan made itself (nobody else wrote it) is looked at and known again by its pixels."""
        known = self.made.get(sha256)
        if known is not None:
            return known
        data = path.read_bytes() if path is not None and path.is_file() else b""
        return self.recognise(data)

    def opaque_beside(self, look: Look, tracked: Collection[str]) -> set[tuple[str, str]]:
        """Digests of files that no program here can open, each with the pins that have a tracked file at the same time."""
        closed = {seen.sha256 for path, seen in look.files.items() if self.of_file(path, seen).how == "opaque"}
        here = [path for path in look.files if path in tracked] if closed else []
        pins = {pin_id for path in here for pin_id in re.findall(r"\d{12,}", path)}
        return {(sha256, pin_id) for sha256 in closed for pin_id in pins}

    def recognise(self, data: bytes) -> Made:
        """A picture that somebody else saved anew, by its pixels; ``unknown`` if there is none like it."""
        digest = hashlib.sha256(data).hexdigest()
        if digest in self.made:
            return self.made[digest]
        thumbnail = pictures.thumbnail(data)
        if thumbnail is None:
            return Made("unknown", "text", 0)
        width, height = pictures.size_of(data)
        far = {name: int(np.abs(thumbnail - other).max()) for name, other in self.thumbnails.items()}
        nearest = min(far, key=lambda name: (far[name], name), default=None)
        if nearest is None or far[nearest] > 40:
            return Made("unknown", "text", 0)
        return self.made.setdefault(digest, Made(nearest, "saved", width * height))

    def shown_by(self, shown: Any) -> Made:
        """What a picture of the sandbox shows."""
        data = shown.uploaded or b""
        if data not in self.of_upload:
            self.of_upload[data] = self.recognise(data)
        return self.of_upload[data]

    # -- looking -----------------------------------------------------------------------------------------------------

    def look(self) -> Look:
        """Everything as it is now."""
        look = Look()
        for path, seen in self._walk(self.library):
            if path.startswith(TRASH):
                look.trash[path] = seen
            elif not path.startswith(f"{OWN}/"):
                look.files[path] = seen
        look.adapters = dict(self._walk(self.adapters))
        for pin in self.world.pins.values():
            made = [self.shown_by(picture) for picture in pin.pictures]
            shown, details = tuple(one.picture for one in made), tuple(one.detail for one in made)
            look.pins[pin.id] = SeenPin(pin.board_id, pin.section_id, pin.title, shown, pin.owner, pin.video, details)
        return look

    def _walk(self, root: Path) -> list[tuple[str, Seen]]:
        found: list[tuple[str, Seen]] = []
        folders = [("", str(root))]
        while folders:
            prefix, folder = folders.pop()
            with os.scandir(folder) as entries:
                for entry in entries:
                    path = f"{prefix}{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        if path != f"{OWN}/staging":
                            folders.append((f"{path}/", entry.path))
                    elif entry.is_symlink():
                        found.append((path, Seen(f"{LINK}{Path(entry.path).readlink()}", 0, 0)))
                    else:
                        found.append((path, self._seen(entry)))
        return sorted(found)

    def _seen(self, entry: os.DirEntry[str]) -> Seen:
        fact = entry.stat(follow_symlinks=False)
        key = (fact.st_ino, fact.st_size, fact.st_mtime_ns, fact.st_ctime_ns)
        digest = self._hashed.get(key)
        if digest is None:
            digest = hashlib.sha256(Path(entry.path).read_bytes()).hexdigest()
            self._hashed[key] = digest
        return Seen(digest, fact.st_size, fact.st_mtime_ns, stat.S_IMODE(fact.st_mode))

    # -- what a look holds -------------------------------------------------------------------------------------------

    def of_file(self, path: str, seen: Seen) -> Made:
        """What a file of the library (or its trash) shows."""
        if seen.sha256.startswith(LINK):
            return Made(seen.sha256.removeprefix(LINK), "link", 0)
        return self.what(seen.sha256, self.library / path)

    def held(self, look: Look, *, trash: bool = True, account: bool = True) -> dict[str, int]:
        """Pictures that can be had, each with the most detail that there is of it."""
        held: dict[str, int] = {}
        files = [*look.files.items(), *(look.trash.items() if trash else ())]
        for path, seen in files:
            made = self.of_file(path, seen)
            if made.shows:
                held[made.picture] = max(held.get(made.picture, 0), made.detail)
        if account:
            for pin in look.pins.values():
                held.update(dict.fromkeys(pin.pictures, WORLD))
        return held

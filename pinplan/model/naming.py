"""File names: rendered from pins by a template, parsed back without a database; extensions, companions and Unicode forms.

A name that pinplan makes is NFC, free of control and bidirectional characters, of characters that some system forbids,
of reserved device names and of leading dots and trailing dots or spaces; it is cut to 255 bytes of UTF-8 per part (a file to 250), and
what is cut is the title, never the pin id. Source of the reserved names and characters: Microsoft, "Naming Files,
Paths, and Namespaces".

A tree that comes through a Mac or a zip has decomposed names. They are other bytes to Linux and the same name to a person, so they are
the same name here as well. Plans hold every path exactly as it is on disk.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache
from string import Formatter
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.model.ids import ActionId, PinId, RelPath, RunId, Sha256
from pinplan.model.images import FileStat
from pinplan.model.text_form import composed, is_composed
from pinplan.model.times import moment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from pinplan.model.base import Base, Tracked


class Spellings:
    """The paths of a snapshot, and the spelling of their folders."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Index paths; only decomposed ones take memory."""
        self._paths = frozenset(paths)
        self._odd: dict[str, list[str]] = defaultdict(list)
        for path in sorted(path for path in self._paths if not path.isascii() and not is_composed(path)):
            self._odd[composed(path)].append(path)
        there = {folder for path in self._paths for folder in _folders_above(path)} if self._odd else set()
        # If several spellings exist, use the composed one, else the first.
        self._folders = {composed(folder): folder for folder in sorted(there, reverse=True)}
        self._folders.update((folder, folder) for folder in there if is_composed(folder))

    def others(self, path: str) -> list[str]:
        """Existing other spellings of a path that itself does not exist."""
        if path in self._paths:
            return []
        name = composed(path)
        # The composed spelling first: it is the one that pinplan writes.
        return [name] if name in self._paths else self._odd.get(name, [])

    def placed(self, path: RelPath) -> RelPath:
        """A path for a new file in the existing folders, however they are spelled."""
        folder, slash, name = path.rpartition("/")
        return RelPath(f"{self._folder(folder)}{slash}{name}") if self._folders else path

    def _folder(self, folder: str) -> str:
        known = self._folders.get(composed(folder))
        if known is not None or not folder:
            return known or ""
        above, slash, name = folder.rpartition("/")
        return f"{self._folder(above)}{slash}{name}"


def _folders_above(path: str) -> Iterable[str]:
    while path := path.rpartition("/")[0]:
        yield path


def on_disk(base: Base, paths: Collection[str]) -> Base:
    """The base with every path as spelled on disk; the same object if no spelling differs.

    A record whose own path exists keeps it: a second file with the same name in another form is another file.
    """
    # Nearly every library: no index of its spellings is needed.
    if _are_composed(paths) and _are_composed(base.by_path):
        return base
    spellings = Spellings(paths)
    recorded = base.by_path.keys()
    return replace(base, tracked=tuple(_respelled(record, spellings, recorded) for record in base.tracked))


def _are_composed(paths: Collection[str]) -> bool:
    # Without a call of a function of Python for each.
    return all(unicodedata.is_normalized("NFC", path) for path in paths if not path.isascii())


def _respelled(record: Tracked, spellings: Spellings, recorded: Collection[str]) -> Tracked:
    others = [path for path in spellings.others(record.path) if path not in recorded]
    # Two candidates decide nothing: the record keeps its path and counts as displaced.
    return replace(record, path=RelPath(others[0])) if len(others) == 1 else record


MAX_PART_BYTES = 255
MAX_NAME_BYTES = MAX_PART_BYTES - len(".json")
"""Limit for a file name: a companion, which adds an extension to it, must fit as well."""
UNTITLED = "untitled"
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _,()\[\]'+=&%#@!~-]*[A-Za-z0-9_)\]]\Z")
_DROPPED = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u061c")
_SPACES = re.compile(r"\s+")
_CUT_FIELDS = ("title", "section", "board")
DAY = "%Y-%m-%d"
"""Format of ``{created_at}`` if the template has none."""


def safe_part(text: str) -> str:
    """Turn any text into a non-empty path part, not yet cut to length."""
    # Fast path: most names need none of the steps below.
    if _PLAIN.match(text) and "  " not in text and not _RESERVED.match(text):
        return text
    # Bidirectional marks are dropped: they could make an extension read backwards on screen.
    clean = unicodedata.normalize("NFC", "".join(_printable(c) for c in text if c not in _DROPPED))
    clean = _SPACES.sub(" ", _FORBIDDEN.sub("_", clean)).strip(" ").rstrip(". ")
    # A leading dot would hide the file from file managers and `ls`.
    if clean.startswith("."):
        clean = "_" + clean[1:]
    if not clean or clean == "_":
        return "_" if text.strip() else UNTITLED
    # "con" and "con.jpg" both mean the device: the underscore goes before the first dot.
    return _RESERVED.sub(r"\1_\2", clean, count=1) if _RESERVED.match(clean) else clean


def _printable(character: str) -> str:
    """Control characters, lone surrogates and line separators become a space."""
    return " " if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} else character


def one_line(text: str) -> str:
    """A text as a title: what a file is called, or says of itself, may contain line breaks, escape sequences and bidirectional marks."""
    return " ".join("".join(_printable(c) for c in composed(text) if c not in _DROPPED).split())


def cut_bytes(text: str, limit: int) -> str:
    """The longest beginning of ``text`` that fits ``limit`` bytes of UTF-8, without a trailing dot or space."""
    data = text.encode("utf-8")
    if len(data) <= limit:
        return text
    # "ignore" drops a character cut in half.
    return data[: max(limit, 0)].decode("utf-8", "ignore").rstrip(". ")


def slot_suffix(slot: int) -> str:
    """The value of ``{slot}``: empty for a single image, ``-2`` for the second of a carousel."""
    return f"-{slot}" if slot else ""


def cut_title(title: str, characters: int) -> str:
    """The beginning of a title, never cut between a letter and its accent, nor inside a joined emoji."""
    text = unicodedata.normalize("NFC", title)
    end = characters
    while 0 < end < len(text) and (_joins(text[end]) or text[end - 1] == _JOINER):
        end -= 1
    return text[: end or characters].rstrip(". ") if len(text) > characters else text


_JOINER = "\u200d"


def _joins(character: str) -> bool:
    """Whether a character belongs to the one before it."""
    return character == _JOINER or unicodedata.category(character) in {"Mn", "Mc", "Me"}


def render_path(template: str, fields: dict[str, str]) -> RelPath:
    """The path of a file; ``fields`` has board, section, title, pin_id, slot and ext, of which the first three may be cut.

    ``created_at`` is RFC 3339, or empty. A part of the template that renders empty (no section) is left out.
    """
    *folders, name = template.split("/")
    rendered = [*(_render_part(part, fields) for part in folders), _render_part(name, fields, MAX_NAME_BYTES)]
    return RelPath("/".join(part for part in rendered if part))


def _render_part(part: str, fields: dict[str, str], limit: int = MAX_PART_BYTES) -> str:
    text = "".join(literal + _field(name, spec, fields) for literal, name, spec in _parsed(part)).strip()
    if not text:
        return ""
    safe = safe_part(text)
    excess = len(safe.encode("utf-8")) - limit
    used = {name: _field(name, spec, fields) for _, name, spec in _parsed(part)} if excess > 0 else {}
    # The title gives way first, then section and board; the pin id never does, or the file could not be recognised.
    for name in _CUT_FIELDS:
        if used.get(name):
            shorter = cut_bytes(used[name], len(used[name].encode("utf-8")) - excess)
            return _render_part(part, {**fields, name: shorter}, limit)
    return safe if excess <= 0 else cut_bytes(safe, limit)


@lru_cache(maxsize=64)
def _parsed(part: str) -> tuple[tuple[str, str, str], ...]:
    """Literal text, field and format of each piece of a template part; the last field may be empty."""
    return tuple((literal, name or "", spec or "") for literal, name, spec, _ in Formatter().parse(part))


def _field(name: str, spec: str, fields: dict[str, str]) -> str:
    if name == "created_at":
        moment = moment_of(fields.get(name))
        return moment.strftime(spec or DAY) if moment else ""
    if name == "title" and spec:
        return cut_title(fields[name], int(spec.removeprefix(".")))
    return fields[name] if name else ""


@lru_cache(maxsize=16)
def recogniser(template: str) -> Callable[[str], tuple[PinId, int] | None]:
    """A function that reads pin id and slot back from a path made with ``template`` (its last part decides)."""
    groups = {"pin_id": r"(?P<pin_id>[0-9]{1,32})", "slot": r"(?:-(?P<slot>[0-9]{1,2}))?", "ext": r"\.[A-Za-z0-9]{1,5}"}
    steps = _parsed(template.rpartition("/")[2])
    # Non-greedy: a longer match would take the first digits of the id with it.
    pattern = "".join(re.escape(literal) + (groups.get(name, ".*?") if name else "") for literal, name, _ in steps)
    # An empty title leaves no space behind: the space between fields is optional.
    expression = re.compile(pattern.replace(r"\ ", " ?"), re.DOTALL)

    def recognise(path: str) -> tuple[PinId, int] | None:
        found = expression.fullmatch(composed(path.rpartition("/")[2]))
        if found is None:
            return None
        return PinId(found["pin_id"]), int(found["slot"] or 0)

    return recognise


def title_in(name: str, pin_id: str) -> str:
    """The title in a file name, before the pin id; empty if there is none."""
    title, found, _ = name.partition(pin_id)
    return title.removesuffix("[").rstrip() if found else name


_OF_FORMAT = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png", ".apng"),
    "GIF": (".gif",),
    "WEBP": (".webp",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "AVIF": (".avif",),
    "HEIF": (".heic", ".heif"),
    "JXL": (".jxl",),
}
"""The usual extension first. Keys are Pillow's format names, as in `pinplan.model.images.Content`."""


def named_as(path: RelPath, form: str) -> RelPath:
    """The path with an extension that fits the format; unchanged if it fits already or the format has none."""
    fitting = _OF_FORMAT.get(form)
    if fitting is None or path.lower().endswith(fitting):
        return path
    return RelPath(stem_of(path) + fitting[0])


def stem_of(path: str) -> str:
    """A path without its extension; a name that only begins with a dot has none."""
    folder, slash, name = path.rpartition("/")
    stem = name.rpartition(".")[0]
    return f"{folder}{slash}{stem or name}"


COMPANION_EXTENSIONS = frozenset(
    {
        "aae", "csv", "dop", "htm", "html", "ini", "json", "log", "md", "md5", "nfo", "pp3", "sha256", "txt", "url",
        "webloc", "xml", "xmp", "yaml", "yml",
    }
)  # fmt: skip
IMAGE_EXTENSIONS = (
    ".jpg", ".jpeg", ".jfif", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif", ".jxl",
)  # fmt: skip
"""Untracked files that are counted in a plan; a plan file or a note in the library is not."""


def looks_like_image(path: str) -> bool:
    """Whether a file is named like an image."""
    return path.lower().endswith(IMAGE_EXTENSIONS)


VIDEO_EXTENSIONS = (".mp4", ".m4v", ".mov")
"""Formats of videos that Pinterest accepts."""


def looks_like_video(path: str) -> bool:
    """Whether a file is named like a video."""
    return path.lower().endswith(VIDEO_EXTENSIONS)


def is_companion(path: str) -> bool:
    """Whether a file is a companion by its name: a companion claims no pin, whatever id is in its name.

    macOS writes ``._x.jpg`` beside ``x.jpg`` on disks that cannot store its attributes.
    """
    name = path.rpartition("/")[2]
    return name.startswith("._") or name.rpartition(".")[2].lower() in COMPANION_EXTENSIONS


CARRIED_EXTENSIONS = (".xmp", ".json")
"""Extensions of companions that follow their picture when it is moved, renamed, trashed or restored."""
_GOING_ALONG = (*CARRIED_EXTENSIONS, *VIDEO_EXTENSIONS)


class Companion(Struct, frozen=True, gc=False, kw_only=True):
    """A companion as planned: in the library, or in the trash if its picture is to be restored."""

    path: RelPath
    size: int
    mtime_ns: int

    @property
    def stat(self) -> FileStat:
        """Size and mtime, by which it is recognised: a rename keeps both."""
        return FileStat(self.size, self.mtime_ns)


def is_carried(path: str) -> bool:
    """Whether a file may be a companion that follows its picture, by its extension."""
    return path.lower().endswith(CARRIED_EXTENSIONS)


def may_go_along(path: str) -> bool:
    """Whether a file may follow a picture beside it: a companion, or a video whose cover that is."""
    return path.lower().endswith(_GOING_ALONG)


def name_beside(path: RelPath, of: str, to: str) -> RelPath | None:
    """The path of a companion after its picture has moved; None if it is not a companion of that picture.

    Args:
        path: of the companion: ``x.jpg.xmp`` or ``x.xmp`` beside ``x.jpg``; also of a video, ``x.mp4``, whose cover ``x.jpg`` is.
        of: path of the picture.
        to: the picture's other path.
    """
    name, dot, extension = path.rpartition(".")
    if not may_go_along(path):
        return None
    if composed(name) == composed(of) and is_carried(path):
        return RelPath(f"{to}{dot}{extension}")
    if composed(name) == composed(stem_of(of)):
        return RelPath(f"{stem_of(to)}{dot}{extension}")
    return None


_TRASH = ".pinplan/trash/"


def is_in_trash(path: str) -> bool:
    """Whether a path is inside the trash."""
    return path.startswith(_TRASH)


_OUTBOX = ".pinplan/outbox/"


def is_in_outbox(path: str) -> bool:
    """Whether a path is in the outbox: the copies of the files that ``post`` was given."""
    return path.startswith(_OUTBOX)


def outbox_path(sha256: Sha256, form: str) -> RelPath:
    """The path of the outbox's copy of a file, named by its content; relative to the library."""
    return named_as(RelPath(f"{_OUTBOX}{sha256}"), form)


def path_before_trash(kept: RelPath) -> RelPath:
    """The path that a file in the trash had in the library."""
    # Without <run>/<action>/.
    return RelPath(kept.removeprefix(_TRASH).split("/", 2)[-1])


def trash_path(path: RelPath | str, run: RunId, action: ActionId) -> RelPath:
    """The path in the trash of a file trashed by an action of a run; relative to the library."""
    return RelPath(f"{_TRASH}{run}/{action}/{path}")

"""Images of a plan for the page: fetched from library, trash or Pinterest, and resized."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field
from PIL import Image, ImageOps

from pinplan.errors import ImageRefused, PinplanError, RemoteError
from pinplan.formats.decoding import opened
from pinplan.model.ids import ActionId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.actions.views import View
    from pinplan.model.ids import PinId, RelPath, RunId
    from pinplan.model.pins import Rendition
    from pinplan.plan.document import Plan
    from pinplan.ports import ImageSource, Library


Key = tuple[ActionId, int]
"""An image of a plan: its action, and the number of its view."""


class Resizer(Protocol):
    """Makes thumbnails."""

    def __call__(self, data: bytes, where: str, edge: int, quality: int) -> bytes:
        """WebP that fits into a square of ``edge``. Raises `ImageRefused`."""


class ImageSources(Struct, frozen=True, kw_only=True):
    """Sources of images.

    Attributes:
        library: the one that the plan was made for; None if there is none here.
        no_library: why there is none.
        images: fetches from Pinterest; None if nothing may be fetched.
        no_images: why not.
        run: the run that applied the plan, if any.
        paths: pin → its file, by the base.
    """

    library: Library | None = None
    no_library: str = "no library found"
    images: ImageSource | None = None
    no_images: str = "not fetched"
    run: RunId | None = None
    paths: Mapping[PinId, RelPath] = field(default_factory=dict)


class FetchedImages:
    """The images of one plan. Thread-safe."""

    def __init__(self, sources: ImageSources) -> None:
        """Index the trash of the plan's run."""
        self._sources = sources
        self._unreachable: str | None = None
        self._trashed: dict[ActionId, list[tuple[RelPath, str]]] = {}
        if sources.library is not None and sources.run is not None:
            for file in sources.library.in_trash():
                # The .json files beside them hold a deleted pin's metadata (I20), not an image.
                if file.run == sources.run and not file.was.endswith(".json"):
                    self._trashed.setdefault(file.action, []).append((file.path, file.was))

    def read(self, action: AnyAction, number: int, edge: int | None = None) -> bytes:
        """The bytes of an image.

        Args:
            action: one of the plan's.
            number: of its view.
            edge: pixels it will be shown at, so that no larger rendition is fetched; None: the best one.

        Raises:
            ImageRefused: it is nowhere, or cannot be read.
        """
        view = action.views()[number]
        here = self._here(action, number, view)
        return here if here is not None else self._there(view, edge)

    def _here(self, action: AnyAction, number: int, view: View) -> bytes | None:
        library = self._sources.library
        if library is None:
            return None
        # Trash of this plan's run first: another file may be at the old path by now.
        for kept in self._in_trash(action, number, view):
            if library.kept(kept) is not None:
                return library.upload(kept).data
        for place in view.places or self._known(view):
            if library.stat(place) is not None:
                return library.read(place)
        return None

    def _known(self, view: View) -> tuple[RelPath, ...]:
        """The file that the base has for a pin whose action names none."""
        known = self._sources.paths.get(view.pin_id)
        return () if known is None or view.kept is not None or view.renditions else (known,)

    def _in_trash(self, action: AnyAction, number: int, view: View) -> Iterable[RelPath]:
        if view.kept is not None:
            yield view.kept
        trashed = self._trashed.get(action.id, [])
        if view.places:
            yield from (path for path, was in trashed if was in view.places)
        # The view names no path (a delete on Pinterest alone): kept images are in the order of the carousel.
        elif number < len(trashed):
            yield trashed[number][0]

    def _there(self, view: View, edge: int | None) -> bytes:
        where = view.places[0] if view.places else f"pin {view.pin_id}"
        images = self._sources.images
        gone = self._sources.no_library if self._sources.library is None else "not in the library"
        # Checked before the network: without an address there is nothing to wait for.
        if not view.renditions:
            raise ImageRefused(where, gone)
        if images is None:
            raise ImageRefused(where, f"{gone}, and {self._sources.no_images}")
        if self._unreachable is not None:
            raise ImageRefused(where, self._unreachable)
        into = io.BytesIO()
        try:
            images.fetch(fitting(view.renditions, edge).url, into)
        except RemoteError as error:
            # Remembered: every other image would wait for the same timeout.
            self._unreachable = str(error)
            raise ImageRefused(where, str(error)) from error
        return into.getvalue()


def fitting(renditions: Sequence[Rendition], edge: int | None) -> Rendition:
    """The smallest rendition that is large enough, else the best."""
    if edge is None:
        return renditions[0]
    # By the shorter side: what is too large is scaled down, what is too small would stay blurred.
    enough = [one for one in renditions if min(one.width or 0, one.height or one.width or 0) >= edge]
    return min(enough, key=lambda one: one.width or 0, default=renditions[0])


class ThumbnailStep(Struct, frozen=True):
    """A thumbnail size, and the bytes that a typical photograph takes at it."""

    edge: int
    quality: int
    bytes: int


# The bytes only pick a step; the budget itself is enforced with real sizes (see `take`).
STEPS = (
    ThumbnailStep(480, 72, 17_000),
    ThumbnailStep(360, 70, 11_000),
    ThumbnailStep(300, 66, 8_000),
    ThumbnailStep(240, 60, 5_000),
    ThumbnailStep(180, 55, 3_000),
    ThumbnailStep(128, 50, 1_700),
    ThumbnailStep(96, 45, 1_000),
)
_BATCH = 64  # the thumbnail size adapts to the remaining budget once per batch


class Thumbnails(Struct, frozen=True, kw_only=True):
    """Thumbnails of a whole plan.

    Attributes:
        images: WebP, each once.
        numbers: the index of each image's thumbnail.
        missing: why an image has none.
        left_out: how many did not fit the budget.
    """

    images: list[bytes]
    numbers: dict[Key, int]
    missing: dict[Key, str]
    left_out: int


def thumbnails(plan: Plan, pictures: FetchedImages, shrink: Resizer, budget: int, *, threads: int = 2) -> Thumbnails:
    """Make thumbnails of every image of a plan, as large as the budget allows.

    Images of pins that would be deleted come first: those deletes cannot be undone.

    Args:
        plan: any plan.
        pictures: where images come from.
        shrink: makes one thumbnail.
        budget: bytes for all of them together.
        threads: how many are made in parallel.
    """
    wanted = _wanted(plan)
    making = _Making(pictures, shrink, budget, len(wanted))
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            step = making.step()
            for (_, _, keys), made in zip(batch, pool.map(lambda one: making.make(one, step), batch), strict=True):  # noqa: B023 - map ends before the next step
                making.take(keys, made)
    return Thumbnails(images=making.images, numbers=making.numbers, missing=making.missing, left_out=making.left_out)


_Wanted = tuple["AnyAction", int, list[Key]]


def _wanted(plan: Plan) -> list[_Wanted]:
    """Each image once with every view of it, those of deleted pins first."""
    found: dict[object, _Wanted] = {}
    for action in sorted(plan.actions, key=lambda action: (not action.deletes_pin, not action.trashes_file)):
        for number, view in enumerate(action.views()):
            # Many actions show one file (a keeper of ten duplicates): one thumbnail serves them all.
            same = view.sha256 or view.kept or (view.places or (action.id,), number, view.role)
            found.setdefault(same, (action, number, []))[2].append((action.id, number))
    return list(found.values())


class _Making:
    """Thumbnails made so far, and the budget that is left."""

    def __init__(self, pictures: FetchedImages, shrink: Resizer, budget: int, wanted: int) -> None:
        self._pictures, self._shrink = pictures, shrink
        self._room, self._to_come = budget, wanted
        self.images: list[bytes] = []
        self.numbers: dict[Key, int] = {}
        self.missing: dict[Key, str] = {}
        self.left_out = 0

    def step(self) -> ThumbnailStep:
        # Small thumbnails leave room, so the step may grow again towards the end.
        share = self._room / max(1, self._to_come)
        return next((step for step in STEPS if step.bytes <= share), STEPS[-1])

    def make(self, wanted: _Wanted, step: ThumbnailStep) -> bytes | str:
        action, number, _ = wanted
        try:
            data = self._pictures.read(action, number, step.edge)
            return self._shrink(data, "", step.edge, step.quality)
        # One broken image must not cost the page: its reason is shown in its place.
        except ImageRefused as error:
            return error.reason
        except PinplanError as error:
            return str(error)

    def take(self, keys: Sequence[Key], made: bytes | str) -> None:
        self._to_come -= 1
        if isinstance(made, bytes) and len(made) > self._room:
            self.left_out += 1
            made = "left out: the page would be too large"
        if isinstance(made, str):
            self.missing.update(dict.fromkeys(keys, made))
            return
        self._room -= len(made)
        self.numbers.update(dict.fromkeys(keys, len(self.images)))
        self.images.append(made)


SHOWN = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp", "AVIF": "image/avif"}
"""Formats that every current browser displays, with their media types."""


def thumbnail(data: bytes, where: str, edge: int, quality: int) -> bytes:
    """A WebP image that fits into a square: upright, its first frame, never enlarged. Raises `ImageRefused`."""
    with opened(data, where) as image, io.BytesIO() as made:
        _small(image, edge, edge).save(made, format="WEBP", quality=quality, method=1)
        return made.getvalue()


class Pixels(Struct, frozen=True):
    """A small image for a terminal: rows of three bytes for each pixel, red, green, blue."""

    width: int
    height: int
    data: bytes


def pixels(data: bytes, where: str, width: int, height: int) -> Pixels:
    """The first frame of an image, upright, scaled down to fit the given size. Raises `ImageRefused`."""
    with opened(data, where) as image:
        small = _small(image, width, height)
        # What shines through is neither of the usual backgrounds: a white or a black drawing can be seen on it.
        shown = Image.new("RGB", small.size, (128, 128, 128))
        shown.paste(small, mask=small.getchannel("A") if small.mode == "RGBA" else None)
        return Pixels(shown.width, shown.height, shown.tobytes())


def _small(image: Image.Image, width: int, height: int) -> Image.Image:
    # JPEG draft mode decodes at a reduced scale: half the time.
    share = min(1.0, max(width, height) / max(image.size))
    image.draft("RGB", (max(1, int(image.width * share)), max(1, int(image.height * share))))
    upright = ImageOps.exif_transpose(_plain_mode(image))
    upright.thumbnail((width, height), Image.Resampling.BICUBIC)
    return upright


def for_browser(data: bytes, where: str) -> tuple[str, bytes]:
    """An image and its media type, as a browser shows it: the very bytes, or PNG where no browser knows the format.

    Raises:
        ImageRefused: it is no image of a sensible size.
    """
    with opened(data, where) as image:
        if image.format in SHOWN:
            return SHOWN[image.format], data
        # TIFF and BMP, which no browser shows reliably. Lossless, as people compare pixels here.
        image.load()
        with io.BytesIO() as made:
            _plain_mode(image).save(made, format="PNG")
            return SHOWN["PNG"], made.getvalue()


def _plain_mode(image: Image.Image) -> Image.Image:
    if image.mode in {"RGB", "RGBA"}:
        return image
    # Palette images carry their transparency in `info`; a plain convert("RGB") would show it as black.
    transparent = image.mode in {"LA", "PA"} or "transparency" in image.info
    return image.convert("RGBA" if transparent else "RGB")

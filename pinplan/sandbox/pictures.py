"""Pictures drawn from a seed, the same on every run: landscapes, textures, shapes, quotes, flat graphics."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SIZES = ("150x150", "400x300", "600x", "1200x")
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}
TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp"}
_PALETTES = (
    ((250, 214, 165), (235, 137, 92), (122, 68, 96), (52, 44, 74)),
    ((214, 234, 248), (118, 176, 214), (60, 110, 113), (28, 54, 62)),
    ((253, 240, 213), (193, 205, 151), (108, 142, 87), (45, 74, 62)),
    ((255, 228, 225), (224, 122, 147), (129, 83, 146), (48, 39, 86)),
    ((240, 234, 214), (214, 174, 96), (142, 92, 66), (66, 48, 44)),
    ((224, 242, 241), (128, 203, 196), (72, 126, 156), (38, 50, 92)),
)
_QUOTES = (
    "Begin anywhere.",
    "Make the ordinary\ncome alive.",
    "What we keep\nkeeps us.",
    "Slow is smooth,\nsmooth is fast.",
    "Collect moments,\nnot things.",
    "The sea does not\nask who you are.",
    "One more page.",
    "Leave it better\nthan you found it.",
)


class Kind(StrEnum):
    """The style of a drawn picture."""

    LANDSCAPE = "landscape"
    TEXTURE = "texture"
    SHAPES = "shapes"
    QUOTE = "quote"
    FLAT = "flat"


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: a recipe, or uploaded bytes.

    Attributes:
        width, height: of the original.
        format: Pillow's name.
        drawn_at: the size at which the recipe is drawn; a different one makes a near-duplicate.
    """

    kind: Kind = Kind.LANDSCAPE
    seed: int = 0
    width: int = 900
    height: int = 1200
    format: str = "JPEG"
    quality: int = 88
    drawn_at: Size | None = None
    uploaded: bytes | None = None

    @property
    def signature(self) -> str:
        """32 hexadecimal digits: the same for the same picture under any pin."""
        if self.uploaded is not None:
            return hashlib.md5(self.uploaded, usedforsecurity=False).hexdigest()
        # As Pinterest does: the URL's hash belongs to the image, so pins with one image share it.
        recipe = f"{self.kind}/{self.seed}/{self.width}x{self.height}/{self.format}/{self.quality}/{self.drawn_at}"
        return hashlib.md5(recipe.encode(), usedforsecurity=False).hexdigest()

    @property
    def drawn(self) -> Picture:
        """The picture whose files are served."""
        return self

    @property
    def extension(self) -> str:
        """The file name extension, without a dot."""
        return _EXTENSIONS[self.format]

    def size_of(self, key: str) -> Size:
        """The size in pixels for one of Pinterest's keys; images are never enlarged."""
        if key == "originals":
            return Size(self.width, self.height)
        width, _, height = key.partition("x")
        if height:
            # 150x150 and 400x300 are crops of exactly that size, enlarged if necessary.
            return Size(int(width), int(height))
        bounded = min(self.width, int(width))
        return Size(bounded, max(1, round(self.height * bounded / self.width)))


def uploaded(data: bytes) -> Picture:
    """A picture from bytes. Raises `ValueError` if they are not a readable image."""
    try:
        # Only formats that Pinterest takes: Pillow would also open PSD or EPS.
        with Image.open(io.BytesIO(data), formats=tuple(_EXTENSIONS)) as image:
            image.load()
            return Picture(width=image.width, height=image.height, format=image.format or "JPEG", uploaded=data)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(str(error)) from error


# Listings of one test are fetched many times; at about 100 kB each this is 50 MB at most.
@lru_cache(maxsize=512)
def encoded(picture: Picture, key: str) -> bytes:
    """A picture's file in one size."""
    if key == "originals" and picture.uploaded is not None:
        return picture.uploaded
    image = _original(picture)
    size = picture.size_of(key)
    if size != image.size:
        image = _cropped(image, size) if key in {"150x150", "400x300"} else image.resize(size, Image.Resampling.BICUBIC)
    return _file(image, picture)


# Few: an uncompressed original has about 3 MB.
@lru_cache(maxsize=24)
def _original(picture: Picture) -> Image.Image:
    if picture.uploaded is not None:
        with Image.open(io.BytesIO(picture.uploaded)) as file:
            return file.convert("RGBA" if "A" in file.getbands() else "RGB")
    size = picture.drawn_at or Size(picture.width, picture.height)
    image = _PAINTERS[picture.kind](np.random.default_rng(picture.seed), size)
    return (
        image
        if image.size == (picture.width, picture.height)
        else image.resize((picture.width, picture.height), Image.Resampling.LANCZOS)
    )


def _cropped(image: Image.Image, size: Size) -> Image.Image:
    scale = max(size.width / image.width, size.height / image.height)
    wide = image.resize((max(size.width, round(image.width * scale)), max(size.height, round(image.height * scale))))
    left, top = (wide.width - size.width) // 2, (wide.height - size.height) // 2
    return wide.crop((left, top, left + size.width, top + size.height))


def _file(image: Image.Image, picture: Picture) -> bytes:
    out = io.BytesIO()
    if picture.format == "JPEG":
        image.convert("RGB").save(out, "JPEG", quality=picture.quality)
    elif picture.format == "WEBP":
        image.save(out, "WEBP", quality=picture.quality, method=2)
    elif picture.format == "GIF":
        image.convert("RGB").quantize(96).save(out, "GIF")
    else:
        image.save(out, "PNG", compress_level=3)
    return out.getvalue()


# -- painters ----------------------------------------------------------------------------------------------------------


def _palette(dice: np.random.Generator) -> NDArray[np.float32]:
    colours = np.array(_PALETTES[int(dice.integers(len(_PALETTES)))], dtype=np.float32)
    return np.asarray(np.clip(colours + dice.integers(-14, 15, size=(1, 3)), 0, 255), dtype=np.float32)


def _waves(dice: np.random.Generator, width: int, roughness: float) -> NDArray[np.float32]:
    """A skyline between -1 and 1: a few octaves of random waves."""
    across = np.linspace(0, 1, width, dtype=np.float32)
    line = np.zeros(width, dtype=np.float32)
    # Each octave doubles the frequency: mountains, then hills, then ridges.
    for octave in range(1, 7):
        line += np.sin(across * np.pi * (2**octave) * dice.uniform(0.6, 1.4) + dice.uniform(0, 7)) * roughness**octave
    return np.asarray(line / max(float(np.abs(line).max()), 1e-6), dtype=np.float32)


def _noise(dice: np.random.Generator, size: Size, cells: int) -> NDArray[np.float32]:
    """Smooth noise between 0 and 1."""
    # Random on a coarse grid, then enlarged: a hundred times faster than noise per pixel.
    small = dice.integers(0, 256, size=(max(2, cells * size.height // size.width), cells), dtype=np.uint8)
    large = np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC), dtype=np.float32)
    scaled: NDArray[np.float32] = large / np.float32(255)
    return scaled


def _landscape(dice: np.random.Generator, size: Size) -> Image.Image:
    """A sky with sun and clouds over rows of hills."""
    colours = _palette(dice)
    down = np.linspace(0, 1, size.height, dtype=np.float32)[:, None, None]
    sky = colours[1] * (1 - down) * 0.55 + colours[0] * (0.45 + 0.55 * down)
    canvas = np.repeat(np.clip(sky, 0, 255), size.width, axis=1)
    rows, columns = np.ogrid[0 : size.height, 0 : size.width]
    sun_x, sun_y = dice.uniform(0.2, 0.8) * size.width, dice.uniform(0.15, 0.4) * size.height
    distance = np.sqrt((columns - sun_x) ** 2 + (rows - sun_y) ** 2).astype(np.float32) / size.width
    glow = np.exp(-((distance / dice.uniform(0.12, 0.3)) ** 2))[..., None]
    canvas += (np.array([255, 248, 226], dtype=np.float32) - canvas) * np.clip(
        glow * 0.8 + (distance < 0.055)[..., None], 0, 1
    )
    clouds = np.clip(_noise(dice, size, 7) * 1.5 - 0.75, 0, 0.6)[..., None] * np.clip(1.3 - 2 * down, 0, 1)
    canvas += (255 - canvas) * clouds
    hills = int(dice.integers(3, 6))
    grain = _noise(dice, size, 160)[..., None] - 0.5
    for hill in range(hills):
        depth = (hill + 1) / hills
        height = size.height * (0.42 + 0.5 * depth - 0.12)
        line = height + _waves(dice, size.width, 0.62) * size.height * 0.1 * (1.25 - 0.6 * depth)
        colour = colours[1] * (1 - depth) + colours[3] * depth + (colours[2] - colours[3]) * 0.35
        below = (rows > line[None, :])[..., None]
        shade = 1 + 0.18 * depth * grain + 0.12 * np.clip((rows - line[None, :]) / size.height, 0, 1)[..., None]
        canvas = np.where(below, colour * shade, canvas)
    return _image(canvas)


def _texture(dice: np.random.Generator, size: Size) -> Image.Image:
    """Marble, wood or cloth: noise distorted by noise, in two colours."""
    colours = _palette(dice)
    rows, columns = np.ogrid[0 : size.height, 0 : size.width]
    bend = _noise(dice, size, int(dice.integers(3, 7))) * 9 + _noise(dice, size, 18) * 2.2
    angle = dice.uniform(0, np.pi)
    along = (columns * np.cos(angle) + rows * np.sin(angle)) / size.width * dice.uniform(8, 26)
    veins = (0.5 + 0.5 * np.sin(along + bend)).astype(np.float32)
    mix = np.clip(veins**1.6 * 0.8 + _noise(dice, size, 220) * 0.2, 0, 1)[..., None]
    accent = np.clip(_noise(dice, size, 5) * 2 - 1.2, 0, 0.7)[..., None]
    canvas = colours[3] * (1 - mix) + colours[0] * mix
    return _image(canvas + (colours[1] - canvas) * accent)


def _shapes(dice: np.random.Generator, size: Size) -> Image.Image:
    """Overlapping discs, bands and leaves on paper."""
    colours = _palette(dice)
    paper = np.clip(colours[0] + 10 + (_noise(dice, size, 200)[..., None] - 0.5) * 12, 0, 255)
    image = _image(np.broadcast_to(paper, (size.height, size.width, 3)))
    layer = Image.new("RGBA", image.size)
    draw = ImageDraw.Draw(layer)
    for _ in range(int(dice.integers(7, 14))):
        colour = tuple(int(c) for c in colours[int(dice.integers(1, 4))])
        x, y = dice.uniform(0, size.width), dice.uniform(0, size.height)
        radius = dice.uniform(0.06, 0.3) * size.width
        box = (x - radius, y - radius, x + radius, y + radius)
        fill = (*colour, int(dice.integers(120, 235)))
        form = int(dice.integers(4))
        if form == 0:
            draw.ellipse(box, fill=fill)
        elif form == 1:
            draw.pieslice(box, float(dice.uniform(0, 360)), float(dice.uniform(90, 500)), fill=fill)
        elif form == 2:
            draw.rounded_rectangle((x - radius, y - radius / 4, x + radius, y + radius / 4), radius / 4, fill=fill)
        else:
            draw.regular_polygon((x, y, radius), int(dice.integers(3, 8)), float(dice.uniform(0, 90)), fill=fill)
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def _quote(dice: np.random.Generator, size: Size) -> Image.Image:
    """A sentence on a soft background, underlined."""
    colours = _palette(dice)
    down = np.linspace(0, 1, size.height, dtype=np.float32)[:, None, None]
    ground = colours[0] * (1 - down) + (colours[0] * 0.6 + colours[1] * 0.4) * down
    image = _image(np.broadcast_to(ground, (size.height, size.width, 3)))
    draw = ImageDraw.Draw(image)
    text = _QUOTES[int(dice.integers(len(_QUOTES)))]
    longest = max(len(line) for line in text.split("\n"))
    font = ImageFont.load_default(size=min(size.width * 1.5 / longest, size.width / 7))
    ink = tuple(int(c) for c in colours[3])
    middle = (size.width / 2, size.height * dice.uniform(0.4, 0.5))
    draw.multiline_text(middle, text, font=font, fill=ink, anchor="mm", align="center", spacing=size.width / 40)
    edge, line = size.width * 0.06, tuple(int(c) for c in colours[2])
    draw.rectangle((edge, edge, size.width - edge, size.height - edge), outline=line, width=max(2, size.width // 250))
    rule = size.height * 0.7
    draw.line((size.width * 0.42, rule, size.width * 0.58, rule), fill=line, width=max(2, size.width // 180))
    return image


def _flat(dice: np.random.Generator, size: Size) -> Image.Image:
    """A poster in a few plain colours: sun, sea, stripes."""
    colours = [tuple(int(c) for c in colour) for colour in _palette(dice)]
    image = Image.new("RGB", size, colours[0])
    draw = ImageDraw.Draw(image)
    radius = size.width * dice.uniform(0.16, 0.32)
    x, y = size.width * dice.uniform(0.35, 0.65), size.height * dice.uniform(0.3, 0.45)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colours[1])
    bands = int(dice.integers(4, 9))
    for band in range(bands):
        top = size.height * (0.55 + 0.45 * band / bands)
        draw.rectangle(
            (0, top, size.width, top + size.height * 0.45 / bands * dice.uniform(0.4, 0.9)), fill=colours[2 + band % 2]
        )
    return image.filter(ImageFilter.SMOOTH)


def _image(canvas: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8))


_PAINTERS: dict[Kind, Callable[[np.random.Generator, Size], Image.Image]] = {
    Kind.LANDSCAPE: _landscape,
    Kind.TEXTURE: _texture,
    Kind.SHAPES: _shapes,
    Kind.QUOTE: _quote,
    Kind.FLAT: _flat,
}

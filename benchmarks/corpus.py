"""How right the tiers are: a labelled set of pictures, 19 variants of each, every pair within reach judged.

Photographs come from scikit-image, if it is installed (``make corpus`` does that); everything else is drawn here: landscapes and
textures, quotes that share a template, tables that share a layout, line art in families, flat pictures, and pairs that differ in one
place (`benchmarks.near_pairs`).
"""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from benchmarks.measure import say
from benchmarks.near_pairs import NEAR_PAIRS, SIZES, near_pair
from pinplan.duplicates.compare import compare
from pinplan.duplicates.decode import pixels_of
from pinplan.duplicates.fingerprint import fingerprint, grey64_of
from pinplan.duplicates.index import near
from pinplan.duplicates.limits import MAX_HASH_DISTANCE, MIN_DETAIL
from pinplan.duplicates.local_difference import PictureAtSize, local_difference
from pinplan.duplicates.opened import OpenedPicture
from pinplan.duplicates.pixel_reader import Judgement, LocalDifference
from pinplan.model.ids import Sha256
from pinplan.model.similarity import Better, Fingerprint, Tier
from pinplan.sandbox.pictures import Kind, Picture, encoded

EACH = 24
EACH_NEAR = 5
MAX_COLOURS = 100
"""Pictures of up to 8 MB that are kept for the next pair."""
WORDS = [
    "begin",
    "anywhere",
    "keep",
    "going",
    "one",
    "more",
    "page",
    "slow",
    "is",
    "smooth",
    "the",
    "sea",
    "light",
    "wind",
    "stone",
    "paper",
    "river",
    "quiet",
    "open",
]
Variant = Callable[[Image.Image], bytes]


def _jpeg(image: Image.Image, quality: int = 85) -> bytes:
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=quality)
    return file.getvalue()


def _as(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def _wide(image: Image.Image, width: int) -> Image.Image:
    return image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)


def _cropped(image: Image.Image, share: float) -> Image.Image:
    across, down = round(image.width * share), round(image.height * share)
    return image.crop((across, down, image.width - across, image.height - down))


def _marked(image: Image.Image) -> Image.Image:
    marked = image.copy()
    ImageDraw.Draw(marked).text(
        (image.width // 4, image.height // 2), "© somebody", fill="white", font=ImageFont.load_default(60)
    )
    return marked


def _hued(image: Image.Image) -> Image.Image:
    hue, saturation, value = image.convert("HSV").split()
    return Image.merge("HSV", (hue.point(lambda level: (level + 40) % 256), saturation, value)).convert("RGB")


CORE: dict[str, Variant] = {
    "original": lambda image: _as(image, "PNG"),
    "1200 wide": lambda image: _jpeg(_wide(image, 1200)),
    "736 wide": lambda image: _jpeg(_wide(image, 736)),
    "564 wide": lambda image: _jpeg(_wide(image, 564)),
    "quality 60": lambda image: _jpeg(image, 60),
    "WebP": lambda image: _as(image, "WEBP", quality=80),
    "quality 85": _jpeg,
}
MORE: dict[str, Variant] = {
    "474 wide": lambda image: _jpeg(_wide(image, 474)),
    "236 wide": lambda image: _jpeg(_wide(image, 236)),
    "quality 30": lambda image: _jpeg(image, 30),
    "GIF": lambda image: _as(image.quantize(256), "GIF"),
    "brighter": lambda image: _jpeg(ImageEnhance.Brightness(image).enhance(1.12)),
    "more contrast": lambda image: _jpeg(ImageEnhance.Contrast(image).enhance(1.15)),
    "grey": lambda image: _jpeg(image.convert("L")),
    "other hue": lambda image: _jpeg(_hued(image)),
    "crop 1 %": lambda image: _jpeg(_cropped(image, 0.01)),
    "crop 3 %": lambda image: _jpeg(_cropped(image, 0.03)),
    "watermark": lambda image: _jpeg(_marked(image)),
    "mirrored": lambda image: _jpeg(ImageOps.mirror(image)),
    "border 5 %": lambda image: _jpeg(ImageOps.expand(image, image.width // 20, "white")),
}


@dataclass(frozen=True)
class Shown:
    """An image of the set."""

    kind: str
    base: str
    variant: str
    data: bytes
    face: Fingerprint


class _Closer:
    """A closer look at images of the set (protocol `pinplan.duplicates.compare.PixelReader`)."""

    def __init__(self, shown: list[Shown]) -> None:
        self._data = {one.face.sha256: one.data for one in shown}
        self._greys: dict[Sha256, bytes] = {}
        self._pixels: dict[Sha256, bytes] = {}
        self._colours: dict[tuple[Sha256, tuple[int, int]], PictureAtSize] = {}

    def greys(self, first: Sha256, second: Sha256) -> tuple[bytes, bytes]:
        return self._seen(self._greys, grey64_of, first), self._seen(self._greys, grey64_of, second)

    def local_difference(self, first: Sha256, second: Sha256, size: tuple[int, int]) -> LocalDifference:
        return local_difference(self._coloured(first, size), self._coloured(second, size))

    def _coloured(self, sha256: Sha256, size: tuple[int, int]) -> PictureAtSize:
        if len(self._colours) > MAX_COLOURS:
            self._colours.clear()
        if (sha256, size) not in self._colours:
            self._colours[sha256, size] = OpenedPicture(self._data[sha256], "corpus").at_size(size)
        return self._colours[sha256, size]

    def judge(self, first: Sha256, second: Sha256) -> Judgement:  # noqa: ARG002 - `benchmarks.judged_pairs` asks
        return Judgement(Better.EQUAL)

    def same_pixels(self, first: Sha256, second: Sha256) -> bool:
        return self._seen(self._pixels, pixels_of, first) == self._seen(self._pixels, pixels_of, second)

    def _seen(self, seen: dict[Sha256, bytes], look: Callable[[bytes, str], bytes], sha256: Sha256) -> bytes:
        if sha256 not in seen:
            seen[sha256] = look(self._data[sha256], "corpus")
        return seen[sha256]


def run(most: int | None = None) -> None:
    """Precision and recall, per tier and kind of picture, and what becomes of every variant; of so many pictures, or of all."""
    shown = _all(most)
    assert shown
    say(f"corpus: {len(shown):,} images, {len({one.base for one in shown})} pictures, {len(CORE) + len(MORE)} variants")
    edges = _judged(shown)
    for tier in Tier:
        _precision(shown, edges, tier)
    _recall(shown, edges)
    _variants(shown, edges)


def _all(most: int | None) -> list[Shown]:
    with ThreadPoolExecutor(2) as pool:
        return [one for some in pool.map(_varied, islice(_bases(), most)) for one in some]


def _varied(base: tuple[str, str, Image.Image]) -> list[Shown]:
    kind, name, image = base
    made = ((variant, make(image)) for variant, make in {**CORE, **MORE}.items())
    return [Shown(kind, name, variant, data, fingerprint(data, name)) for variant, data in made]


def _judged(shown: list[Shown]) -> dict[tuple[int, int], Tier]:
    """Every pair within reach with its tier."""
    enough = [index for index, one in enumerate(shown) if one.face.detail >= MIN_DETAIL]
    hashes = np.array([shown[index].face.dhash for index in enough], dtype=np.uint64)
    found = near(hashes, MAX_HASH_DISTANCE)
    alike: dict[int, list[int]] = {}
    for place, first in enumerate(found.same.tolist()):
        alike.setdefault(first, []).append(enough[place])
    pairs = [(a, b) for heap in alike.values() for n, a in enumerate(heap) for b in heap[n + 1 :]]
    pairs += [(a, b) for one, other in found.pairs.tolist() for a in alike[one] for b in alike[other]]
    closer = _Closer(shown)
    edges: dict[tuple[int, int], Tier] = {}
    for a, b in pairs:
        verdict = compare(shown[a].face, shown[b].face, closer)
        if verdict is not None:
            edges[(min(a, b), max(a, b))] = verdict.tier
    return edges


def _precision(shown: list[Shown], edges: dict[tuple[int, int], Tier], tier: Tier) -> None:
    right, wrong = Counter[str](), Counter[str]()
    for (a, b), found in edges.items():
        if found is tier:
            (right if shown[a].base == shown[b].base else wrong)[shown[a].kind] += 1
    total, bad = right.total(), wrong.total()
    per = ", ".join(f"{kind} {wrong[kind]} of {right[kind] + wrong[kind]}" for kind in sorted({*right, *wrong}))
    say(f"{tier}: precision {total / max(1, total + bad):.4f} ({bad} wrong of {total + bad:,}: {per})")


def _recall(shown: list[Shown], edges: dict[tuple[int, int], Tier]) -> None:
    """Of all pairs of core variants of a picture with enough in it, those that are confirmed, or exact."""
    by_base: dict[str, list[int]] = {}
    for index, one in enumerate(shown):
        if one.variant in CORE and one.face.detail >= MIN_DETAIL:
            by_base.setdefault(one.base, []).append(index)
    found, wanted = Counter[str](), Counter[str]()
    for indices in by_base.values():
        for n, a in enumerate(indices):
            for b in indices[n + 1 :]:
                wanted[shown[a].kind] += 1
                found[shown[a].kind] += edges.get((a, b)) in {Tier.EXACT, Tier.CONFIRMED}
    per = ", ".join(f"{kind} {found[kind] / wanted[kind]:.4f}" for kind in sorted(wanted))
    say(f"confirmed: recall of resize and recompression {found.total() / wanted.total():.4f} ({per})")


def _variants(shown: list[Shown], edges: dict[tuple[int, int], Tier]) -> None:
    """Of each variant, how many are confirmed as, or similar to, their original."""
    originals = {one.base: index for index, one in enumerate(shown) if one.variant == "original"}
    counts: dict[str, Counter[str]] = {}
    for index, one in enumerate(shown):
        if one.variant != "original" and shown[originals[one.base]].face.detail >= MIN_DETAIL:
            tier = edges.get((originals[one.base], index))
            counts.setdefault(one.variant, Counter())[str(tier or "none")] += 1
    for variant, tiers in counts.items():
        total = tiers.total()
        shares = "   ".join(f"{tier} {tiers[tier] / total:6.1%}" for tier in Tier)
        say(f"  {variant:14} {shares}")


# -- the pictures ----------------------------------------------------------------------------------------------------


def _bases() -> Iterator[tuple[str, str, Image.Image]]:
    yield from _photos()
    for kind, drawn in (("landscape", Kind.LANDSCAPE), ("texture", Kind.TEXTURE), ("graphic", Kind.SHAPES)):
        for seed in range(EACH):
            data = encoded(Picture(drawn, 5000 + seed, 1200, 1500, "PNG"), "originals")
            yield kind, f"{kind} {seed}", Image.open(io.BytesIO(data)).convert("RGB")
    for seed in range(2 * EACH):
        yield "quote", f"quote {seed}", quote(seed)
        yield "table", f"table {seed}", table(seed)
    for seed in range(EACH):
        yield "line art", f"line art {seed}", line_art(seed)
        yield "flat", f"flat {seed}", Image.new("RGB", (1000, 1000), _colour(random.Random(seed)))

    for name in NEAR_PAIRS:
        for seed in range(EACH_NEAR):
            for side, image in enumerate(near_pair(name, seed, SIZES[seed % len(SIZES)])):
                yield "differs in one place", f"{name} {seed} {'ab'[side]}", image


def _photos() -> Iterator[tuple[str, str, Image.Image]]:
    """What scikit-image ships in its wheel; quarters of each are pictures of their own."""
    try:
        from skimage import data  # noqa: PLC0415 - it need not be there
    except ImportError:
        say("scikit-image is not installed: no photographs (make corpus)")
        return
    for name in (
        "astronaut",
        "coffee",
        "chelsea",
        "rocket",
        "hubble_deep_field",
        "immunohistochemistry",
        "camera",
        "coins",
    ):
        try:
            whole = Image.fromarray(np.asarray(getattr(data, name)())).convert("RGB")
        except Exception as error:  # noqa: BLE001 - some are only fetched from the network, which is not asked
            say(f"no photograph {name}: {type(error).__name__}")
            continue
        width, height = whole.size
        for part, box in enumerate(((0, 0), (width // 2, 0), (0, height // 2), (width // 2, height // 2))):
            quarter = whole.crop((*box, box[0] + width // 2, box[1] + height // 2))
            yield "photo", f"{name} {part}", _wide(quarter, 1200)


def _colour(dice: random.Random) -> tuple[int, int, int]:
    return dice.randrange(256), dice.randrange(256), dice.randrange(256)


def quote(seed: int) -> Image.Image:
    """Words on a template that four quotes share."""
    template, dice = random.Random(seed // 4), random.Random(1000 + seed)
    image = Image.new("RGB", (1000, 1000), _colour(template))
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 60, 940, 940), outline="white", width=6)
    for line in range(5):
        draw.text(
            (150, 200 + 120 * line), " ".join(dice.sample(WORDS, 3)), fill="white", font=ImageFont.load_default(64)
        )
    return image


def table(seed: int) -> Image.Image:
    """Numbers in a layout that four tables share."""
    layout, dice = random.Random(seed // 4), random.Random(2000 + seed)
    image = Image.new("RGB", (1000, 1300), "white")
    draw = ImageDraw.Draw(image)
    rows, columns = layout.randint(8, 14), layout.randint(3, 6)
    for row in range(rows):
        draw.line((50, 80 + 80 * row, 950, 80 + 80 * row), fill="black", width=2)
        for column in range(columns):
            draw.text(
                (70 + column * 880 // columns, 100 + 80 * row),
                str(dice.randint(1, 99_999)),
                fill="black",
                font=ImageFont.load_default(36),
            )
    return image


def line_art(seed: int) -> Image.Image:
    """Thin lines in families of four that differ a little."""
    family, dice = random.Random(seed // 4), random.Random(3000 + seed)
    image = Image.new("RGB", (1000, 1000), "white")
    draw = ImageDraw.Draw(image)
    for ring in range(family.randint(12, 24)):
        away = 20 + 20 * ring
        shift = dice.randint(-25, 25)
        draw.ellipse((500 - away + shift, 500 - away, 500 + away + shift, 500 + away), outline=(90, 90, 90), width=3)
    return image

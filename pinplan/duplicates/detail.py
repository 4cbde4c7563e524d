"""Which of two copies of a picture holds more detail that is really there: their spectra, frequency by frequency, and the traces of saving.

An enlargement has pixels, and nothing above the frequencies of what it was made from; a copy that was saved at quality 30 has coefficients in
steps, whatever it was saved as since. Both are seen in the pixels, not in the header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.duplicates.appended import with_appended
from pinplan.duplicates.copies import FEW_COLOURS
from pinplan.duplicates.made_of import FilePair
from pinplan.duplicates.pixel_reader import Judgement
from pinplan.duplicates.spectrum import Spectra, has_more
from pinplan.model.similarity import Better

if TYPE_CHECKING:
    from pinplan.duplicates.copies import Copy
    from pinplan.duplicates.spectrum import Bands

_SAME_WIDTH = 1.05
_LEAST_WIDTH = 200
"""Pixels: narrower than any size that Pinterest shows but its thumbnails."""
_HIGHEST, _MIDDLE, _LOWEST = slice(4, 7), 2, 1
"""Bands (see `pinplan.duplicates.spectrum`): what resizing leaves alone, what sharpening lifts, and what an enlargement lacks."""
_ENLARGED, _NATIVE, _SURELY_NATIVE = 0.8, 1.08, 1.2
"""Times as much in the highest bands: what an enlargement has left of them at most, and an original that was made smaller at least, in all of the
picture and in any part of it."""
_SHARPENED, _SURELY_SHARPENED = 1.25, 1.15
"""Times as much in the middle of the spectrum as resizing leaves, and below it, where no way of saving takes anything."""
_SOFTENED, _GROWING = 1.5, 1.2
"""Times as much below the middle as soft filters take at most, and at the top as in the middle if it was one of them."""
_BEYOND = 1.3
"""Times as much above all that the smaller one can hold as just below it: more than an enlargement has."""
_FALLING, _RISING = 0.85, 1.5
"""Times as much at the top as in the middle: of an enlargement that was sharpened, and of an original whose copy was saved coarsely."""
_REPEATED, _HARDLY_REPEATED = 0.68, 0.75
"""Of steps between neighbours; see `pinplan.duplicates.spectrum.repetition`."""
_DERIVED, _SURELY_DERIVED = 0.25, 0.8
"""Coherence from which one is made of the other: in a high band, and in the middle."""
_INDEPENDENT, _FAR_LESS = 0.03, 0.15
"""Coherence below which neither is made of the other, and times as much in the highest bands as noise alone explains."""
_SHARED = 0.5
"""Coherence below which noise is all that is compared."""
_ALL, _HARDLY_LESS, _NOT_REPEATED = 0.85, 0.75, 0.88
"""Times as much, in a band that is more than noise, as one holds that shows all of the other; in the highest ones, if it is no softer; and of steps
between neighbours, if none are repeated."""
_LOST = 0.7
"""Share of high frequencies below which one of two of the same size has lost some."""
_BY_SAVING = 3.0
"""Times as much as the artefacts of a low quality add to the highest frequencies at most."""
_SAME_PHASE = 0.8
"""Coherence at which one has all that the other has: it is only softer, or sharper."""
_SAME_SOURCE = 0.6
"""Coherence that two copies of nearly the same quality have at least."""
_EXPLAINED, _HARDLY_SAVED = 0.96, 80
"""Coherence in the lowest bands of a picture and its copy of that quality and above."""
_WORSE_QUALITY, _MUCH_WORSE_QUALITY = 12, 25
_BLOCKS, _BLOCKY, _HARDLY_BLOCKY = 1.4, 1.25, 1.03
"""Times as much at the edges of blocks as elsewhere, and as in the other one."""
_NOISIER = 1.2
"""Times as much noise on plain ground as a copy of high quality, which an original never has."""
_NOISY = 1.45
"""Times as much noise on plain ground."""
_LOSSLESS = 100


def judge(one: Copy, other: Copy, spectra: Spectra | None = None) -> Judgement:
    """Compare two copies that show the same picture, and what the files hold beside it.

    Args:
        one: a copy.
        other: another one.
        spectra: those of earlier pairs, where there may be further ones.
    """
    return with_appended(_judge(one, other, spectra or Spectra()), one, other)


def _judge(one: Copy, other: Copy, spectra: Spectra) -> Judgement:
    if (one.width, one.height) < (other.width, other.height):
        found = _judge(other, one, spectra)
        return found._replace(better=found.better.swapped)
    by_kind = _by_kind(one, other)
    if by_kind is not None:
        return by_kind
    if one.colours == other.colours == 1:
        return Judgement(Better.EQUAL)  # nothing is drawn on either
    found, bands = _by_spectra(one, other, spectra)
    if has_more(one.luma) and _is_in_doubt(found, bands, one, other):
        found, bands = _by_spectra(one, other, spectra, closely=True)
    if one.width <= _SAME_WIDTH * other.width:
        return _by_source(one, other, found) if one.luma.size == other.luma.size else found
    # Only where the smaller one might be kept as well, or alone.
    if found.better not in {Better.UNSURE, Better.OTHER}:
        return found
    return _by_files(one, other, found, bands, spectra)


def _by_files(large: Copy, small: Copy, found: Judgement, bands: Bands, spectra: Spectra) -> Judgement:
    """Of two sizes: what speaks for the larger one, although the frequencies that both can hold do not."""
    repeated = spectra.repetition(large.luma, small.luma)
    # Of thin lines the most may lie where the smaller one can hold nothing: no enlargement has it there, but one of repeated pixels.
    apart = found.better is Better.OTHER and repeated > _HARDLY_REPEATED
    if apart and spectra.beyond(large.luma, small.luma) > _BEYOND:
        return _has_more(large)
    files = FilePair(small.data, large.data)
    if files.is_source():
        return Judgement(Better.ONE, f"the one of {small.width} px was made from the one of {large.width} px")
    if not (_shows_all(large, small, bands) and files.is_no_enlargement()):
        return found
    if found.better is Better.OTHER:
        return Judgement(Better.UNSURE, f"the one of {large.width} px looks like an enlargement, but not of the other")
    # Neither has more to show.
    equal = bands.mean_share(_HIGHEST) > _HARDLY_LESS and repeated > _NOT_REPEATED
    why = f"the one of {large.width} px shows as much, and was not made from the other"
    return Judgement(Better.EQUAL, why) if equal else found


def _has_more(large: Copy) -> Judgement:
    return Judgement(Better.ONE, f"the one of {large.width} px has details that the other lacks")


def _by_source(one: Copy, other: Copy, found: Judgement) -> Judgement:
    """At the same size: a file holds no less than what was re-encoded from it, whatever energy the encoder added."""
    # Of other formats nothing can be proven: they would be decoded for nothing.
    if found.better is Better.EQUAL or not one.form == other.form == "JPEG":
        return found
    sides = [(Better.ONE, one, other), (Better.OTHER, other, one)]
    # The finer one first: it is hardly ever made from a coarser one.
    for better, source, made in sorted(sides, key=lambda side: -side[1].claimed):
        # A proof for the better one would change nothing.
        if better is not found.better and FilePair(made.data, source.data).is_reencoded():
            return Judgement(better, "one was re-encoded from the other")
    return found


def _by_spectra(one: Copy, other: Copy, spectra: Spectra, *, closely: bool = False) -> tuple[Judgement, Bands]:
    bands = spectra.bands_of(one.luma, other.luma, closely=closely)
    if one.width <= _SAME_WIDTH * other.width:
        return of_one_size(one, other, bands), bands
    return of_two_sizes(one, other, bands, spectra.repetition(one.luma, other.luma)), bands


def _is_in_doubt(found: Judgement, bands: Bands, one: Copy, other: Copy) -> bool:
    """Whether more of both may tell more: mostly noise was compared, or it is not what is usual."""
    noise = bands.shared[_MIDDLE] < _SHARED
    if one.width <= _SAME_WIDTH * other.width:
        return noise and found.better is not Better.EQUAL
    return noise or found.better is not Better.ONE or bands.mean_share(_HIGHEST) < _SURELY_NATIVE


def _by_kind(one: Copy, other: Copy) -> Judgement | None:
    """What the way of storing alone decides."""
    if (one.mode == "CMYK") == (other.mode == "CMYK"):
        return None
    if one.width > _SAME_WIDTH * other.width and one.mode == "CMYK":
        return Judgement(Better.UNSURE, "the larger one is stored for printing (CMYK)")
    better = Better.OTHER if one.mode == "CMYK" else Better.ONE
    return Judgement(better, "one is stored for printing (CMYK), with fewer colours")


# -- of two sizes ----------------------------------------------------------------------------------------------------


def of_two_sizes(large: Copy, small: Copy, bands: Bands, repeated: float) -> Judgement:
    """Whether the larger one holds more than the smaller one, or is made of something like it.

    Args:
        large: the one with more pixels.
        small: the other one.
        bands: their spectra.
        repeated: see `pinplan.duplicates.spectrum.repetition`.
    """
    if small.width < _LEAST_WIDTH:
        return Judgement(Better.EQUAL)  # too few waves to tell: the later rules keep the larger one
    if repeated < _REPEATED:
        return _enlarged(large, small)
    if bands.share(_MIDDLE) > _SHARPENED or bands.share(_LOWEST) > _SURELY_SHARPENED:
        return _of_a_sharper_one(large, small, bands)
    most = bands.mean_share(_HIGHEST)
    if most < _ENLARGED:
        return _of_a_softer_one(large, small, bands)
    if 0 < large.quality < small.quality - _MUCH_WORSE_QUALITY:
        return Judgement(Better.UNSURE, f"the larger one was saved at quality {large.quality}")
    if repeated < _HARDLY_REPEATED or most < _NATIVE:
        return Judgement(Better.UNSURE, f"the one of {large.width} px holds hardly more than {small.width} px")
    if bands.shared[_LOWEST] < _SHARED:
        return _noise_is_all(large)
    return _has_more(large)


def _enlarged(large: Copy, small: Copy) -> Judgement:
    why = f"the one of {large.width} px is an enlargement of about {small.width} px or less"
    # What the smaller one has above may be the noise of its own low quality.
    poor = 0 < small.quality < large.quality - _MUCH_WORSE_QUALITY
    return Judgement(Better.UNSURE if poor else Better.OTHER, why)


def _noise_is_all(large: Copy) -> Judgement:
    return Judgement(Better.UNSURE, f"too soft to tell whether the one of {large.width} px holds more")


def _of_a_softer_one(large: Copy, small: Copy, bands: Bands) -> Judgement:
    if 0 < large.quality < small.quality - _WORSE_QUALITY:
        return Judgement(Better.UNSURE, f"the larger one was saved at quality {large.quality}")
    # An enlargement is made of the smaller one, so that they agree in what is left of it.
    high = bands.shared[_HIGHEST.start]
    if high > _DERIVED or bands.shared[_MIDDLE] > _SURELY_DERIVED:
        return _enlarged(large, small)
    # The noise of two encoders: too soft a picture for the larger size, but not made of the smaller file, nor of far less.
    if high < _INDEPENDENT and bands.mean_share(_HIGHEST) > _FAR_LESS:
        return Judgement(Better.EQUAL)
    return _noise_is_all(large)


def _of_a_sharper_one(large: Copy, small: Copy, bands: Bands) -> Judgement:
    top, middle = bands.share(-1), bands.share(_MIDDLE)
    agree = bands.shared[_MIDDLE : _HIGHEST.start + 1]
    if top < _FALLING * middle and min(agree) > _SAME_PHASE:
        return _enlarged(large, small)._replace(
            why=f"the one of {large.width} px is a sharpened enlargement of about {small.width} px or less"
        )
    lifted = bands.share(_LOWEST) > _SURELY_SHARPENED
    coarse = top > _RISING * middle and bands.shared[_MIDDLE] > _SAME_PHASE and not lifted
    if coarse or _is_made_softly(bands):
        return _has_more(large)
    return Judgement(Better.UNSURE, f"the one of {large.width} px is sharpened")


def _is_made_softly(bands: Bands) -> bool:
    """Whether the smaller one looks like one that a soft filter made (area, triangle, Mitchell): it takes more the higher a frequency is.

    What sharpening adds is most in the middle: above it an enlargement has little to add to.
    """
    top, middle = bands.share(-1), bands.share(_MIDDLE)
    return (
        bands.share(_LOWEST) < _SOFTENED
        and top > max(_SHARPENED, _GROWING * middle)
        and bands.shared[_MIDDLE] > _SAME_PHASE
        and bands.shared[_HIGHEST.start] > _SHARED
    )


def _shows_all(large: Copy, small: Copy, bands: Bands) -> bool:
    """Whether the larger one holds all that both show."""
    seen = [band for band, shared in enumerate(bands.shared) if shared > _SHARED]
    return (
        bool(seen)
        and min(bands.share(band) for band in seen) > _ALL
        and not 0 < large.quality < small.quality - _WORSE_QUALITY
    )


# -- of one size -----------------------------------------------------------------------------------------------------


def of_one_size(one: Copy, other: Copy, bands: Bands) -> Judgement:
    """Which of the two has lost something: to an enlargement, a palette or an encoder."""
    found = _loss_of_one(one, other, bands)
    known, hidden = (one, other) if one.quality else (other, one)
    # Of a PNG nothing says what it was made of. An original hardly differs from what was saved at a high quality.
    unlike = min(bands.shared[:3]) < _EXPLAINED or hidden.noise > _NOISIER * known.noise
    unexplained = not hidden.quality and known.quality >= _HARDLY_SAVED and unlike
    kept = Better.ONE if known is one else Better.OTHER
    if unexplained and found.better not in {kept, Better.UNSURE}:
        return Judgement(Better.UNSURE, f"they differ by more than quality {known.quality} explains")
    return found


def _loss_of_one(one: Copy, other: Copy, bands: Bands) -> Judgement:
    palette, saving, softness = _palette_loss(one, other, bands), _saving_loss(one, other), _softness(one, other, bands)
    found = [loss for loss in (palette, saving, softness) if loss is not None]
    if found == [saving] and not _by_quality(one, other) and bands.shared[_MIDDLE] < _SHARED:
        # One of them may be an enlargement from far less: that has no blocks.
        return Judgement(Better.UNSURE, "too soft to tell what an encoder left from what it took")
    if len({loss.better for loss in found}) == 1:
        return found[0]
    if not found:
        return _of_equal_ones(one, other, bands)
    # A low quality adds artefacts: more at the highest frequencies is what it looks like.
    if palette is None and saving is not None and _by_quality(one, other) and _excess(bands) < _BY_SAVING:
        return saving
    return Judgement(Better.UNSURE, "; ".join(loss.why for loss in found))


def _excess(bands: Bands) -> float:
    share = bands.mean_share(slice(_MIDDLE, None))
    return max(share, 1 / share)


def _palette_loss(one: Copy, other: Copy, bands: Bands) -> Judgement | None:
    least, most = sorted((one.colours, other.colours))
    if least > FEW_COLOURS or 2 * least > most:
        return None
    better, poor = (Better.OTHER, one) if one.colours == least else (Better.ONE, other)
    if min(bands.shared[1:5]) < _SAME_PHASE:
        return Judgement(better, f"one has no more than {least} colours")
    # A drawing may have no more of them, and be told apart from a picture that lost the others by nothing else.
    if poor.form == "GIF" or poor.mode == "P":
        return Judgement(Better.UNSURE, f"one is stored with a palette of {least} colours")
    return None


def _softness(one: Copy, other: Copy, bands: Bands) -> Judgement | None:
    share = bands.mean_share(slice(_MIDDLE, None))
    if _LOST <= share <= 1 / _LOST:
        return None
    if min(bands.shared[1:4]) > _SAME_PHASE:
        return Judgement(Better.UNSURE, "one is softer, or the other is sharpened")
    more, less = (one, other) if share > 1 else (other, one)
    if _hints_at(more, less) and _excess(bands) < _BY_SAVING:
        return Judgement(Better.UNSURE, "one has more at the highest frequencies, and more traces of an encoder")
    return Judgement(Better.ONE if more is one else Better.OTHER, "one lacks fine details")


def _by_quality(one: Copy, other: Copy) -> bool:
    """Whether the qualities at which they were saved are known to differ."""
    return abs((one.quality or _LOSSLESS) - (other.quality or _LOSSLESS)) >= _WORSE_QUALITY


def _saving_loss(one: Copy, other: Copy) -> Judgement | None:
    known = [copy.quality or _LOSSLESS for copy in (one, other)]
    if _by_quality(one, other):
        better = Better.ONE if known[0] > known[1] else Better.OTHER
        return Judgement(better, f"one was saved at about quality {min(known)} before")
    blocks = sorted((one.blocks, other.blocks))
    if blocks[1] > max(_BLOCKS, _BLOCKY * blocks[0]):
        better = Better.ONE if one.blocks == blocks[0] else Better.OTHER
        return Judgement(better, "one shows the blocks of an encoder")
    noises = sorted((one.noise, other.noise))
    if 0 < _NOISY * noises[0] < noises[1]:
        better = Better.ONE if one.noise == noises[0] else Better.OTHER
        return Judgement(better, "one has the noise of an encoder on plain ground")
    return None


def _hints_at(one: Copy, other: Copy) -> bool:
    """Whether all traces of saving point to the first, if only a little."""
    return one.blocks > _HARDLY_BLOCKY * other.blocks and one.noise >= other.noise


def _of_equal_ones(one: Copy, other: Copy, bands: Bands) -> Judgement:
    """No test tells them apart: a better header may decide, unless something speaks against it."""
    claimed = [copy.quality if copy.form == "JPEG" else _LOSSLESS for copy in (one, other)]
    praised, blamed = (one, other) if claimed[0] > claimed[1] else (other, one)
    if claimed[0] != claimed[1] and _hints_at(praised, blamed):
        return Judgement(Better.UNSURE, "the one of the better quality shows more traces of an encoder")
    if one.form == other.form == "JPEG" and one.width == other.width and one.quality != other.quality:
        hidden = min(bands.shared[2:6]) < _SAME_SOURCE
        return (
            Judgement(Better.UNSURE, "they differ by more than their qualities") if hidden else Judgement(Better.EQUAL)
        )
    return Judgement(Better.EQUAL)

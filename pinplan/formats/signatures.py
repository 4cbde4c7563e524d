"""Recognise the format of a file by its first bytes. Names are Pillow's if Pillow has one."""

from __future__ import annotations

DECODED = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF")
"""Formats whose pixels pinplan always decodes."""
WITH_AN_EXTRA = ("HEIC", "HEIF")
"""Formats that it decodes where pillow-heif is installed; all others are only recognised."""
_BY_START = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JXL"),
    (b"\xff\x0a", "JXL"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"8BPS\0", "PSD"),
    (b"qoif", "QOI"),
    (b"v/1\x01", "EXR"),
    (b"II\xbc\x01", "JXR"),
    (b"gimp xcf ", "XCF"),
    (b"\0\0\1\0", "ICO"),
    (b"FUJIFILMCCD-RAW", "RAF"),
    (b"IIU\0", "RW2"),
    (b"IIRO", "ORF"),
    (b"IIRS", "ORF"),
    (b"MMOR", "ORF"),
    (b"FOVb", "X3F"),
    (b"icns", "ICNS"),
    (b"DDS ", "DDS"),
    (b"#?RADIANCE", "HDR"),
    (b"AT&TFORM", "DjVu"),
    (b"BPG\xfb", "BPG"),
)
_BRANDS = (
    (frozenset({b"avif", b"avis"}), "AVIF"),
    (frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}), "HEIC"),
    (frozenset({b"crx "}), "CR3"),
    (frozenset({b"mif1", b"mif2", b"msf1"}), "HEIF"),
)
_BITMAP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_PAGES_OF_TEXT = (b"<!doctype", b"<html", b"<?xml", b"<svg", b"<error", b"<!--")
_SHORTEST = 12
_SPELT = frozenset({"HDR", "RAF", "RW2"})
"""Names that start with a vowel sound when spelled out."""
_SPOKEN = {"WEBP": "WebP", "JXL": "JPEG XL", "JPEG2000": "JPEG 2000"}


def format_of(data: bytes) -> str | None:
    """The format by the first bytes of a file; None if pinplan does not know it.

    A file that ends within a signature counts as the format that it can be the beginning of.
    """
    if len(data) < _SHORTEST:
        return _cut_signature(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _of_brands(data)
    if data[:2] == b"BM" and _is_bitmap(data):
        return "BMP"
    # Before TIFF, on which Canon's raw format is built.
    if data[:4] == b"II*\0" and data[8:10] == b"CR":
        return "CR2"
    return next((name for start, name in _BY_START if data.startswith(start)), None)


def is_page_of_text(data: bytes) -> bool:
    """Whether it starts like HTML or XML, which hosts send in place of an image."""
    # Within 256 bytes: hosts may send blank lines or a byte order mark first.
    return data[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_PAGES_OF_TEXT)


def spoken(form: str) -> str:
    """A format with its article, as people write it: ``"a WebP"``."""
    return f"{'an' if form[0] in 'AEIOX' or form in _SPELT else 'a'} {_SPOKEN.get(form, form)}"


def _is_bitmap(data: bytes) -> bool:
    """Check more than the magic ``BM``, with which a text may start as well."""
    if len(data) < 18:
        return data[6:10] == bytes(4)
    return int.from_bytes(data[14:18], "little") in _BITMAP_HEADERS


def _of_brands(data: bytes) -> str | None:
    """Detect the format by brand, major brand first."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = [data[at : at + 4] for at in (8, *range(16, end, 4))]
    for brand in brands:
        for names, form in _BRANDS[:-1]:
            if brand in names:
                return form
    # Only as the major brand: AVIF files list mif1 among their compatible brands.
    return "HEIF" if brands[0] in _BRANDS[-1][0] else None


def _cut_signature(data: bytes) -> str | None:
    # Empty or all zeros could be the beginning of several formats: damage, but of none of them.
    if not data.strip(b"\0"):
        return None
    for start, name in _BY_START:
        if data.startswith(start) or start.startswith(data):
            return name
    if b"RIFF".startswith(data[:4]) and b"WEBP".startswith(data[8:]):
        return "WEBP"
    if b"BM".startswith(data[:2]) and len(data) != 1:
        return "BMP"
    return "AVIF" if data[:3] == b"\0\0\0" and b"ftyp".startswith(data[4:8]) else None

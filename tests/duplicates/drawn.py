"""Pictures to fingerprint, and files of them."""

from __future__ import annotations

import io

from PIL import Image

from pinplan.sandbox.pictures import Kind, Picture, encoded


def picture(seed: int = 1, width: int = 640, height: int = 480, kind: Kind = Kind.LANDSCAPE) -> Image.Image:
    data = encoded(Picture(kind, seed, width, height, "PNG"), "originals")
    return Image.open(io.BytesIO(data)).convert("RGB")


def saved(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


PHOTO = picture()
FLAT = Image.new("RGB", (200, 300), "teal")

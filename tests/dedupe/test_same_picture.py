"""Whether a created pin shows what was sent: by bytes, else by the tiers that are acted on; in doubt it does not (I29)."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from pinplan.dedupe.faces import Faces
from pinplan.dedupe.same_picture import same_picture
from pinplan.sandbox.pictures import Kind, Picture, encoded


def picture(seed: int, *, form: str = "PNG", width: int = 640) -> bytes:
    return encoded(Picture(Kind.LANDSCAPE, seed, width, width * 3 // 4, form), "originals")


def saved_again(data: bytes, form: str, **options: int) -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(data)).convert("RGB").save(file, form, **options)
    return file.getvalue()


ONE = picture(1)

"""Judge two image files as the program does, without a library."""

from __future__ import annotations

from pinplan.duplicates.compare import compare
from pinplan.duplicates.decode import pixels_of
from pinplan.duplicates.detail import judge
from pinplan.duplicates.fingerprint import fingerprint, grey64_of
from pinplan.duplicates.local_difference import local_difference
from pinplan.duplicates.opened import OpenedPicture
from pinplan.duplicates.pixel_reader import Judgement, LocalDifference
from pinplan.model.ids import Sha256
from pinplan.model.similarity import Similarity


class Closer:
    """A closer look at some files (protocol `pinplan.duplicates.compare.PixelReader`)."""

    def __init__(self, *files: bytes) -> None:
        self.files = {fingerprint(data, "x").sha256: data for data in files}

    def greys(self, first: Sha256, second: Sha256) -> tuple[bytes, bytes] | None:
        return grey64_of(self.files[first], "x"), grey64_of(self.files[second], "x")

    def local_difference(self, first: Sha256, second: Sha256, size: tuple[int, int]) -> LocalDifference | None:
        opened = (OpenedPicture(self.files[sha256], "x") for sha256 in (first, second))
        return local_difference(*(picture.at_size(size) for picture in opened))

    def judge(self, first: Sha256, second: Sha256) -> Judgement:
        one, other = (OpenedPicture(self.files[sha256], "x").copy() for sha256 in (first, second))
        return judge(one, other)

    def same_pixels(self, first: Sha256, second: Sha256) -> bool:
        return pixels_of(self.files[first], "x") == pixels_of(self.files[second], "x")


def judged(one: bytes, other: bytes) -> Similarity | None:
    return compare(fingerprint(one, "x"), fingerprint(other, "x"), Closer(one, other))

"""Take fingerprints of image files, without loading numpy before the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pinplan.duplicates.opened import OpenedPicture
    from pinplan.model.similarity import Fingerprint, InnerImage


class ImageFingerprinter:
    """Fingerprints of image files (protocol `pinplan.duplicates.compare.Fingerprinter`)."""

    def fingerprint(self, data: bytes, where: str) -> Fingerprint:
        """See `pinplan.duplicates.fingerprint.fingerprint`."""
        from pinplan.duplicates.fingerprint import fingerprint  # noqa: PLC0415 - see above

        return fingerprint(data, where)

    def grey64_of(self, data: bytes, where: str) -> bytes:
        """See `pinplan.duplicates.fingerprint.grey64_of`."""
        from pinplan.duplicates.fingerprint import grey64_of  # noqa: PLC0415 - see above

        return grey64_of(data, where)

    def opened(self, data: bytes, where: str) -> OpenedPicture:
        """See `pinplan.duplicates.opened.OpenedPicture`."""
        from pinplan.duplicates.opened import OpenedPicture  # noqa: PLC0415 - see above

        return OpenedPicture(data, where)

    def inside_of(self, data: bytes, where: str) -> InnerImage | None:
        """See `pinplan.duplicates.borders.inside_of`."""
        from pinplan.duplicates.borders import inside_of  # noqa: PLC0415 - see above

        return inside_of(data, where)

    def pixels_of(self, data: bytes, where: str) -> bytes | None:
        """See `pinplan.duplicates.decode.pixels_of`."""
        from pinplan.duplicates.decode import pixels_of  # noqa: PLC0415 - see above

        return pixels_of(data, where)

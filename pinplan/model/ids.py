"""Types for strings that must not be mixed up."""

from typing import NewType

PinId = NewType("PinId", str)
"""Decimal digits, as Pinterest gives them (pattern ``^\\d+$``)."""
BoardId = NewType("BoardId", str)
SectionId = NewType("SectionId", str)
AccountId = NewType("AccountId", str)

LibraryId = NewType("LibraryId", str)
"""A UUID, written into the marker by ``pinplan init``."""
Lineage = NewType("Lineage", str)
"""A UUID, new whenever a state starts empty."""
RunId = NewType("RunId", str)
"""Sortable by time: ``20261123T141630Z-1f3a``."""
ActionId = NewType("ActionId", str)

RelPath = NewType("RelPath", str)
"""A path below the library root: ``/`` between parts, never ``..`` nor absolute; NFC if pinplan made it."""
Sha256 = NewType("Sha256", str)
"""64 lower-case hexadecimal digits."""
Digest = NewType("Digest", str)
"""``sha256:`` and 64 lower-case hexadecimal digits."""

"""The base of documents that commands print under ``--json``; their type is their format."""

from __future__ import annotations

from msgspec import Struct


class JsonDocument(Struct, frozen=True, kw_only=True, tag_field="format"):
    """Base of all documents that commands print; its tag is saved as ``format``.

    ``pinplan schema NAME`` prints the schema generated from the type; NAME is the format without ``pinplan.``.
    A new field with a default is a minor change.
    """

    format_version: str = "1.0"

    @property
    def format(self) -> str:
        """The format's name, such as ``pinplan.status``."""
        return str(self.__struct_config__.tag)

"""What a command prints under ``--json``: one document, whose type is its format."""

from __future__ import annotations

from msgspec import Struct


class JsonDocument(Struct, frozen=True, kw_only=True, tag_field="format"):
    """Base of all documents that commands print; the tag of each is its ``format``.

    ``pinplan schema NAME`` prints the schema of each, made from its type; NAME is its format without ``pinplan.``.
    A new field, which has a default, is a minor change.
    """

    format_version: str = "1.0"

    @property
    def format(self) -> str:
        """The format's name, such as ``pinplan.status``."""
        return str(self.__struct_config__.tag)

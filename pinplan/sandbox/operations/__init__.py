"""The operations of API v5, one module per kind of thing; `OPERATIONS` lists them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pinplan.sandbox.operations import account, boards, media, pins, sections

if TYPE_CHECKING:
    from pinplan.sandbox.context import Handler

__all__ = [
    "OPERATIONS",
    "Operation",
]


class Operation(NamedTuple):
    """One operation.

    Attributes:
        path: without ``/v5``.
        name: the ``operationId`` of the API description.
    """

    method: str
    path: str
    name: str
    handler: Handler


OPERATIONS = (
    Operation("GET", "/user_account", "user_account/get", account.get),
    Operation("GET", "/boards", "boards/list", boards.list_all),
    Operation("POST", "/boards", "boards/create", boards.create),
    Operation("GET", "/boards/{board_id}", "boards/get", boards.get),
    Operation("PATCH", "/boards/{board_id}", "boards/update", boards.update),
    Operation("DELETE", "/boards/{board_id}", "boards/delete", boards.delete),
    Operation("GET", "/boards/{board_id}/pins", "boards/list_pins", boards.list_pins),
    Operation("GET", "/boards/{board_id}/sections", "board_sections/list", sections.list_all),
    Operation("POST", "/boards/{board_id}/sections", "board_sections/create", sections.create),
    Operation("PATCH", "/boards/{board_id}/sections/{section_id}", "board_sections/update", sections.update),
    Operation("DELETE", "/boards/{board_id}/sections/{section_id}", "board_sections/delete", sections.delete),
    Operation("GET", "/boards/{board_id}/sections/{section_id}/pins", "board_sections/list_pins", sections.list_pins),
    Operation("GET", "/pins", "pins/list", pins.list_all),
    Operation("POST", "/pins", "pins/create", pins.create),
    Operation("GET", "/pins/{pin_id}", "pins/get", pins.get),
    Operation("PATCH", "/pins/{pin_id}", "pins/update", pins.update),
    Operation("DELETE", "/pins/{pin_id}", "pins/delete", pins.delete),
    Operation("POST", "/pins/{pin_id}/save", "pins/save", pins.save),
    Operation("GET", "/media", "media/list", media.list_all),
    Operation("POST", "/media", "media/create", media.create),
    Operation("GET", "/media/{media_id}", "media/get", media.get),
)

"""Which pins a listing is asked for: the query parameters of ``GET /pins`` and ``GET /boards/{board_id}/pins``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.sandbox.problems import bad_request
from pinplan.sandbox.responses import creative_type

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from starlette.datastructures import QueryParams

    from pinplan.sandbox.world import Pin, World

    Wanted = Callable[[Pin], bool]

_CREATIVE_TYPES = (
    "REGULAR", "VIDEO", "SHOPPING", "CAROUSEL", "MAX_VIDEO", "SHOP_THE_PIN", "COLLECTION", "IDEA", "SHOWCASE", "QUIZ",
    "COLLAGE", "MAX_WIDTH_REGULAR_COLLECTION", "MAX_WIDTH_VIDEO_COLLECTION",
)  # fmt: skip
_PIN_FILTERS: dict[str, Wanted] = {
    "exclude_native": lambda pin: pin.parent_pin_id is not None,
    "exclude_repins": lambda pin: pin.parent_pin_id is None,
    "has_been_promoted": lambda _: False,
}


def wanted_of(pins: Sequence[Pin], query: QueryParams, world: World) -> Sequence[Pin]:
    """The pins that are asked for. Raises `ApiProblem` 400 for a word that is not in the API description."""
    tests = _tests(query, world)
    return [pin for pin in pins if all(test(pin) for test in tests)] if tests else pins


def _tests(query: QueryParams, world: World) -> list[Wanted]:
    tests: list[Wanted] = []
    types = query.getlist("creative_types")
    if types:
        _check("creative_types", types, _CREATIVE_TYPES)
        tests.append(lambda pin: creative_type(pin) in types)
    if "pin_filter" in query:
        _check("pin_filter", [query["pin_filter"]], _PIN_FILTERS)
        tests.append(_PIN_FILTERS[query["pin_filter"]])
    if "pin_type" in query:
        _check("pin_type", [query["pin_type"]], ("PRIVATE",))
        tests.append(lambda pin: world.boards[pin.board_id].privacy == "SECRET")
    return tests


def protected_wanted(query: QueryParams) -> bool:
    """``include_protected_pins``, which is false unless asked for. Raises `ApiProblem` 400."""
    value = query.get("include_protected_pins", "false")
    _check("include_protected_pins", [value.lower()], ("true", "false"))
    return value.lower() == "true"


def _check(name: str, words: list[str], known: Collection[str]) -> None:
    if any(word not in known for word in words):
        raise bad_request(f"{name} is not valid.")

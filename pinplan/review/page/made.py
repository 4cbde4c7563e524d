"""The page model of a review, made once: of a large plan that takes most of the time until the page is there."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinplan.review.page.model import Manner, PageModel


class Made:
    """A page model that is made when it is first asked for. Thread-safe."""

    def __init__(self, make: Callable[[], PageModel]) -> None:
        """Take how it is made."""
        self._make, self._lock = make, threading.Lock()

    @cached_property
    def _model(self) -> PageModel:
        return self._make()

    def model(self) -> PageModel:
        """The model."""
        with self._lock:
            return self._model

    def with_manner(self, manner: Manner) -> PageModel:
        """The model with the decisions of now; nothing else of it changes while a review is open."""
        return replace(self.model(), manner=manner)

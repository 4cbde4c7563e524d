"""Where bytes may still lie, in the library and in the trash: looked for by size, once a run."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pinplan.model.ids import RelPath
    from pinplan.ports import Library

    Copy = tuple[RelPath, Callable[[RelPath], bytes]]


class Copies:
    """Files by size, each with what reads it. Seen when first asked for: pins are deleted at the very end of a run."""

    def __init__(self, library: Library) -> None:
        """Look at nothing yet."""
        self._library = library
        self._by_size: dict[int, list[Copy]] | None = None

    def of_size(self, size: int) -> Sequence[Copy]:
        """The files of a size, those in the trash first."""
        if self._by_size is None:
            self._by_size = self._look()
        return self._by_size.get(size, ())

    def _look(self) -> dict[int, list[Copy]]:
        found: dict[int, list[Copy]] = defaultdict(list)
        for kept in self._library.in_trash():
            found[kept.size].append((kept.path, self._library.read_kept))
        for file in self._library.scan()[0]:
            found[file.size].append((file.path, self._library.read))
        return found
